/* SPDX-License-Identifier: MIT */
/* Our own number, without asking the system for it each time. */
#ifndef WARD_LINUX_SELF_H
#define WARD_LINUX_SELF_H

#include <sys/types.h>

/* As getpid, also in a program that any kind of fork has copied. */
pid_t ward__self(void);

#endif
