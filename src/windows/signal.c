/* SPDX-License-Identifier: MIT */
/*
 * Signals. There is TerminateProcess, which is KILL, and an event of the console, which
 * reaches a group of processes on our own console and is what INT and TERM come nearest
 * to. Nothing else is sent for what was asked for.
 */
#include <errno.h>
#include <signal.h>

#include "../gate.h"
#include "nt.h"
#include "os_error.h"
#include "process.h"
#include "signals.h"
#include "system.h"

/*
 * Was access denied although our HANDLE has the right? So is it to everybody when the
 * process is on its way to its end, before it is over.
 */
static bool is_ending(const struct ward__process *p)
{
	return (ward__nt_access(p->handle) & PROCESS_TERMINATE) != 0 ||
	       ward__process_is_over(p) > 0;
}

/* With the lock held, which keeps a wait from seeing the end before `killed`. */
static int terminate(struct ward__process *p)
{
	int r = ward__gate("TerminateProcess");

	if (r < 0)
		return r;
	if (TerminateProcess(p->handle, WARD__KILLED_CODE)) {
		p->killed = true;
		return 0;
	}
	r = ward__last_error();
	if (r != -EACCES)
		return r;
	return is_ending(p) ? 0 : -EPERM;
}

/* Our HANDLE keeps the number, which is the group's, from being another's. */
static int send_break(const struct ward__process *p)
{
	int r = ward__gate("GenerateConsoleCtrlEvent");

	if (r < 0)
		return r;
	if (GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, (DWORD)p->pid))
		return 0;
	/* There is no console, or none that knows this group. */
	return -ENOTSUP;
}

static int signal_group(const struct ward__process *p, int sig)
{
	if (!p->leads_group)
		return -ESRCH;
	if (sig == WARD__SIGKILL)
		return -ENOTSUP;
	return sig == 0 ? 0 : send_break(p);
}

/* With the lock held. */
static int signal_one(struct ward__process *p, int sig)
{
	int r = ward__process_is_over(p);

	if (r != 0)
		return r < 0 ? r : 0;     /* over, not collected: without effect */
	if (sig == WARD__SIGKILL)
		return terminate(p);
	if (sig == 0)
		return 0;
	return p->leads_group ? send_break(p) : -ENOTSUP;
}

int ward__process_signal(struct ward__process *p, int sig, bool group)
{
	int r = -ESRCH;

	if (sig != 0 && sig != SIGINT && sig != SIGTERM && sig != WARD__SIGKILL)
		return -EINVAL;
	AcquireSRWLockExclusive(&p->lock);
	if (!atomic_load_explicit(&p->ended, memory_order_relaxed))
		r = group ? signal_group(p, sig) : signal_one(p, sig);
	ReleaseSRWLockExclusive(&p->lock);
	return r;
}

/* ------------------------------------------------------------------------------ names */

const struct ward__signal ward__signals[] = {
	{ SIGINT, "INT" },   { SIGILL, "ILL" },   { SIGFPE, "FPE" },
	{ WARD__SIGKILL, "KILL" }, { SIGSEGV, "SEGV" }, { SIGTERM, "TERM" },
	{ SIGBREAK, "BREAK" }, { SIGABRT, "ABRT" }, { 0, NULL },
};

bool ward__signal_realtime(int *first, int *last)
{
	(void)first;
	(void)last;
	return false;
}

/* A group is a number for console events here, and never contains anything. */
bool ward__process_keeps_group(struct ward__process *p)
{
	(void)p;
	return false;
}

int ward__process_group_is_empty(struct ward__process *p)
{
	(void)p;
	return -ENOTSUP;
}
