/* SPDX-License-Identifier: MIT */
/*
 * A child that may not enter its job's group by itself asks to be let in: the thread that
 * starts it sleeps until it has exec'ed, so another one has to hear that.
 */
#ifndef WARD_LINUX_USHER_H
#define WARD_LINUX_USHER_H

#include <pthread.h>
#include <stdbool.h>

#include "../unix/plan.h"
#include "cgroup.h"

struct ward__usher {
	const struct ward__cgroup *group; /* NULL: whoever starts enters alone */
	bool is_there;
	pthread_t thread;
	int socket;
};

/* Before the child: @plan tells that how to ask. 0, -EMFILE, -EAGAIN, ... */
int ward__usher_start(struct ward__usher *usher, struct ward__plan *plan);

/*
 * After it, and before its number can become another's: nobody is being moved any more.
 */
void ward__usher_end(struct ward__usher *usher, struct ward__plan *plan);

#endif
