/* SPDX-License-Identifier: MIT */
/*
 * A model of FreeBSD's reapers (procctl(2)): Linux' subreaper, and walks through /proc
 * for what the kernel knows of descendants. Below another reaper nobody is listed, but
 * all are signalled; who is signalled is so once in a call, however often it forks
 * meanwhile. It is called in copies of programs with threads: nothing here allocates.
 */
#define _GNU_SOURCE 1
#include "model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef WARD_TEST_MODEL_FREEBSD
#include <sys/procctl.h>

enum { NUMBERS = 1 << 22, MOST = 8192, PASSES = 16 };

int __real_close(int fd);

/* Who has become one; seen by all that were forked from us. */
static _Atomic unsigned char *reapers;

struct one {
	pid_t pid, parent;
	char state;
	bool below, listed;           /* of the reaper; not below another one */
};

static struct one all[MOST];
static int n_all;

__attribute__((constructor)) static void make_table(void)
{
	reapers = mmap(NULL, NUMBERS, PROT_READ | PROT_WRITE,
	               MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static bool read_one(pid_t pid, struct one *ret)
{
	char path[64], line[512];
	const char *after;
	ssize_t n = -1;
	int fd, threads;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, line, sizeof(line) - 1);
		__real_close(fd);
	}
	if (n <= 0)
		return false;
	line[n] = '\0';
	after = strrchr(line, ')');
	*ret = (struct one){ .pid = pid };
	if (!after || sscanf(after + 1,
	                     " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
	                     "%*d %*d %d",
	                     &ret->state, &ret->parent, &threads) != 3)
		return false;
	/* Its first thread has ended, and that is all. */
	if (ret->state == 'Z' && threads > 1)
		ret->state = 'S';
	return true;
}

static void read_all(void)
{
	int dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent) static char text[1 << 15];
	ssize_t n;

	n_all = 0;
	while ((n = getdents64(dir, text, sizeof(text))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *e = (const void *)&text[at];
			pid_t pid = atoi(e->d_name);

			if (pid > 0 && n_all < MOST && read_one(pid, &all[n_all]))
				n_all++;
			at += e->d_reclen;
		}
	}
	__real_close(dir);
}

static bool is_reaper(pid_t pid)
{
	return pid > 0 && pid < NUMBERS && atomic_load(&reapers[pid]);
}

static const struct one *find(pid_t pid)
{
	for (int i = 0; i < n_all; i++)
		if (all[i].pid == pid)
			return &all[i];
	return NULL;
}

/* From the reaper downwards, until a pass finds nobody new. */
static void mark_all(pid_t reaper)
{
	bool more = true;

	while (more) {
		more = false;
		for (int i = 0; i < n_all; i++) {
			const struct one *parent = find(all[i].parent);

			if (all[i].below || !parent)
				continue;
			if (parent->pid != reaper && !parent->below)
				continue;
			all[i].below = more = true;
			all[i].listed = parent->pid == reaper ||
			                (parent->listed && !is_reaper(parent->pid));
		}
	}
}

static pid_t reaper_of(pid_t pid)
{
	struct one one;

	while (pid > 1 && !is_reaper(pid)) {
		if (!read_one(pid, &one))
			return -1;
		pid = one.parent;
	}
	return pid < 1 ? 1 : pid;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/* ------------------------------------------------------------------------------ calls */

static int acquire(pid_t pid)
{
	if (pid != getpid())
		return fail(EPERM);
	if (is_reaper(pid))
		return fail(EBUSY);
	atomic_store(&reapers[pid], 1);
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static int status(pid_t reaper, struct procctl_reaper_status *ret)
{
	memset(ret, 0, sizeof(*ret));
	read_all();
	mark_all(reaper);
	ret->rs_reaper = reaper;
	ret->rs_pid = -1;
	for (int i = 0; i < n_all; i++) {
		ret->rs_children += all[i].parent == reaper;
		ret->rs_descendants += all[i].listed;
	}
	return 0;
}

static int get_pids(pid_t reaper, struct procctl_reaper_pids *ret)
{
	unsigned n = 0;

	read_all();
	mark_all(reaper);
	for (int i = 0; i < n_all && n < ret->rp_count; i++) {
		struct procctl_reaper_pidinfo *info = &ret->rp_pids[n];

		if (!all[i].listed)
			continue;
		info->pi_pid = all[i].pid;
		info->pi_flags = REAPER_PIDINFO_VALID;
		if (all[i].parent == reaper)
			info->pi_flags |= REAPER_PIDINFO_CHILD;
		if (all[i].state == 'Z' || all[i].state == 'X')
			info->pi_flags |= REAPER_PIDINFO_ZOMBIE;
		if (is_reaper(all[i].pid))
			info->pi_flags |= REAPER_PIDINFO_REAPER;
		n++;
	}
	return 0;
}

static bool add_once(pid_t pid)
{
	static pid_t signalled[MOST];
	static int n;

	if (pid == 0)
		n = 0;
	for (int i = 0; i < n; i++)
		if (signalled[i] == pid)
			return false;
	if (pid > 0 && n < MOST)
		signalled[n++] = pid;
	return true;
}

static int signal_new(pid_t reaper, struct procctl_reaper_kill *ret)
{
	int found = 0;

	read_all();
	mark_all(reaper);
	for (int i = 0; i < n_all; i++) {
		if (!all[i].below || all[i].state == 'Z' || all[i].state == 'X' ||
		    !add_once(all[i].pid))
			continue;
		found++;
		if (kill(all[i].pid, ret->rk_sig) == 0)
			ret->rk_killed++;
		else if (errno == EPERM && ret->rk_fpid < 0)
			ret->rk_fpid = all[i].pid;
	}
	return found;
}

static int signal_all(pid_t reaper, struct procctl_reaper_kill *ret)
{
	if (ret->rk_sig <= 0 || ret->rk_sig > 128 || ret->rk_flags)
		return fail(EINVAL);
	ret->rk_killed = 0;
	ret->rk_fpid = -1;
	add_once(0);
	for (int i = 0; i < PASSES && signal_new(reaper, ret) > 0; i++)
		;
	if (ret->rk_killed > 0)
		return 0;
	return fail(ret->rk_fpid > 0 ? EPERM : ESRCH);
}

int model_reaper(pid_t pid, int command, void *data)
{
	struct one one;
	pid_t reaper;

	if (command == PROC_REAP_ACQUIRE)
		return acquire(pid);
	if (!read_one(pid, &one) || one.state == 'Z')
		return fail(ESRCH);
	reaper = reaper_of(pid);
	switch (command) {
	case PROC_REAP_STATUS:
		return status(reaper, data);
	case PROC_REAP_GETPIDS:
		return get_pids(reaper, data);
	case PROC_REAP_KILL:
		return signal_all(reaper, data);
	default:
		return fail(EINVAL);
	}
}

/* Its number may become somebody else's. */
void model_reaper_forget(void)
{
	pid_t pid = getpid();

	if (pid < NUMBERS)
		atomic_store(&reapers[pid], 0);
}
#else
int model_reaper(pid_t pid, int command, void *data)
{
	(void)pid;
	(void)command;
	(void)data;
	errno = EINVAL;
	return -1;
}

void model_reaper_forget(void)
{
}
#endif
