/* SPDX-License-Identifier: MIT */
/*
 * A model of a user's systemd, for tests of what asks it for scopes. `systemd_model DIR
 * HOW` has the name org.freedesktop.systemd1 on the bus of the environment, makes scopes
 * as cgroups in DIR for whoever asks, moves processes into them, and removes those that
 * are empty. It says "ready" when it can be asked, and ends with its standard input, and
 * all that is in its scopes then ends, too.
 *
 * HOW: "well"; "refuse", no scope is started; "fail", the job of a start fails; "silent",
 * no start is answered; "deaf", no move is; "lie", a scope is said to be there and is
 * not.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define PATH "/org/freedesktop/systemd1"
#define NAME "org.freedesktop.systemd1"
#define MANAGER NAME ".Manager"

enum { SCOPES_MAX = 4096, LOOK_MS = 5 };

static const char *top, *how;
static char *scopes[SCOPES_MAX];
static int n_scopes;

static bool is_how(const char *word)
{
	return strcmp(how, word) == 0;
}

static _Noreturn void die(const char *what, int code)
{
	fprintf(stderr, "systemd_model: %s: %s\n", what, strerror(-code));
	exit(1);
}

/* -------------------------------------------------------------------------- cgroups */

static int write_file(const char *dir, const char *name, const char *text)
{
	char path[4096];
	int fd, r = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int move_in(const char *dir, uint32_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", pid);
	return write_file(dir, "cgroup.procs", text);
}

static bool is_empty(const char *dir)
{
	char path[4096], text[128] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.events", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strstr(text, "populated 0") != NULL;
}

static void remove_tree(const char *dir)
{
	DIR *entries = opendir(dir);
	struct dirent *e;
	char path[4096];

	while (entries && (e = readdir(entries)) != NULL) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		remove_tree(path);
	}
	if (entries)
		closedir(entries);
	rmdir(dir);
}

/* As Delegate does it. */
static int give_away(const char *dir, uid_t uid)
{
	static const char *const files[] = { "", "/cgroup.procs", "/cgroup.threads",
		                             "/cgroup.subtree_control" };
	char path[4096];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, files[i]);
		if (chown(path, uid, (gid_t)-1) < 0)
			return -errno;
	}
	return 0;
}

static int make_scope(const char *name, uint32_t pid, uid_t uid)
{
	char dir[4096];
	int r;

	if (n_scopes == SCOPES_MAX)
		return -ENOSPC;
	if (is_how("lie"))
		return 0;
	snprintf(dir, sizeof(dir), "%s/%s", top, name);
	if (mkdir(dir, 0755) < 0)
		return -errno;
	r = give_away(dir, uid);
	if (r == 0)
		r = move_in(dir, pid);
	if (r < 0) {
		rmdir(dir);
		return r;
	}
	scopes[n_scopes++] = strdup(dir);
	return 0;
}

static void remove_empty(void)
{
	for (int i = 0; i < n_scopes; i++) {
		if (!is_empty(scopes[i]))
			continue;
		remove_tree(scopes[i]);
		if (access(scopes[i], F_OK) == 0)
			continue;     /* next time */
		free(scopes[i]);
		scopes[i--] = scopes[--n_scopes];
	}
}

static void end_all(void)
{
	for (int i = 0; i < n_scopes; i++)
		write_file(scopes[i], "cgroup.kill", "1");
	for (int tries = 0; n_scopes > 0 && tries < 1000; tries++) {
		remove_empty();
		poll(NULL, 0, LOOK_MS);
	}
}

/* ---------------------------------------------------------------------------- calls */

static uid_t uid_of_caller(sd_bus_message *m)
{
	sd_bus_creds *creds = NULL;
	uid_t uid = 0;

	if (sd_bus_query_sender_creds(m, SD_BUS_CREDS_EUID, &creds) < 0 ||
	    sd_bus_creds_get_euid(creds, &uid) < 0)
		uid = (uid_t)-1;
	sd_bus_creds_unref(creds);
	return uid;
}

