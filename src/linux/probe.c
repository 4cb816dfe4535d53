/* SPDX-License-Identifier: MIT */
/*
 * Abilities of the kernel, each asked once. Two threads may ask at the same time; they
 * get the same answer, so the races are harmless. An ability that is found wanting at
 * its first real use (clone3 under a filter that looks at its arguments, say) is struck
 * off for good.
 */
#define _GNU_SOURCE 1
#include "probe.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>

#include "../gate.h"
#include "../unix/fork.h"
#include "../unix/sys.h"
#include "clone3.h"
#include "keeper_able.h"
#include "pidfd.h"
#include "stack.h"

enum { UNKNOWN, YES, NO };

static atomic_int known[WARD__ABILITIES_];

bool ward__is_refusal(int code)
{
	return code == -ENOSYS || code == -EINVAL || code == -EPERM || code == -E2BIG ||
	       code == -EOPNOTSUPP;
}

bool ward__is_scarcity(int code)
{
	return code == -EMFILE || code == -ENFILE || code == -ENOMEM || code == -EAGAIN;
}

/* Each probe: 1, 0, or a scarcity in which it cannot be told. */

/* -1 as pid: EINVAL from a kernel that has the call. */
static int probe_pidfd_open(void)
{
	return ward__pidfd_open(-1) == -EINVAL;
}

/* A descriptor that cannot be open: EBADF where P_PIDFD is known, EINVAL before 5.4. */
static int probe_pidfd_wait(void)
{
	return ward__waitid(INT_MAX, 0, WNOHANG, NULL) == -EBADF;
}

static int probe_pidfd_signal(void)
{
	return ward__pidfd_signal(INT_MAX, 0, false) == -EBADF;
}

/*
 * A child that ends at once, for a probe. It shares our memory, so @run must do no harm.
 */
struct probe_child {
	volatile int pidfd, answer;
};

/*
 * The bare call first: a thread sanitizer is in the way of libc's, takes the child for a
 * copy of us, and in our memory no more sees what this thread does.
 */
static long make_probe_child(struct probe_child *child, int (*run)(void *), int flags,
                             char *stack)
{
	struct kernel_clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | (unsigned)flags,
		.pidfd = (uint64_t)(uintptr_t)&child->pidfd,
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = WARD__STACK_SIZE,
	};
	long pid = ward__gate("clone3");

	if (pid == 0)
		pid = ward__clone3(&args, run, child);
	if (pid < 0)
		pid = clone(run, stack + WARD__STACK_SIZE, (int)args.flags, child,
		            &child->pidfd);
	return pid < 0 ? -errno : pid;
}

/*
 * No SIGCHLD is sent for it, and it is collected by its number, which nobody else knows.
 * Signals are blocked, because a handler would run in it, on our memory.
 */
static int run_probe_child(struct probe_child *child, int (*run)(void *), int flags)
{
	char *stack = ward__stack_get();
	struct ward__mask before;
	long pid = 0;

	if (!stack)
		return -ENOMEM;
	if (ward__sys_block_signals(&before) == 0) {
		pid = make_probe_child(child, run, flags, stack);
		if (pid > 0)
			ward__collect_failed((pid_t)pid);
		ward__sys_set_mask(&before);
	}
	ward__stack_put(stack);
	return ward__is_scarcity((int)pid) ? (int)pid : child->answer;
}

static int touch(void *arg)
{
	struct probe_child *child = arg;

	child->answer = 1;
	ward__sys_exit(0);
}

/*
 * User-mode emulators turn CLONE_VM | CLONE_VFORK into a fork: a failure that the child
 * writes down is never seen then.
 */
static int probe_shared_memory(void)
{
	struct probe_child child = { -1, 0 };

	return ward__gate("clone_vm") < 0 ? 0 : run_probe_child(&child, touch, 0);
}

/* Alive as it is, it must not find its own pidfd readable. */
static int poll_itself(void *arg)
{
	struct probe_child *child = arg;

	child->answer = child->pidfd >= 0 && ward__poll_now(child->pidfd, POLLIN) == 0;
	ward__sys_exit(0);
}

static int probe_polling(void)
{
	struct probe_child child = { -1, 0 };
	int flags = CLONE_FILES | (int)KERNEL_CLONE_PIDFD;
	int yes = ward__probe(WARD__SHARED_MEMORY);

	if (yes <= 0)
		return yes;
	if (ward__gate("clone_pidfd") < 0)
		return 0;
	yes = run_probe_child(&child, poll_itself, flags);
	if (child.pidfd >= 0)
		ward__sys_close(child.pidfd);
	return yes;
}

/*
 * CLONE_PIDFD is older than poll on pidfds (5.2 and 5.3), while the other two calls are
 * not. A filter may forbid both and leave pidfds useful all the same.
 */
static int probe_pidfd(void)
{
	return ward__can(WARD__PIDFD_OPEN) || ward__can(WARD__PIDFD_WAIT) ?
	               1 :
	               probe_polling();
}

/* Those without a probe are found out by use. */
static int (*const probes[WARD__ABILITIES_])(void) = {
	[WARD__SHARED_MEMORY] = probe_shared_memory,
	[WARD__PIDFD] = probe_pidfd,
	[WARD__PIDFD_OPEN] = probe_pidfd_open,
	[WARD__PIDFD_WAIT] = probe_pidfd_wait,
	[WARD__PIDFD_SIGNAL] = probe_pidfd_signal,
	[WARD__KEEPER_IMAGE] = ward__keeper_probe,
};

int ward__probe(enum ward__ability ability)
{
	int state = atomic_load_explicit(&known[ability], memory_order_relaxed), r;

	if (state == UNKNOWN) {
		r = probes[ability] ? probes[ability]() : 1;
		if (r < 0)
			return r;
		state = r ? YES : NO;
		atomic_store_explicit(&known[ability], state, memory_order_relaxed);
	}
	return state == YES;
}

bool ward__can(enum ward__ability ability)
{
	return ward__probe(ability) > 0;
}

void ward__cannot(enum ward__ability ability)
{
	atomic_store_explicit(&known[ability], NO, memory_order_relaxed);
}
