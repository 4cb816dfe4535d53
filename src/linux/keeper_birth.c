/* SPDX-License-Identifier: MIT */
/*
 * How a keeper comes to be. It is made as any child is, in its host's memory; there it
 * makes the child in turn, whose pidfd so gets into the host's table, and waits until
 * that has exec'ed. Then it takes a table of its own, with nothing in it but what it
 * needs, and becomes its own program. The host sleeps all the while. Everything that can
 * fail is reserved before; what fails all the same leaves neither of the two.
 */
#define _GNU_SOURCE 1
#include "keeper_birth.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../gate.h"
#include "clone3.h"
#include "probe.h"
#include "stack.h"

static long gated(const char *name, long number, long a, long b, long c, long d)
{
	long r = ward__gate(name);

	if (r == 0 && (r = syscall(number, a, b, c, d, 0L)) < 0)
		r = -errno;
	return r;
}

/* ----------------------------------------------------------------------------- make */

static long make_by_clone3(uint64_t flags, char *stack, int (*run)(void *), void *arg,
                           int *pidfd)
{
	struct kernel_clone_args args = {
		.flags = flags | KERNEL_CLONE_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = WARD__STACK_SIZE,
	};
	int r = ward__gate("clone3");

	return r < 0 ? r : ward__clone3(&args, run, arg);
}

static long make_by_clone(uint64_t flags, char *stack, int (*run)(void *), void *arg,
                          int *pidfd)
{
	int r = ward__gate("clone_pidfd");

	if (r < 0)
		return r;
	r = clone(run, stack + WARD__STACK_SIZE, (int)flags | SIGCHLD, arg, pidfd);
	return r < 0 ? -errno : r;
}

long ward__make_shared(uint64_t flags, char *stack, int (*run)(void *), void *arg,
                       int *pidfd)
{
	long r = -ENOSYS;

	flags |= CLONE_VM | CLONE_VFORK | KERNEL_CLONE_PIDFD;
	if (ward__can(WARD__CLONE3)) {
		r = make_by_clone3(flags, stack, run, arg, pidfd);
		if (!ward__is_refusal((int)r))
			return r;
		/* With namespaces EPERM and EINVAL may be about them. */
		if (flags & (CLONE_NEWPID | CLONE_NEWUSER))
			return r;
		ward__cannot(WARD__CLONE3);
	}
	if (!ward__can(WARD__CLONE_PIDFD))
		return r;
	r = make_by_clone(flags, stack, run, arg, pidfd);
	if (r == -ENOSYS || r == -EINVAL)
		ward__cannot(WARD__CLONE_PIDFD);
	return r;
}

/* --------------------------------------------------------------------------- settle */

static int write_to(const char *path, const char *text)
{
	int fd = ward__sys_open(path, O_WRONLY | O_CLOEXEC, 0);
	long r;

	if (fd < 0)
		return fd;
	r = gated("write_map", SYS_write, fd, (long)text, (long)strlen(text), 0);
	ward__sys_close(fd);
	return r < 0 ? (int)r : 0;
}

/* Everybody stays who he is; without privileges groups must be given up for that. */
static int map_user(const struct ward__keeper_birth *birth)
{
	int r = write_to("/proc/self/setgroups", "deny");

	if (r < 0 && r != -ENOENT)
		return r;
	r = write_to("/proc/self/uid_map", birth->uids);
	return r < 0 ? r : write_to("/proc/self/gid_map", birth->gids);
}

/* Ignored, it would let children go without a word. All zero is SIG_DFL everywhere. */
static int default_sigchld(void)
{
	static const unsigned long none[32];

	return (int)gated("rt_sigaction", SYS_rt_sigaction, SIGCHLD, (long)none, 0,
	                  KERNEL_SIGSET_BYTES);
}

int ward__keeper_settle(struct ward__keeper_birth *birth)
{
	int flags = (int)birth->numbers[WARD__KEEPER_FLAGS], r;
	struct ward__mask before;

	birth->report.step = WARD_STEP_SIGNALS;
	r = ward__sys_block_signals(&before);
	if (r == 0)
		r = default_sigchld();
	if (r < 0)
		return r;
	birth->report.step = WARD_STEP_PROCESS;
	if (birth->uids[0])
		r = map_user(birth);
	if (r == 0 && (flags & WARD__KEEP_TREE))
		r = (int)gated("subreaper", SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0);
	return r;
}

/*
 * What is meant for the host's group is not for the keeper; but its child may have to
 * stay there, to be in front of a terminal, and so it is made first.
 */
int ward__keeper_leave_group(struct ward__keeper_birth *birth)
{
	birth->report.step = WARD_STEP_PROCESS;
	return ward__sys_setpgid(0);
}

