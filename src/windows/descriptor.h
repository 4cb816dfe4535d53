/* SPDX-License-Identifier: MIT */
/* One source of a descriptor, as a HANDLE that this start alone passes on. */
#ifndef WARD_WINDOWS_DESCRIPTOR_H
#define WARD_WINDOWS_DESCRIPTOR_H

#include "../platform.h"
#include "system.h"

/* One descriptor of the child. */
struct ward__slot {
	int number;                   /* in the child */
	const struct ward_stdio *from;
	HANDLE handle;                /* inheritable, and ours to close; NULL: closed */
	bool append;                  /* for the C runtime of the child */
};

/*
 * The side of a terminal that is the child's: no handle, for a program gets those of its
 * console when it is attached to it. No HANDLE has this value.
 */
struct ward_stdio ward__terminal_side(void);
bool ward__is_terminal(const struct ward_stdio *from);

/*
 * Make slot->handle from slot->from, for any kind but CHILD; what is closed stays NULL.
 * A negative errno, and @error is filled.
 */
int ward__slot_open(struct ward__slot *slot, struct ward_error *error);

/*
 * Is what the caller gave a handle at all? Asked of all before the first is opened, or a
 * number that was closed long ago could be one of ours by then.
 */
int ward__slot_check(const struct ward__slot *slot, struct ward_error *error);

/* A duplicate of @handle that can be inherited. GetLastError tells why it failed. */
int ward__handle_duplicate(HANDLE *ret, HANDLE handle);

/* The HANDLE behind a descriptor of our C runtime, or NULL. */
HANDLE ward__descriptor_handle(int fd);

/* What a descriptor that is inherited comes from: the caller's, or NULL. */
HANDLE ward__inherited_handle(int number);

#endif
