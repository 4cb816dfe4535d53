/* SPDX-License-Identifier: MIT */
/*
 * For tests of scopes: a bus of our own, a model of systemd on it (systemd_model.c), and
 * a user without privileges who asks it.
 */
#ifndef SCOPE_H
#define SCOPE_H

#include "job_cgroup.h"
#if HAS_CGROUPS
#include <grp.h>
#include <sys/prctl.h>

enum { SCOPE_USER = 65534 };

/* Where scopes are made. */
static char scope_dir[8192];

struct scope_world {
	struct folder folder;
	struct ward *bus;
	struct talk manager;
	char address[320];
};

static const char scope_bus_config[] =
	"<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>"
	"<policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/>"
	"<allow send_destination=\"*\" eavesdrop=\"true\"/>"
	"<allow eavesdrop=\"true\"/></policy></busconfig>\n";

/* NULL: all is there. */
static inline const char *scope_lack(void)
{
	if (!able_cgroup())
		return "no cgroup (v2) can be made here";
	if (geteuid() != 0)
		return "only root can be systemd to another user";
	if (!getenv("WARD_SYSTEMD_MODEL"))
		return "the model of systemd was not built (libsystemd-dev)";
	if (access("/usr/bin/dbus-daemon", X_OK) < 0)
		return "there is no dbus-daemon (dbus-daemon)";
	return NULL;
}

#define NEEDS_SCOPES()                                                                   \
	do {                                                                             \
		if (scope_lack())                                                        \
			SKIP(scope_lack());                                              \
	} while (0)

static inline void scope_start_bus(struct scope_world *world)
{
	char text[1024], config[300], option[320], line[400];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	int out[2];

	snprintf(world->address, sizeof(world->address), "unix:path=%s/bus",
	         world->folder.path);
	snprintf(text, sizeof(text), scope_bus_config, world->address);
	folder_write(&world->folder, "config", text, 0644, config, sizeof(config));
	snprintf(option, sizeof(option), "--config-file=%s", config);
	make_pipe(out);
	opts.out = (struct ward_stdio)GIVEN(out[1]);
	opts.err.kind = WARD_FD_NULL; /* it has its own opinion on limits */
	world->bus = spawn_or_fail(ARGV("/usr/bin/dbus-daemon", option, "--nofork",
	                                "--nopidfile", "--print-address=1"), &opts);
	close(out[1]);
	read_line(out[0], line, sizeof(line));
	REQUIRE(line[0] != '\0');
	close(out[0]);
	REQUIRE_EQ(setenv("DBUS_SESSION_BUS_ADDRESS", world->address, 1), 0);
}

/* The models's @how says how it behaves. */
static inline struct scope_world scope_world_make(const char *how)
{
	struct scope_world world = { .folder = folder_make() };

	snprintf(scope_dir, sizeof(scope_dir), "%s", own_cgroup());
	REQUIRE_EQ(chmod(world.folder.path, 0755), 0);
	scope_start_bus(&world);
	world.manager = talk_start_ready(ARGV(getenv("WARD_SYSTEMD_MODEL"), own_cgroup(),
	                                      how), NULL);
	return world;
}

static inline void scope_world_end(struct scope_world *world)
{
	talk_end(&world->manager);
	CHECK_EQ(ward_signal(world->bus, SIGTERM), 0);
	CHECK_EQ(ward_wait(world->bus, SECONDS(20), NULL), 1);
	ward_close(world->bus);
	folder_remove(&world->folder);
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	host_collect_orphans();
}

static inline void scope_become_user(void)
{
	REQUIRE(setgroups(0, NULL) == 0 && setgid(SCOPE_USER) == 0 &&
	        setuid(SCOPE_USER) == 0);
	/* As somebody who was never anybody else. */
	REQUIRE_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
}

struct scope_play {
	void (*fn)(struct scope_world *world);
	struct scope_world *world;
};

static inline void scope_play_as_user(void *arg)
{
	const struct scope_play *play = arg;

	scope_become_user();
	play->fn(play->world);
}

/* In a world with such a manager, as the user. */
static inline void scope_play(const char *how, void (*fn)(struct scope_world *world))
{
	struct scope_world world = scope_world_make(how);

	apart(scope_play_as_user, &(struct scope_play){ fn, &world });
	scope_world_end(&world);
}

/* The manager ends, and everything that it holds. */
static inline void scope_end_manager(struct scope_world *world)
{
	char rest[64];

	REQUIRE(host_write(world->manager.to, "x", 1));
	read_all(world->manager.from, rest, sizeof(rest));
}

static inline bool is_in_scope(int64_t pid)
{
	char path[4096];

	cgroup_of(pid, path, sizeof(path));
	return strstr(path, ".scope/ward-") != NULL;
}

/* How many scopes of this process there are; the path of the first one. */
static inline int scopes_there(char *path, size_t size)
{
	DIR *dir = opendir(scope_dir);
	struct dirent *e;
	char prefix[32];
	int n = 0;

	snprintf(prefix, sizeof(prefix), "ward-%d-", (int)getpid());
	while (dir && (e = readdir(dir)) != NULL) {
		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (n++ == 0 && path)
			snprintf(path, size, "%s/%s", scope_dir, e->d_name);
	}
	if (dir)
		closedir(dir);
	return n;
}

/* They are gone, or about to be. */
static inline bool scopes_are_gone(void)
{
	int64_t until = host_now_ns() + SECONDS(20);

	while (scopes_there(NULL, 0) > 0 && host_now_ns() < until)
		host_yield();
	return CHECK_EQ(scopes_there(NULL, 0), 0);
}
#endif
#endif
