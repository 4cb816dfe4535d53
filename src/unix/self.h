/* SPDX-License-Identifier: MIT */
/* Our own number, where it can be known without asking the system for it each time. */
#ifndef WARD_UNIX_SELF_H
#define WARD_UNIX_SELF_H

#include <sys/types.h>

/* As getpid, also in a program that any kind of fork has copied. */
pid_t ward__self(void);

#endif
