/* SPDX-License-Identifier: MIT */
/* All descriptors of a child: what it inherits, and how it learns of their numbers. */
#ifndef WARD_WINDOWS_HANDLES_H
#define WARD_WINDOWS_HANDLES_H

#include "../platform.h"
#include "descriptor.h"
#include "system.h"

struct ward__handles {
	struct ward__slot *slots;     /* by number, each once */
	size_t n_slots;
	HANDLE standard[3];           /* lent by slots */
	bool own_console;             /* its standard handles are its own console's */
	HANDLE *list;                 /* what the child inherits; lent by slots */
	size_t n_list;
	BYTE *block;                  /* for its C runtime, the descriptors from 3 on */
	WORD block_size;
};

/* Which console the child has. */
struct ward__console {
	uint32_t kind;                /* WARD_CONSOLE_* */
	bool is_terminal;             /* ... and it is a pseudo console */
};

/*
 * Open everything that the child gets. On failure @error is filled, and nothing is left
 * open. Zeroed @handles may be closed, too.
 */
int ward__handles_open(struct ward__handles *handles, const struct ward_spawn_opts *opts,
                       struct ward__console console, struct ward_error *error);
void ward__handles_close(struct ward__handles *handles);

#endif
