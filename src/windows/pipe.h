/* SPDX-License-Identifier: MIT */
/* Pipes whose one end is ours and can be waited for. */
#ifndef WARD_WINDOWS_PIPE_H
#define WARD_WINDOWS_PIPE_H

#include "../platform.h"
#include "system.h"

enum { WARD__PIPE_SIZE = 65536 };

/*
 * Both ends, neither inheritable: ours for overlapped calls, theirs for plain ones.
 * @wants is what we do with ours: WARD__READ, WARD__WRITE or both.
 */
struct ward__pipe {
	HANDLE ours, theirs;
};
int ward__pipe_make(struct ward__pipe *ret, unsigned wants);

/* Digits that nobody can guess, NUL-ended. */
enum { WARD__UNGUESSABLE = 33 };
int ward__unguessable(wchar_t to[WARD__UNGUESSABLE]);

/* As the source of a descriptor. */
struct ward_stdio ward__side_of(HANDLE handle);

#endif
