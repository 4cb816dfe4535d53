/* SPDX-License-Identifier: MIT */
/* A thread of the library's own, on which none of the program's signal handlers runs. */
#ifndef WARD_UNIX_THREAD_H
#define WARD_UNIX_THREAD_H

#include <pthread.h>

/* As pthread_create(3), with all signals blocked: 0 or a negative errno. */
int ward__thread_make(pthread_t *ret, const pthread_attr_t *attr, void *(*fn)(void *),
                      void *arg);

#endif
