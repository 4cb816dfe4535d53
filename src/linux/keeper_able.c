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

static int lack(const char **why, const char *words)
{
	*why = words;
	return -ENOTSUP;
}

/* Its first process would be a keeper with its own program. 1, 0, or a scarcity. */
static int has_first_process(void)
{
	static const enum ward__ability needed[] = {
		WARD__UNSHARE_TABLE, WARD__SHARED_MEMORY, WARD__PIDFD, WARD__KEEPER_IMAGE,
	};
	int r = 1;

	for (size_t i = 0; r > 0 && i < sizeof(needed) / sizeof(needed[0]); i++)
		r = ward__probe(needed[i]);
	return r;
}

static int namespace_able(const char **why)
{
	int r = has_first_process();

	if (r == 0)
		return lack(why, "its first process would be a program of ours, which "
		                 "does not run here");
	if (r > 0)
		r = try_namespace();
	if (r == 0 || ward__is_scarcity(r))
		return r;
	if (r == -EPERM || r == -EACCES)
		return lack(why, "we may make neither a pid namespace nor a user "
		                 "namespace");
	if (r == -ENOSPC || r == -EUSERS)
		return lack(why, "there may be no more namespaces");
	return lack(why, "there is no such namespace");
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

int ward__keeper_able(bool namespace, const char **why)
{
	if (!has_proc())
		return lack(why, "there is no /proc in which its processes could be "
		                 "found");
	if (namespace)
		return namespace_able(why);
	return has_subreapers() ? 0 : lack(why, "this kernel has no subreapers");
}
