/* SPDX-License-Identifier: MIT */
/* Steps of stopping. */
#ifndef WARD_STOP_H
#define WARD_STOP_H

#include "handle.h"

/* 0, or -EINVAL: signals and flags that make no sense. */
int ward__stop_check(const struct ward_stop_step steps[], size_t n);

/* Does one of them have it? */
bool ward__stop_has(const struct ward_stop_step steps[], size_t n, uint32_t flag);

/* Do one, without waiting. 0 also when it has ended; -ENOTSUP: nothing was sent. */
int ward__stop_send(struct ward *w, const struct ward_stop_step *step);

/* What is done when nothing else is asked for: TERM (and CONT), KILL. */
enum { WARD__GENTLE_STEPS = 2 };
void ward__stop_gentle(struct ward_stop_step ret[WARD__GENTLE_STEPS]);

#endif
