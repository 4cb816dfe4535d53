/* SPDX-License-Identifier: MIT */
/*
 * What the models ask Linux for: pidfds, and the facts of a process from /proc.
 */
#define _GNU_SOURCE 1
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { PIDFS_MAGIC = 0x50494446, HIDDEN = 4200, ROOM = 8192 };

int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_close(int fd);

/* -------------------------------------------------------------------------- pidfds */

int model_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0 && errno != EMFILE && errno != ENFILE && errno != ENOMEM)
		errno = ESRCH;
	return fd;
}

bool model_is_pidfd(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) == 0 && st.f_type == PIDFS_MAGIC;
}

bool model_pidfd_has_ended(int pidfd)
{
	struct pollfd one = { .fd = pidfd, .events = POLLIN };

	return __real_poll(&one, 1, 0) == 1;
}

struct pidfd_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};

static bool kept_status(int pidfd, int *ret)
{
	struct pidfd_info info = { .mask = 1u << 3 };

	if (ioctl(pidfd, _IOWR(0xFF, 11, struct pidfd_info), &info) < 0 ||
	    !(info.mask & 1u << 3))
		return false;
	*ret = info.exit_code;
	return true;
}

/* The last but one of the numbers that root is told of a zombie. */
static bool zombie_status(pid_t pid, int *ret)
{
	char path[64], line[1024];
	FILE *f;
	char *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	p = fgets(line, sizeof(line), f) ? strrchr(line, ' ') : NULL;
	fclose(f);
	if (!p)
		return false;
	*ret = (int)strtol(p, NULL, 10);
	return true;
}

int model_pidfd_status(int pidfd, pid_t pid)
{
	int status = -1;

	if (!kept_status(pidfd, &status) && !zombie_status(pid, &status))
		kept_status(pidfd, &status);
	return status;
}

/*
 * The limit may have been lowered: it is none of the caller's descriptors that is made.
 */
int model_hide(int fd)
{
	struct rlimit limit, wide;
	int high;

	getrlimit(RLIMIT_NOFILE, &limit);
	wide = limit;
	if (wide.rlim_cur < ROOM)
		wide.rlim_cur = wide.rlim_max < ROOM ? wide.rlim_max : ROOM;
	setrlimit(RLIMIT_NOFILE, &wide);
	high = fcntl(fd, F_DUPFD_CLOEXEC, HIDDEN);
	setrlimit(RLIMIT_NOFILE, &limit);
	if (high < 0)
		return fd;
	__real_close(fd);
	return high;
}

/* --------------------------------------------------------------------------- facts */

static FILE *open_of(pid_t pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return fopen(path, "re");
}

static bool read_status(pid_t pid, struct model_facts *ret)
{
	FILE *f = open_of(pid, "status");
	char line[512];

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "Tgid: %d", &ret->pid);
		sscanf(line, "TracerPid: %d", &ret->tracer);
		sscanf(line, "Threads: %d", &ret->threads);
		sscanf(line, "Uid: %u %u %u", &ret->uid[0], &ret->uid[1],
		       &ret->uid[2]);
		sscanf(line, "Gid: %u %u %u", &ret->gid[0], &ret->gid[1],
		       &ret->gid[2]);
	}
	fclose(f);
	return true;
}

static bool read_stat(pid_t pid, struct model_facts *ret)
{
	FILE *f = open_of(pid, "stat");
	unsigned long user, system;
	unsigned long long start;
	char line[1024], *from, *to;
	uint64_t tick = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	int n;

	if (!f)
		return false;
	from = fgets(line, sizeof(line), f) ? strchr(line, '(') : NULL;
	fclose(f);
	to = from ? strrchr(from, ')') : NULL;
	if (!to)
		return false;
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)(to - from - 1), from + 1);
	n = sscanf(to + 1,
	           " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d "
	           "%*d %*d %llu %lu %lu",
	           &ret->state, &ret->ppid, &ret->pgid, &ret->sid, &user, &system, &start,
	           &ret->virtual_bytes, &ret->rss_pages);
	ret->user_us = user * tick;
	ret->system_us = system * tick;
	ret->start_us = start * tick;
	return n == 9;
}

/* A thread is told by Linux like a process: it is taken for the one that it is of. */
bool model_facts_read(pid_t pid, struct model_facts *ret)
{
	struct model_facts facts = { .pid = 0 };

	if (pid <= 0 || !read_status(pid, &facts) || !read_stat(facts.pid, &facts))
		return false;
	*ret = facts;
	return true;
}

static uint64_t boot_us;

/* To the millisecond it is not the same each time: it is worked out once. */
__attribute__((constructor)) static void work_boot_out(void)
{
	struct timespec now, since;

	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &since);
	boot_us = (uint64_t)(now.tv_sec - since.tv_sec) * 1000000 +
	          (uint64_t)((now.tv_nsec - since.tv_nsec) / 1000);
}

uint64_t model_boot_us(void)
{
	return boot_us;
}
