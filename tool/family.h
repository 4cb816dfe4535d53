/* SPDX-License-Identifier: MIT */
/* A process with all that descends from it, found by walking, each held. */
#ifndef TOOL_FAMILY_H
#define TOOL_FAMILY_H

#include "process.h"

struct family_member {
	struct ward *ward;
	int64_t pid;
	char id[WARD_ID_TEXT_MAX];
	bool ours;                    /* to close */
	bool seen;                    /* by the last look */
	bool stopped;                 /* was sent STOP since it was last let run */
	bool over;                    /* has ended */
};

/* Begins as { 0 }; the first one is the root. What has ended stays in it. */
struct family {
	struct family_member *all;
	size_t n, room;
};

/* Begin with @root, which stays the caller's: 0, or -ENOMEM. */
int family_begin(struct family *f, struct ward *root);
void family_free(struct family *f);

/*
 * Look who is there: below the root, and below whoever was found before and has another
 * parent now. How many are new, or as ward_descendants. ward itself is never in it.
 */
int64_t family_look(struct family *f);

/* The entry of the process with this number, or NULL. */
struct family_member *family_find(const struct family *f, int64_t pid);

#endif
