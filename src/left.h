/* SPDX-License-Identifier: MIT */
/*
 * Lists of what was given up before it could go: a child that has not ended yet has to be
 * collected by somebody, and there is no thread and no SIGCHLD for that; so it waits
 * until somebody comes by who starts or closes another.
 */
#ifndef WARD_LEFT_H
#define WARD_LEFT_H

#include <stdatomic.h>
#include <stdbool.h>

/* The first member of what can be in a list. */
struct ward__left {
	struct ward__left *next;
};

typedef _Atomic(struct ward__left *) ward__left_list;

void ward__left_add(ward__left_list *list, struct ward__left *one);

/*
 * @try each of them once: true, it is gone, else it stays. Two threads never try the same
 * one. The common case, an empty list, costs one load.
 */
void ward__left_try(ward__left_list *list, bool (*try)(struct ward__left *one));

#endif
