/* SPDX-License-Identifier: MIT */
/*
 * What this machine lets a keeper do, found out by trying: its own program, nothing to
 * keep, and a pid namespace with nobody in it.
 */
#define _GNU_SOURCE 1
#include "keeper_able.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/fork.h"
#include "keeper_birth.h"
#include "keeper_start.h"
#include "pidfd.h"
#include "probe.h"
#include "stack.h"

/* -------------------------------------------------------------------------- program */

/* It goes through all that it can do, with nothing to do it to. 1, 0, or a scarcity. */
static int converses(struct ward__keeper *k)
{
	static const struct {
		int what, signal, code;
	} questions[] = {
		{ WARD__ASK_LOOK, 0, 0 },         { WARD__ASK_SIGNAL, SIGSTOP, 0 },
		{ WARD__ASK_CHILD, 0, -ESRCH },   { WARD__ASK_KILL, 0, 0 },
		{ WARD__ASK_LEAVE, 0, 0 },
	};
	struct ward__keeper_answer answer;
	int members = 0;

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		int r = ward__keeper_ask(k, questions[i].what, questions[i].signal,
		                         &answer);

		if (r != questions[i].code)
			return ward__is_scarcity(r) ? r : 0;
		members += i == 0 ? answer.members : 0;
	}
	return members == 0;
}

/*
 * A compiler or a linker may have put something into the section that is not to be there:
 * it is found out by a keeper that has nothing to keep, before one that has.
 */
int ward__keeper_probe(void)
{
	struct ward__keeper *k = NULL;
	int r = ward__gate("keeper_image");

	if (r == 0)
		r = ward__keeper_try(&k);
	if (r != 0)
		return ward__is_scarcity(r) ? r : 0;
	r = converses(k);
	/* By its number: it is our child, and signals by pidfd may be forbidden. */
	if (r <= 0)
		ward__kill(k->base.pid, SIGKILL, false);
	ward__keeper_collect(k, true);
	ward__keeper_drop(k);
	return r;
}

/* ------------------------------------------------------------------------ namespace */

static int make_nobody(char *stack, uint64_t flags)
{
	struct ward__mask before;
	int pidfd = -1, r = ward__sys_block_signals(&before);
	long pid;

	if (r < 0)
		return r;
	pid = ward__make_shared(flags, stack, ward__keeper_stillborn, NULL, &pidfd);
	ward__sys_set_mask(&before);
	if (pid < 0)
		return (int)pid;
	ward__collect_failed((pid_t)pid);
	if (pidfd >= 0)
		close(pidfd);
	return 0;
}

static int try_namespace(void)
{
	char *stack = ward__stack_get();
	int r = stack ? make_nobody(stack, CLONE_NEWPID) : -ENOMEM;

	if (r == -EPERM)
		r = make_nobody(stack, CLONE_NEWPID | CLONE_NEWUSER);
	if (stack)
		ward__stack_put(stack);
	return r;
}

static const char *namespace_shortcoming(void)
{
	int r;

	if (!ward__can(WARD__UNSHARE_TABLE) || !ward__can(WARD__SHARED_MEMORY) ||
	    !ward__can(WARD__PIDFD) || !ward__can(WARD__KEEPER_IMAGE))
		return "its first process would be a program of ours, which does not run "
		       "here";
	r = try_namespace();
	if (r == -EPERM || r == -EACCES)
		return "we may make neither a pid namespace nor a user namespace";
	if (r == -ENOSPC || r == -EUSERS)
		return "there may be no more namespaces";
	return r < 0 ? "there is no such namespace" : NULL;
}

/* ----------------------------------------------------------------------------- tree */

/* The /proc of another namespace has strangers under our numbers. */
static bool has_proc(void)
{
	char ours[16], self[16] = "";

	snprintf(ours, sizeof(ours), "%d", (int)getpid());
	return ward__gate("proc") == 0 &&
	       readlink("/proc/self", self, sizeof(self) - 1) > 0 &&
	       strcmp(ours, self) == 0;
}

static bool has_subreapers(void)
{
	int is_one;

	return ward__gate("subreaper") == 0 &&
	       prctl(PR_GET_CHILD_SUBREAPER, &is_one, 0, 0, 0) == 0;
}

const char *ward__keeper_shortcoming(bool namespace)
{
	if (!has_proc())
		return "there is no /proc in which its processes could be found";
	if (namespace)
		return namespace_shortcoming();
	return has_subreapers() ? NULL : "this kernel has no subreapers";
}
