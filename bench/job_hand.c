/* SPDX-License-Identifier: MIT */
/*
 * cgroup.kill by hand, which is the floor: a directory, a child that is cloned into it,
 * "1" into cgroup.kill, and cgroup.events until nobody is in it. As few calls as there
 * are. The tree is in a group of its own as that of a job is, or in the caller's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "job.h"

struct hand {
	char path[4096];                      /* of our directory */
	int dir, kill, events;
	pid_t root;
};

static void cut_line(char *text)
{
	text[strcspn(text, "\n")] = '\0';
}

/* Where version 2 is mounted. */
static int find_mount(char *point, size_t size)
{
	char line[4096], *at;
	FILE *f = fopen("/proc/self/mounts", "re");
	int r = -ENOTSUP;

	if (!f)
		return -errno;
	while (r < 0 && fgets(line, sizeof(line), f)) {
		at = strchr(line, ' ');
		if (!at || !strstr(at, " cgroup2 "))
			continue;
		at[1 + strcspn(at + 1, " ")] = '\0';
		snprintf(point, size, "%s", at + 1);
		r = 0;
	}
	fclose(f);
	return r;
}

/* ... and where we are in it. */
static int find_own(char *path, size_t size)
{
	char line[4096], point[2048];
	FILE *f;
	int r = find_mount(point, sizeof(point));

	if (r < 0)
		return r;
	f = fopen("/proc/self/cgroup", "re");
	if (!f)
		return -errno;
	r = -ENOTSUP;
	while (r < 0 && fgets(line, sizeof(line), f)) {
		cut_line(line);
		if (strncmp(line, "0::", 3) != 0)
			continue;
		snprintf(path, size, "%s%s", point, line + 3);
		r = 0;
	}
	fclose(f);
	return r;
}

static int open_in(const struct hand *hand, const char *name, int flags)
{
	int fd = openat(hand->dir, name, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int make_group(struct hand *hand)
{
	char own[2048];
	int r = find_own(own, sizeof(own));

	if (r < 0)
		return r;
	snprintf(hand->path, sizeof(hand->path), "%s/bench-job-%d", own, (int)getpid());
	if (mkdir(hand->path, 0755) < 0) {
		hand->path[0] = '\0';
		return -errno;
	}
	hand->dir = open(hand->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (hand->dir < 0)
		return -errno;
	hand->kill = r = open_in(hand, "cgroup.kill", O_WRONLY);
	if (r >= 0)
		hand->events = r = open_in(hand, "cgroup.events", O_RDONLY);
	return r < 0 ? r : 0;
}

/* <linux/sched.h> may be too old. */
static long clone_into(int dir)
{
	uint64_t args[11] = { 0 };

	args[0] = UINT64_C(0x200000000);      /* flags: CLONE_INTO_CGROUP */
	args[4] = SIGCHLD;
	args[10] = (uint64_t)dir;
	return syscall(435, args, sizeof(args));
}

static _Noreturn void be_root(bool shares_group, const char *const argv[], int in,
			     int out)
{
	if ((shares_group || setpgid(0, 0) == 0) && dup2(in, 0) == 0 && dup2(out, 1) == 1)
		execv(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static int start(struct tree *tree, const char *const argv[], int in, int out)
{
	struct hand *hand = tree->hand = calloc(1, sizeof(*hand));
	long pid;
	int r;

	if (!hand)
		return -ENOMEM;
	hand->dir = hand->kill = hand->events = -1;
	r = make_group(hand);
	if (r < 0)
		return r;
	pid = clone_into(hand->dir);
	if (pid == 0)
		be_root(tree->by->shares_group, argv, in, out);
	if (pid < 0)
		return -errno;
	hand->root = (pid_t)pid;
	return 0;
}

static int end(struct tree *tree)
{
	return write(tree->hand->kill, "1", 1) == 1 ? 0 : -errno;
}

static int is_populated(int events)
{
	char text[256];
	ssize_t n = pread(events, text, sizeof(text) - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return strstr(text, "populated 1") != NULL;
}

static int wait_empty(struct tree *tree)
{
	struct pollfd news = { .fd = tree->hand->events, .events = POLLPRI };
	int r;

	waitpid(tree->hand->root, NULL, 0);
	tree->hand->root = 0;
	while ((r = is_populated(news.fd)) > 0)
		if (poll(&news, 1, WAIT_S * 1000) == 0)
			return -ETIMEDOUT;
	return r;
}

static void give_back(struct tree *tree)
{
	struct hand *hand = tree->hand;

	if (!hand)
		return;
	if (hand->root > 0) {
		end(tree);
		wait_empty(tree);
	}
	if (hand->events >= 0)
		close(hand->events);
	if (hand->kill >= 0)
		close(hand->kill);
	if (hand->dir >= 0)
		close(hand->dir);
	if (hand->path[0])
		rmdir(hand->path);
	free(hand);
}

#define BY_HAND(name_, shares_group_)                                             \
	{ .name = (name_), .most = UINT32_MAX, .shares_group = (shares_group_),   \
	  .start = start, .end = end, .wait = wait_empty, .close = give_back }

const struct ender hand_enders[] = {
	BY_HAND("cgroup.kill by hand", false),
	BY_HAND("by hand, our group", true),
};
