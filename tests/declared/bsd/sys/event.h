/* SPDX-License-Identifier: MIT */
/*
 * Kqueue(2). Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_EVENT_H
#define DECLARED_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned fflags;
	int64_t data;
	void *udata;
};

#define EVFILT_READ (-1)
#define EVFILT_WRITE (-2)
#define EVFILT_PROC (-5)
#define EVFILT_TIMER (-7)
#define EVFILT_PROCDESC (-8)
#define EV_ADD 0x0001
#define EV_DELETE 0x0002
#define EV_ONESHOT 0x0010
#define NOTE_EXIT 0x80000000u

int kqueue(void);
int kevent(int queue, const struct kevent *changes, int n_changes, struct kevent *events,
           int n_events, const struct timespec *timeout);

#endif
