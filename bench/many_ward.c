/* SPDX-License-Identifier: MIT */
/*
 * ward: ward_spawn and ward_set_add, ward_set_wait, ward_close; and, for programs one
 * after the other, ward_set_spawn with a limit. The same source is compiled against the
 * library for the posix system, and takes part under that name.
 */
#include "many.h"

#include <errno.h>

#include "ward.h"

static int open_ward(struct hold *h)
{
	struct ward_set *set;
	int r;

	r = ward_set_new(&set, NULL);
	h->own = set;
	return r;
}

static int start(struct hold *h, uint32_t slot)
{
	struct ward_spawn_opts opts = { .size = sizeof(opts) };
	struct words words = { 0 };
	struct ward *w;
	int r;

	words_of(&words, slot);
	opts.in.kind = WARD_FD_GIVEN;
	opts.in.fd = h->memory;
	r = ward_spawn(&w, words.argv, &opts);
	if (r < 0)
		return r;
	r = ward_set_add(h->own, w, NULL, NULL);
	if (r < 0)
		ward_close(w);
	return r;
}

static int wait_ward(struct hold *h)
{
	struct ward_event event = WARD_EVENT_INIT;
	int r;

	r = ward_set_wait(h->own, WARD_FOREVER, &event);
	if (r <= 0)
		return r;
	hold_told(h);
	ward_close(event.ward);
	return event.what == WARD_EVENT_ENDED && event.exit.code == 0 ? 0 : -EPROTO;
}

/* --------------------------------------------------------------------------- stints */

/* Some wait for their turn, so that one can follow at once when another has ended. */
enum { QUEUED = 8 };

static int submit(struct stint *stint, struct ward_set *set)
{
	const char *const argv[] = { tiny_program, NULL };

	stint->all++;
	return ward_set_spawn(set, argv, NULL, NULL, NULL);
}

static int go_on(struct stint *stint, struct ward_set *set)
{
	struct ward_event event = WARD_EVENT_INIT;
	int r;

	r = ward_set_wait(set, WARD_FOREVER, &event);
	if (r <= 0 || event.what == WARD_EVENT_STARTED)
		return r < 0 ? r : 0;
	if (event.what != WARD_EVENT_ENDED || event.exit.code != 0)
		return -EPROTO;
	ward_close(event.ward);
	if (now_ns() >= stint->until_ns)
		return 0;
	stint->ended++;
	return submit(stint, set);
}

static int stint_ward(struct stint *stint)
{
	struct ward_set *set;
	int i, r;

	r = ward_set_new(&set, WARD_SET_OPTS(.max_alive = ALIVE_AT_ONCE));
	if (r < 0)
		return r;
	for (i = 0; i < ALIVE_AT_ONCE + QUEUED && r == 0; i++)
		r = submit(stint, set);
	while (r == 0 && ward_set_count(set) > 0)
		r = go_on(stint, set);
	ward_set_close(set);
	return r;
}

const struct watcher ward_watcher = {
	.name = "ward_set",
	.spreads = true,
	.takes_fds = true,
	.open = open_ward,
	.start = start,
	.wait = wait_ward,
	.stint = stint_ward,
};

const struct watcher posix_watcher = {
	.name = "ward_set, posix system",
	.spreads = true,
	.takes_fds = true,
	.open = open_ward,
	.start = start,
	.wait = wait_ward,
	.stint = stint_ward,
};
