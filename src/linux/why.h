/* SPDX-License-Identifier: MIT */
/* Why something cannot be had, in words for people. */
#ifndef WARD_LINUX_WHY_H
#define WARD_LINUX_WHY_H

enum { WARD__WHY_MAX = 256 };
struct ward__why {
	char text[WARD__WHY_MAX];     /* empty: nothing is known beyond the code */
};

/* Write it down, cut where it is too long, and return @code. */
__attribute__((format(printf, 3, 4))) int ward__why(struct ward__why *why, int code,
                                                    const char *format, ...);

#endif