/* ---------------------------------------------------------------------------- child */

static void collect_child(const struct ward__keeper_birth *birth, bool kill_it)
{
	long r;

	if (birth->child_pid <= 1)
		return;
	if (kill_it)
		syscall(SYS_kill, birth->child_pid, SIGKILL);
	do
		r = syscall(SYS_waitid, P_PID, birth->child_pid, NULL, WEXITED | __WALL,
		            NULL);
	while (r < 0 && errno == EINTR);
}

static int make_child(struct ward__keeper_birth *birth)
{
	struct ward__childhood *child = birth->child;
	uint64_t flags = child->plan->unshare ? CLONE_FILES : 0;
	long pid;

	child->plan->parent = (pid_t)syscall(SYS_getpid);
	pid = ward__make_shared(flags, birth->stack, ward__child_run, child,
	                        (int *)(uintptr_t)&birth->child_fd);
	if (pid == -EMFILE || pid == -ENFILE)
		birth->report.step = WARD_STEP_HOLD;
	if (pid < 0)
		return (int)pid;
	birth->child_pid = (pid_t)pid;
	birth->numbers[WARD__KEEPER_CHILD] = pid;
	if (child->report.code == 0 && child->report.step == WARD_STEP_EXEC)
		return 0;
	collect_child(birth, false);
	return -ECHILD; /* its own report tells more */
}

/* ---------------------------------------------------------------------------- leave */

enum { KEPT = 5, MOST = KEPT + 1 };

static void insert(int fds[MOST], int *n, int fd)
{
	int at = *n;

	if (fd < 0)
		return;
	for (; at > 0 && fds[at - 1] > fd; at--)
		fds[at] = fds[at - 1];
	fds[at] = fd;
	++*n;
}

int ward__keeper_shed(struct ward__keeper_birth *birth)
{
	static const int kept[KEPT] = { WARD__KEEPER_SOCKET, WARD__KEEPER_EMPTY,
		                        WARD__KEEPER_OWNER_FD, WARD__KEEPER_KILL_FD,
		                        WARD__KEEPER_PARENT_FD };
	int fds[MOST], n = 0, r = 0, next = 0;

	for (int i = 0; i < KEPT; i++)
		insert(fds, &n, (int)birth->numbers[kept[i]]);
	insert(fds, &n, birth->image);
	if (birth->image >= 0)
		r = ward__sys_unshare_above((unsigned)fds[n - 1]);
	else
		r = ward__sys_close_range((unsigned)fds[n - 1] + 1, ~0u);
	for (int i = 0; r == 0 && i < n; i++) {
		if (fds[i] > next)
			r = ward__sys_close_range((unsigned)next, (unsigned)fds[i] - 1);
		if (r == 0 && fds[i] != birth->image)
			r = ward__sys_keep(fds[i]);
		next = fds[i] + 1;
	}
	return r;
}

static void write_number(char *to, int64_t number)
{
	int64_t unit = 1;

	if (number < 0) {
		*to++ = '-';
		number = -number;
	}
	while (number / unit > 9)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		*to++ = (char)('0' + number / unit % 10);
	*to = 0;
}

static int become(struct ward__keeper_birth *birth)
{
	int n = 0;

	birth->args[n++] = "ward-keeper";
	for (int i = 0; i < WARD__KEEPER_NUMBERS; i++) {
		write_number(birth->texts[i], birth->numbers[i]);
		birth->args[n++] = birth->texts[i];
	}
	birth->args[n] = NULL;
	birth->words[WARD__KEEPER_WORDS] = NULL;
	birth->done = 1;
	return ward__sys_exec_fd(birth->image, birth->args, birth->words);
}

/* Not keep a directory busy that somebody wants to unmount. */
static int leave(struct ward__keeper_birth *birth)
{
	int r;

	birth->report.step = WARD_STEP_CLOSE;
	r = ward__sys_chdir("/");
	if (r == 0)
		r = ward__keeper_shed(birth);
	if (r < 0)
		return r;
	birth->report.step = WARD_STEP_PROCESS;
	return become(birth);
}

int ward__keeper_born(void *arg)
{
	struct ward__keeper_birth *birth = arg;
	int r = ward__keeper_settle(birth);

	if (r == 0 && birth->child)
		r = make_child(birth);
	if (r == 0) {
		r = ward__keeper_leave_group(birth);
		r = r < 0 ? r : leave(birth);
		collect_child(birth, true);
	}
	birth->report.code = r;
	ward__sys_exit(127);
}

int ward__keeper_stillborn(void *arg)
{
	(void)arg;
	ward__sys_exit(0);
}
