/* SPDX-License-Identifier: MIT */
/*
 * Sleeping for many with nothing but poll(2): every sleep looks at all of them (look.c),
 * so that its cost grows with their number. What is armed is in one array; what was told
 * of has left it.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "poller.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../memory.h"
#include "../unix/sleep.h"

bool ward__poller_is_ours(const struct ward__poller *poller)
{
	return poller->owner == getpid();
}

void ward__poller_lock(struct ward__poller *poller)
{
	pthread_mutex_lock(&poller->lock);
}

void ward__poller_unlock(struct ward__poller *poller)
{
	pthread_mutex_unlock(&poller->lock);
}

int ward__poller_new(struct ward__poller **ret)
{
	struct ward__poller *poller = ward__alloc(sizeof(*poller));
	int r;

	if (!poller)
		return -ENOMEM;
	r = ward__signal_pipe(poller->bell);
	if (r < 0) {
		ward__free(poller);
		return r;
	}
	poller->lamp[0] = poller->lamp[1] = -1;
	poller->owner = getpid();
	poller->alarm = -1;
	pthread_mutex_init(&poller->lock, NULL);
	pthread_cond_init(&poller->silence, NULL);
	pthread_cond_init(&poller->move, NULL);
	*ret = poller;
	return 0;
}

/* In a forked copy there is no watchman, and the locks may be anybody's. */
void ward__poller_free(struct ward__poller *poller)
{
	if (!poller)
		return;
	if (ward__poller_is_ours(poller)) {
		ward__watchman_dismiss(poller);
		pthread_cond_destroy(&poller->move);
		pthread_cond_destroy(&poller->silence);
		pthread_mutex_destroy(&poller->lock);
	}
	ward__signal_pipe_close(poller->bell);
	ward__signal_pipe_close(poller->lamp);
	ward__free(poller->spare.fds);
	ward__free(poller->spare.tokens);
	ward__free(poller->entries);
	ward__free(poller);
}

/* ------------------------------------------------------------------- what is armed */

size_t ward__entry_find(const struct ward__poller *poller, uint64_t token, size_t near)
{
	if (near < poller->n && poller->entries[near].token == token)
		return near;
	for (size_t i = 0; i < poller->n; i++)
		if (poller->entries[i].token == token)
			return i;
	return poller->n;
}

static int make_room(struct ward__poller *poller)
{
	size_t room = poller->room ? 2 * poller->room : 16;
	struct ward__entry *entries;

	if (poller->n < poller->room)
		return 0;
	entries = ward__alloc(room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	if (poller->n > 0)
		memcpy(entries, poller->entries, poller->n * sizeof(*entries));
	ward__free(poller->entries);
	poller->entries = entries;
	poller->room = room;
	return 0;
}

static int put(struct ward__poller *poller, size_t place, const struct ward__event *event,
               uint64_t token, int64_t *until)
{
	struct pollfd one;
	int r;

	if (!ward__poller_is_ours(poller))
		return -ECHILD;
	r = ward__event_await(event, &one, until);
	if (r != 0 || one.fd < 0)
		return r;
	r = place == poller->n ? make_room(poller) : 0;
	if (r < 0)
		return r;
	if (place == poller->n)
		poller->n++;
	poller->entries[place] = (struct ward__entry){ token, one.fd, one.events };
	ward__poller_rouse(poller);
	return 0;
}

int ward__poller_add(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	return put(poller, poller->n, event, token, until);
}

int ward__poller_arm(struct ward__poller *poller, const struct ward__event *event,
                     uint64_t token, int64_t *until)
{
	size_t place = ward__entry_find(poller, token, poller->n);

	return put(poller, place, event, token, until);
}

void ward__poller_remove(struct ward__poller *poller, const struct ward__event *event,
                         uint64_t token, bool armed)
{
	size_t place = poller->n;

	(void)event;
	if (armed && ward__poller_is_ours(poller))
		place = ward__entry_find(poller, token, place);
	if (place == poller->n)
		return;
	poller->entries[place] = poller->entries[--poller->n];
	ward__poller_rouse(poller);
}

void ward__poller_alarm(struct ward__poller *poller, int64_t when)
{
	if (!ward__poller_is_ours(poller))
		return;
	poller->alarm = when;
	ward__poller_rouse(poller);
	ward__lamp_relight(poller);
}

/* ---------------------------------------------------------------------------- sleep */

/* Those that were told of have no descriptor. The others keep their order. */
static void take_out_told(struct ward__poller *poller)
{
	size_t kept = 0;

	for (size_t i = 0; i < poller->n; i++)
		if (poller->entries[i].fd >= 0)
			poller->entries[kept++] = poller->entries[i];
	poller->n = kept;
}

/*
 * What is told of goes, and what is armed anew comes to the end: those before it keep
 * nobody waiting. *@more: there are some for which there was no room.
 */
static int tell(struct ward__poller *poller, const struct ward__view *view,
                uint64_t *tokens, size_t n, bool *more)
{
	size_t told = 0, i = 0, place;

	while ((place = ward__view_next(poller, view, &i)) < poller->n) {
		struct ward__entry *entry = &poller->entries[place];

		*more = told == n;
		if (*more)
			break;
		tokens[told++] = entry->token;
		entry->fd = -1;
	}
	if (told > 0)
		take_out_told(poller);
	return (int)told;
}

/* One turn: as wait, but 0 may mean that it was for nothing. */
static int wait_once(struct ward__poller *poller, uint64_t *tokens, size_t n,
                     int64_t deadline)
{
	bool more = false;
	struct ward__view view;
	int r = ward__poller_look(poller, &view, deadline);

	if (r > 0)
		r = tell(poller, &view, tokens, n, &more);
	ward__view_give(poller, &view);
	if (r >= 0)
		ward__lamp_light(poller, more || ward__is_due(poller->alarm));
	return r;
}

int ward__poller_wait(struct ward__poller *poller, uint64_t *tokens, size_t n,
                      int64_t deadline)
{
	int r;

	if (!ward__poller_is_ours(poller))
		return -ECHILD;
	pthread_mutex_lock(&poller->lock);
	do
		r = wait_once(poller, tokens, n, deadline);
	while (r == 0 && !ward__is_due(poller->alarm) && !ward__is_due(deadline));
	pthread_mutex_unlock(&poller->lock);
	return r;
}