/* One property: the first of PIDs is wanted, Delegate must be there, others may be. */
static int read_property(sd_bus_message *m, uint32_t *pid, int *delegate)
{
	const char *name;
	int r = sd_bus_message_read(m, "s", &name);

	if (r < 0)
		return r;
	if (strcmp(name, "PIDs") == 0)
		return sd_bus_message_read(m, "v", "au", 1, pid);
	if (strcmp(name, "Delegate") == 0)
		return sd_bus_message_read(m, "v", "b", delegate);
	return sd_bus_message_skip(m, "v");
}

static int read_properties(sd_bus_message *m, uint32_t *pid, int *delegate)
{
	int r = sd_bus_message_enter_container(m, 'a', "(sv)");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'r', "sv")) > 0) {
		r = read_property(m, pid, delegate);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int start_transient(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	const char *name, *mode, *job = PATH "/job/1";
	uint32_t pid = 0;
	int delegate = 0, r;

	(void)arg;
	if (is_how("silent"))
		return 1;
	if (is_how("refuse"))
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED,
		                        "no scopes today");
	r = sd_bus_message_read(m, "ss", &name, &mode);
	if (r >= 0)
		r = read_properties(m, &pid, &delegate);
	if (r >= 0 && (strcmp(mode, "fail") != 0 || pid == 0 || !delegate))
		r = -EINVAL;
	if (r >= 0 && !is_how("fail"))
		r = make_scope(name, pid, uid_of_caller(m));
	if (r < 0)
		return r;
	r = sd_bus_reply_method_return(m, "o", job);
	if (r >= 0)
		r = sd_bus_emit_signal(sd_bus_message_get_bus(m), PATH, MANAGER,
		                       "JobRemoved", "uoss", 1, job, name,
		                       is_how("fail") ? "failed" : "done");
	return r < 0 ? r : 1;
}

static int attach(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	const char *name, *below;
	char dir[4096];
	uint32_t pid;
	int r;

	(void)arg;
	if (is_how("deaf"))
		return 1;
	r = sd_bus_message_read(m, "ssau", &name, &below, 1, &pid);
	if (r < 0)
		return r;
	snprintf(dir, sizeof(dir), "%s/%s%s", top, name, below);
	if (access(dir, F_OK) < 0)
		return sd_bus_error_setf(error, NAME ".NoSuchUnit", "no unit %s", name);
	r = move_in(dir, pid);
	return r < 0 ? r : sd_bus_reply_method_return(m, "");
}

static const sd_bus_vtable methods[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("StartTransientUnit", "ssa(sv)a(sa(sv))", "o", start_transient,
	              SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AttachProcessesToUnit", "ssau", "", attach,
	              SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL("JobRemoved", "uoss", 0),
	SD_BUS_VTABLE_END,
};

/* ----------------------------------------------------------------------------- life */

static bool has_ended(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };

	return poll(&in, 1, 0) > 0;
}

static void serve(sd_bus *bus)
{
	int r;

	while (!has_ended()) {
		do
			r = sd_bus_process(bus, NULL);
		while (r > 0);
		if (r < 0)
			break;
		remove_empty();
		sd_bus_wait(bus, LOOK_MS * 1000);
	}
}

int main(int argc, char *argv[])
{
	sd_bus *bus = NULL;
	int r;

	if (argc != 3)
		return 2;
	top = argv[1];
	how = argv[2];
	r = sd_bus_open_user(&bus);
	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, PATH, MANAGER, methods, NULL);
	if (r >= 0)
		r = sd_bus_request_name(bus, NAME, 0);
	if (r < 0)
		die("no bus", r);
	puts("ready");
	fflush(stdout);
	serve(bus);
	end_all();
	sd_bus_flush_close_unref(bus);
	return 0;
}
