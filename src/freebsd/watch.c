/* SPDX-License-Identifier: MIT */
/*
 * FreeBSD: a child that ward starts has a process descriptor, pdfork(2), which keeps its
 * number from being given away, whoever collects it, and tells of its end by POLLHUP and
 * never by POLLIN. There is no way to open one for a process that runs: other children
 * and strangers are watched by a kqueue.
 *
 * All descriptors are PD_DAEMON, without which the last close kills, but those of
 * children that are to end with us: there that is what is wanted, and a descriptor is
 * kept until its process has ended, whatever becomes of the ward. A child whose
 * descriptor is closed while it lives belongs to its reaper, init or whoever has become
 * one, and not to its parent any more.
 */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <sys/types.h>
#include <sys/procdesc.h>
#include <unistd.h>

#include "../forked/knote.h"
#include "../left.h"
#include "../memory.h"

struct ward__watch {
	struct ward__left left;       /* behind: it kills, and is not done */
	int fd; /* a process descriptor, or a kqueue; -1: none yet */
	bool handle;                  /* the former */
	bool kills;                   /* the former, and its last close does */
	pid_t owner; /* whose the latter is: copies of us have none */
};

static ward__left_list left_behind;

struct ward__watch *ward__watch_of(int descriptor)
{
	struct ward__watch *watch = ward__alloc(sizeof(*watch));

	if (!watch)
		return NULL;
	watch->fd = descriptor;
	watch->handle = descriptor >= 0;
	watch->owner = getpid();
	return watch;
}

/* The descriptor comes with the child, or there is no child. */
int ward__watch_new(struct ward__watch **ret)
{
	*ret = ward__watch_of(-1);
	return *ret ? 0 : -ENOMEM;
}

int ward__watch_reserve(struct ward__watch **ret)
{
	return ward__watch_new(ret);
}

void ward__watch_take(struct ward__watch *watch, int handle)
{
	watch->fd = handle;
	watch->handle = true;
}

struct birth {
	int descriptor;
	int flags;
};

static pid_t make(void *arg)
{
	struct birth *birth = arg;
	int r = ward__gate("pdfork");

	if (r < 0) {
		errno = -r;
		return -1;
	}
	return pdfork(&birth->descriptor, birth->flags);
}

/*
 * A child that failed on its way was collected by its number; closing its descriptor is
 * what gives the number back.
 */
int ward__watch_start(struct ward__watch *watch, pid_t *ret, struct ward__plan *plan,
                      ward__hold_fn *then, void *arg, struct ward_error *error)
{
	struct birth birth = { -1, PD_CLOEXEC | PD_DAEMON };
	int r;

	watch->kills = plan->opts->on_owner_death == WARD_KILL;
	if (watch->kills)
		birth.flags = PD_CLOEXEC;
	r = ward__fork_start_by(make, ret, plan, NULL, &birth, error);
	watch->fd = birth.descriptor;
	watch->handle = birth.descriptor >= 0;
	return r < 0 ? r : then(arg, *ret);
}

int ward__watch_process(struct ward__watch *watch, pid_t pid, bool child)
{
	int queue = ward__knote_queue(), r;

	if (queue < 0)
		return queue;
	r = ward__knote_watch(queue, pid, child);
	if (r < 0)
		close(queue);
	else
		watch->fd = queue;
	return r;
}

int ward__watch_fd(const struct ward__watch *watch)
{
	return watch->fd;
}

static bool is_ours(const struct ward__watch *watch)
{
	return watch->handle || getpid() == watch->owner;
}

bool ward__watch_done(const struct ward__watch *watch)
{
	return is_ours(watch) && ward__knote_done(watch->fd);
}

/*
 * The descriptor keeps the status, for everybody who holds it and as often as they ask:
 * it comes with EVFILT_PROCDESC, also after the end. The kqueue for it lives only here.
 */
static bool status_of(int descriptor, int *ret)
{
	const struct kevent end = { .ident = (uintptr_t)descriptor,
		                    .filter = EVFILT_PROCDESC,
		                    .flags = EV_ADD | EV_ONESHOT,
		                    .fflags = NOTE_EXIT };
	int queue = ward__knote_queue();
	bool told;

	if (queue < 0)
		return false;
	told = ward__knote_add(queue, &end) == 0 && ward__knote_status(queue, ret);
	close(queue);
	return told;
}

bool ward__watch_status(struct ward__watch *watch, int *ret)
{
	if (watch->handle)
		return status_of(watch->fd, ret);
	return is_ours(watch) && ward__knote_status(watch->fd, ret);
}

bool ward__watch_is_handle(const struct ward__watch *watch)
{
	return watch->handle;
}

int ward__watch_signal(struct ward__watch *watch, int sig)
{
	int r = ward__gate("pdkill");

	if (r < 0)
		return r;
	return pdkill(watch->fd, sig) < 0 ? -errno : 0;
}

bool ward__watch_kills(void)
{
	return true;
}

/* --------------------------------------------------------------------------- give up */

/* A look that fails is tried again: what is not known to be done is kept. */
static bool is_done(const struct ward__watch *watch)
{
	bool done = false;

	for (int tries = 0; tries < 3 && !done; tries++)
		done = ward__knote_done(watch->fd);
	return done;
}

/* In a copy of us its close is not the last. */
static bool close_watch(struct ward__left *one)
{
	struct ward__watch *watch = (struct ward__watch *)one;

	if (watch->handle && watch->kills && getpid() == watch->owner && !is_done(watch))
		return false;
	if (watch->handle)
		close(watch->fd);
	else
		ward__knote_close(watch->fd, watch->owner);
	ward__free(watch);
	return true;
}

void ward__watch_drop(struct ward__watch *watch)
{
	ward__left_try(&left_behind, close_watch);
	if (watch && !close_watch(&watch->left))
		ward__left_add(&left_behind, &watch->left);
}
