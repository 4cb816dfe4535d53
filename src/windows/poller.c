/* SPDX-License-Identifier: MIT */
/*
 * The poller on Windows: a wait of the system's thread pool for each thing that is
 * watched. The pool watches any number of handles; a wait is made once, when the thing is
 * added, and arming it again cannot fail. What is hard is to stop: a callback may be on
 * its way when its thing is removed, and whoever removes it waits for that. So a callback
 * takes only the lock of what is told (telling.c), which nobody holds while he waits.
 */
#include "poller.h"

#include <errno.h>

#include "../gate.h"
#include "../memory.h"
#include "channel.h"
#include "process.h"
#include "watched.h"

struct ward__poller {
	SRWLOCK lock;                 /* for who uses it */
	struct ward__watched_table watched;
	struct ward__telling telling;
};

/* -------------------------------------------------------------------------- one thing */

static void CALLBACK it_has_come(TP_CALLBACK_INSTANCE *instance, void *of, TP_WAIT *wait,
                                 TP_WAIT_RESULT result)
{
	struct ward__watched *it = of;

	(void)instance;
	(void)wait;
	(void)result;
	ward__telling_tell(it->by, &it->told);
}

static struct ward__watched *new_watched(struct ward__poller *poller, uint64_t token)
{
	struct ward__watched *it = ward__alloc(sizeof(*it));

	if (!it)
		return NULL;
	it->told.token = token;
	it->by = &poller->telling;
	if (ward__gate("CreateThreadpoolWait") == 0)
		it->wait = CreateThreadpoolWait(it_has_come, it, NULL);
	if (!it->wait) {
		ward__free(it);
		return NULL;
	}
	return it;
}

/* A callback that told of it may still be on its way out. */
static void free_watched(struct ward__watched *it)
{
	SetThreadpoolWait(it->wait, NULL, NULL);
	WaitForThreadpoolWaitCallbacks(it->wait, TRUE);
	CloseThreadpoolWait(it->wait);
	ward__telling_forget(it->by, &it->told);
	ward__free(it);
}

/* What will tell of it; false: it is known to have come. */
static bool handle_of(const struct ward__event *event, HANDLE *ret)
{
	HANDLE events[WARD__CHANNEL_EVENTS] = { NULL };
	size_t n;

	if (event->process) {
		*ret = event->process->handle;
		return !atomic_load_explicit(&event->process->ended,
		                             memory_order_relaxed);
	}
	if (!event->channel) {
		*ret = (HANDLE)(intptr_t)event->descriptor;
		return true;
	}
	if (ward__channel_is_ready(event->channel, event->wants, events, &n))
		return false;
	*ret = events[0];
	return true;
}

static int watch(struct ward__watched *it, const struct ward__event *event)
{
	HANDLE handle;

	if (!handle_of(event, &handle))
		return 1;
	if (ward__telling_expect(it->by, &it->told))
		SetThreadpoolWait(it->wait, handle, NULL);
	return 0;
}

/* ----------------------------------------------------------------------------- users */

int ward__poller_add(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	struct ward__watched *it = ward__watched_find(&poller->watched, token);

	(void)until;
	if (!it) {
		it = new_watched(poller, token);
		if (!it)
			return -ENOMEM;
		ward__watched_put(&poller->watched, it);
	}
	return watch(it, event);
}

/* What has come at once when it was added is there like the others. */
int ward__poller_arm(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	return ward__poller_add(poller, event, token, until);
}

void ward__poller_remove(struct ward__poller *poller, const struct ward__event *event,
                         uint64_t token, bool armed)
{
	struct ward__watched *it = ward__watched_take(&poller->watched, token);

	(void)event;
	(void)armed;
	if (it)
		free_watched(it);
}

int ward__poller_wait(struct ward__poller *poller, uint64_t *tokens, size_t n,
                      int64_t deadline)
{
	return ward__telling_wait(&poller->telling, tokens, n, deadline);
}

void ward__poller_alarm(struct ward__poller *poller, int64_t when)
{
	ward__telling_alarm(&poller->telling, when);
}

int ward__poller_event(struct ward__poller *poller, HANDLE *ret)
{
	return ward__telling_event(&poller->telling, ret);
}

int ward__poller_post(struct ward__poller *poller, const struct ward__packet *packet)
{
	return ward__telling_post(&poller->telling, packet);
}

int ward__poller_fd(struct ward__poller *poller)
{
	(void)poller;
	return -ENOTSUP;
}

/* No copies of programs are made here. */
bool ward__poller_is_ours(const struct ward__poller *poller)
{
	(void)poller;
	return true;
}

/* ----------------------------------------------------------------------- its own life */

void ward__poller_lock(struct ward__poller *poller)
{
	AcquireSRWLockExclusive(&poller->lock);
}

void ward__poller_unlock(struct ward__poller *poller)
{
	ReleaseSRWLockExclusive(&poller->lock);
}

int ward__poller_new(struct ward__poller **ret)
{
	struct ward__poller *poller = ward__alloc(sizeof(*poller));

	if (!poller)
		return -ENOMEM;
	if (ward__watched_open(&poller->watched) < 0) {
		ward__free(poller);
		return -ENOMEM;
	}
	InitializeSRWLock(&poller->lock);
	ward__telling_open(&poller->telling);
	*ret = poller;
	return 0;
}

/* With what is still watched by it. */
void ward__poller_free(struct ward__poller *poller)
{
	if (!poller)
		return;
	for (size_t i = 0; i < poller->watched.n_slots; i++) {
		struct ward__watched *it = poller->watched.slots[i], *next;

		for (; it; it = next) {
			next = it->next;
			free_watched(it);
		}
	}
	ward__watched_close(&poller->watched);
	ward__telling_close(&poller->telling);
	ward__free(poller);
}
