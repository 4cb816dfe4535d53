/* SPDX-License-Identifier: MIT */
/* What a poller watches, found by its token. */
#ifndef WARD_WINDOWS_WATCHED_H
#define WARD_WINDOWS_WATCHED_H

#include "telling.h"

struct ward__watched {
	struct ward__told told;
	struct ward__telling *by;     /* of its poller */
	TP_WAIT *wait;
	struct ward__watched *next;   /* of the same slot */
};

/* As many slots as are watched, or more: what is looked for is found at once. */
struct ward__watched_table {
	struct ward__watched **slots;
	size_t n_slots;               /* a power of two */
	size_t n;
};

int ward__watched_open(struct ward__watched_table *table);
/* Not those that are in it. */
void ward__watched_close(struct ward__watched_table *table);

/* NULL: there is none. Take: out of the table. */
struct ward__watched *ward__watched_find(const struct ward__watched_table *table,
                                         uint64_t token);
struct ward__watched *ward__watched_take(struct ward__watched_table *table,
                                         uint64_t token);

/* One with a token that is not in it. Cannot fail. */
void ward__watched_put(struct ward__watched_table *table, struct ward__watched *it);

#endif
