/* SPDX-License-Identifier: MIT */
/*
 * FreeBSD's part of a keeper: it is made by pdfork(2), so that the program hears no
 * SIGCHLD of it and finds it by no wait for any child, and by procctl(2) it becomes the
 * reaper of all that descends from it. The kernel finds and signals those in one call.
 * What is below a reaper of theirs is signalled, too, and not listed; it is ours when
 * that one ends.
 */
#include "../forked/keeping.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/procctl.h>
#include <sys/procdesc.h>
#include <unistd.h>

#include "../forked/calls.h"
#include "../forked/knote.h"
#include "../memory.h"
#include "../unix/kept.h"

enum { COUNTED = 512, SPARE = 32 };

pid_t ward__keeper_fork(int *handle)
{
	int r = ward__gate("pdfork");

	if (r < 0) {
		errno = -r;
		return -1;
	}
	return pdfork(handle, PD_CLOEXEC | PD_DAEMON);
}

/* Not fork, whose wrapper takes locks that another thread may have held at our own. */
pid_t ward__keeper_fork_child(void *arg)
{
	return ward__keeper_fork(arg);
}

int ward__keeper_watch_owner(pid_t owner)
{
	int queue = ward__knote_queue(), r;

	if (queue < 0)
		return queue;
	r = ward__knote_watch(queue, owner, true);
	if (r == 0)
		return queue;
	close(queue);
	return r;
}

int ward__keeper_last_signal(void)
{
	return SIGKILL;
}

/* ----------------------------------------------------------------------------- reaper */

static int control(pid_t pid, int command, void *data)
{
	WARD__CALL("procctl", procctl(P_PID, (id_t)pid, command, data));
}

int ward__reaper_acquire(void)
{
	return control(getpid(), PROC_REAP_ACQUIRE, NULL);
}

/* Zombies are signalled by some releases; nobody is harmed. */
int ward__reaper_signal(int sig, struct ward__reaped *ret)
{
	struct procctl_reaper_kill all;
	int r;

	*ret = (struct ward__reaped){ 0, 0 };
	if (sig == 0) {
		ret->signalled = ward__reaper_count();
		return 0;
	}
	memset(&all, 0, sizeof(all));
	all.rk_sig = sig;
	all.rk_fpid = -1;
	r = control(getpid(), PROC_REAP_KILL, &all);
	if (r < 0 && r != -ESRCH && r != -EPERM)
		return r;
	ret->signalled = (int)all.rk_killed;
	ret->refused = r == -EPERM || all.rk_fpid > 0;
	return 0;
}

static bool lives(const struct procctl_reaper_pidinfo *info)
{
#ifdef REAPER_PIDINFO_ZOMBIE
	if (info->pi_flags & REAPER_PIDINFO_ZOMBIE)
		return false;
#endif
	return (info->pi_flags & REAPER_PIDINFO_VALID) != 0;
}

/* How many are in the list; -E2BIG: it may be longer. */
static int read_list(pid_t reaper, struct procctl_reaper_pidinfo *list, unsigned room)
{
	struct procctl_reaper_pids all;
	unsigned n = 0;
	int r;

	memset(&all, 0, sizeof(all));
	memset(list, 0, room * sizeof(*list));
	all.rp_count = room;
	all.rp_pids = list;
	r = control(reaper, PROC_REAP_GETPIDS, &all);
	while (r == 0 && n < room && (list[n].pi_flags & REAPER_PIDINFO_VALID))
		n++;
	if (r == 0 && n == room)
		return -E2BIG;
	return r < 0 ? r : (int)n;
}

static int read_status(pid_t reaper, struct procctl_reaper_status *ret)
{
	memset(ret, 0, sizeof(*ret));
	return control(reaper, PROC_REAP_STATUS, ret);
}

/* Of more than there is room for those that wait to be collected are counted, too. */
int ward__reaper_count(void)
{
	static struct procctl_reaper_pidinfo list[COUNTED];
	struct procctl_reaper_status status;
	int n = read_list(getpid(), list, COUNTED), living = 0;

	if (n < 0)
		return read_status(getpid(), &status) < 0 ? -1 :
		                                            (int)status.rs_descendants;
	for (int i = 0; i < n; i++)
		living += lives(&list[i]);
	return living;
}

const char *ward__reaper_shortcoming(void)
{
	struct procctl_reaper_status status;

	return read_status(getpid(), &status) < 0 ? "the kernel has no reapers" : NULL;
}

static int copy_list(const struct procctl_reaper_pidinfo *list, int n, pid_t **ret,
                     size_t *n_ret)
{
	pid_t *pids = ward__alloc(((size_t)n + 1) * sizeof(*pids));

	if (!pids)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		if (lives(&list[i]))
			pids[(*n_ret)++] = list[i].pi_pid;
	*ret = pids;
	return 0;
}

static int try_list(pid_t reaper, unsigned room, pid_t **ret, size_t *n)
{
	struct procctl_reaper_pidinfo *list = ward__alloc(room * sizeof(*list));
	int r;

	if (!list)
		return -ENOMEM;
	r = read_list(reaper, list, room);
	if (r >= 0)
		r = copy_list(list, r, ret, n);
	ward__free(list);
	return r;
}

/* Of a process that is no reaper (any more) we would be told of its own reaper's. */
static bool is_reaper(pid_t pid, struct procctl_reaper_status *status)
{
	return read_status(pid, status) == 0 && status->rs_reaper == pid;
}

int ward__reaper_list(pid_t reaper, pid_t **ret, size_t *n)
{
	struct procctl_reaper_status status;
	unsigned room;
	int r = -E2BIG;

	*ret = NULL;
	*n = 0;
	if (!is_reaper(reaper, &status))
		return 0;
	room = status.rs_descendants + SPARE;
	for (; r == -E2BIG; room *= 2)
		r = try_list(reaper, room, ret, n);
	if (r == 0 && !is_reaper(reaper, &status))
		*n = 0;
	return r == -ESRCH ? 0 : r;
}

int ward__kept_queue(void)
{
	return ward__knote_queue();
}

/* What is closed leaves it by itself; what cannot be put in is found by the next wait. */
void ward__kept_queue_put(int queue, int fd, bool is_in)
{
	const struct kevent change = { .ident = (uintptr_t)fd,
		                       .filter = EVFILT_READ,
		                       .flags = is_in ? EV_ADD : EV_DELETE };

	ward__knote_add(queue, &change);
}
