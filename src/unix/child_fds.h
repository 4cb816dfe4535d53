/* SPDX-License-Identifier: MIT */
/*
 * The steps of a child that concern its descriptors, in the order in which they are
 * taken.
 */
#ifndef WARD_UNIX_CHILD_FDS_H
#define WARD_UNIX_CHILD_FDS_H

#include "plan.h"

/* Each: 0, or a negative errno after it has put number and path into the report. */
int ward__fds_leave(struct ward__plan *plan, struct ward__report *report);
int ward__fds_program(struct ward__plan *plan, struct ward__report *report);
int ward__fds_open(struct ward__plan *plan, struct ward__report *report);
int ward__fds_place(struct ward__plan *plan, struct ward__report *report);
int ward__fds_seal(struct ward__plan *plan, struct ward__report *report);

/* Put a descriptor of the start's own (an error pipe) where it is spared until exec. */
int ward__fds_lift(struct ward__plan *plan, int fd);

#endif
