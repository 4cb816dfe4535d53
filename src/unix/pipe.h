/* SPDX-License-Identifier: MIT */
/* A pipe whose ends no child of another thread inherits. */
#ifndef WARD_UNIX_PIPE_H
#define WARD_UNIX_PIPE_H

/* [0] to read, [1] to write, both CLOEXEC from birth. 0 or a negative errno. */
int ward__pipe(int ends[2]);

#endif
