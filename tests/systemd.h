/* SPDX-License-Identifier: MIT */
/*
 * The real manager of a user, `systemd --user`, for tests: with mounts, a /run and a
 * group of its own, and no units but a bus. Its user has the right to move processes
 * between its own group and that of the tests beside it, as it would have from systemd
 * itself, which has the process number 1 elsewhere.
 */
#ifndef SYSTEMD_H
#define SYSTEMD_H

#include "scope.h"
#if HAS_CGROUPS
#include <sys/socket.h>
#include <sys/un.h>

static const char systemd_runtime[] = "/run/user/65534";

static const char systemd_socket_unit[] =
	"[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=%t/bus\n";

static const char systemd_service_unit[] =
	"[Unit]\nDefaultDependencies=no\nRequires=dbus.socket\nAfter=dbus.socket\n"
	"[Service]\nType=notify\nNotifyAccess=main\n"
	"ExecStart=/usr/bin/dbus-daemon --session --address=systemd: --nofork "
	"--nopidfile --systemd-activation --syslog-only\n";

/* A mount of cgroups at its usual place, and an empty /run that says "systemd". */
static inline void systemd_own_places(void)
{
	REQUIRE_EQ(unshare(CLONE_NEWNS), 0);
	REQUIRE_EQ(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	if (strcmp(cgroup_mount(), "/sys/fs/cgroup") != 0)
		REQUIRE_EQ(mount("none", "/sys/fs/cgroup", "cgroup2", 0, NULL), 0);
	REQUIRE_EQ(mount("none", "/run", "tmpfs", 0, "mode=755"), 0);
	REQUIRE(mkdir("/run/systemd", 0755) == 0 &&
	        mkdir("/run/systemd/system", 0755) == 0 &&
	        mkdir("/run/units", 0755) == 0 && mkdir("/run/user", 0755) == 0 &&
	        mkdir(systemd_runtime, 0700) == 0);
	REQUIRE_EQ(chown(systemd_runtime, SCOPE_USER, SCOPE_USER), 0);
	host_write_file("/run/units/dbus.socket", systemd_socket_unit, 0644);
	host_write_file("/run/units/dbus.service", systemd_service_unit, 0644);
	setenv("XDG_RUNTIME_DIR", systemd_runtime, 1);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/65534/bus", 1);
}

/* @given: to the user, with the right to move processes in it. */
static inline void systemd_make_group(const char *path, bool given)
{
	static const char *const files[] = { "", "/cgroup.procs", "/cgroup.threads",
		                             "/cgroup.subtree_control" };
	char file[8300];

	REQUIRE_EQ(mkdir(path, 0755), 0);
	for (size_t i = 0; given && i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(file, sizeof(file), "%s%s", path, files[i]);
		REQUIRE_EQ(chown(file, SCOPE_USER, SCOPE_USER), 0);
	}
}

static inline void systemd_enter(const char *path)
{
	char file[8300];

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	REQUIRE(write_file(file, "0"));
}

/* Where it says that it has started. */
static inline int systemd_notify_socket(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "/run/notify" };
	const struct timeval patience = { 20, 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	REQUIRE(fd >= 0);
	REQUIRE_EQ(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	REQUIRE_EQ(chmod(name.sun_path, 0666), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static inline bool systemd_is_ready(int notify)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(notify, text, sizeof(text) - 1, 0)) > 0) {
		text[n] = '\0';
		if (strstr(text, "READY=1"))
			return true;
	}
	return false;
}

static inline pid_t systemd_start(const char *group)
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid;
	systemd_enter(group);
	scope_become_user();
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	setenv("HOME", "/", 1);
	setenv("SYSTEMD_UNIT_PATH", "/run/units", 1);
	setenv("NOTIFY_SOCKET", "/run/notify", 1);
	execl("/usr/lib/systemd/systemd", "systemd", "--user", "--unit=dbus.service",
	      (char *)NULL);
	_exit(99);
}

static inline void systemd_remove_tree(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char below[8300];

	while (dir && (e = readdir(dir)) != NULL) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, e->d_name);
		systemd_remove_tree(below);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

/* The manager and whatever it had. */
static inline void systemd_end(const char *group, pid_t pid)
{
	char file[8300];

	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	snprintf(file, sizeof(file), "%s/cgroup.kill", group);
	CHECK(write_file(file, "1"));
	host_collect_orphans();
	systemd_remove_tree(group);
	CHECK(access(group, F_OK) < 0);
}

struct systemd_play {
	void (*fn)(struct scope_world *world);
	char group[8192];
};

static inline void systemd_play_as_user(void *arg)
{
	const struct systemd_play *play = arg;
	char client[8300];

	snprintf(client, sizeof(client), "%s/client", play->group);
	systemd_enter(client);
	scope_become_user();
	play->fn(NULL);
}

static inline void systemd_play_apart(void *arg)
{
	struct systemd_play *play = arg;
	char part[8300];
	int notify;
	pid_t pid;

	REQUIRE_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	systemd_own_places();
	snprintf(play->group, sizeof(play->group), "%s/real-%d", own_cgroup(),
	         (int)getpid());
	systemd_make_group(play->group, true);
	snprintf(part, sizeof(part), "%s/client", play->group);
	systemd_make_group(part, false);
	snprintf(part, sizeof(part), "%s/mgr", play->group);
	systemd_make_group(part, true);
	snprintf(scope_dir, sizeof(scope_dir), "%s/app.slice", part);
	notify = systemd_notify_socket();
	pid = systemd_start(part);
	if (systemd_is_ready(notify))
		apart(systemd_play_as_user, play);
	else
		check__skip("a systemd --user cannot be run here");
	close(notify);
	systemd_end(play->group, pid);
}

/* As scope_play, with the real one. */
static inline void systemd_play(void (*fn)(struct scope_world *world))
{
	struct systemd_play play = { fn, "" };

	apart(systemd_play_apart, &play);
}
#endif
#endif
