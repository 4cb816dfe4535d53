/* SPDX-License-Identifier: MIT */
/* Threads of our own: of the C runtime's making, since what runs in them uses it. */
#include <errno.h>
#include <process.h>

#include "../gate.h"
#include "../memory.h"
#include "../platform.h"
#include "system.h"

struct begin {
	void (*fn)(void *);
	void *arg;
};

static unsigned __stdcall run(void *of)
{
	struct begin begin = *(struct begin *)of;

	ward__free(of);
	begin.fn(begin.arg);
	return 0;
}

int ward__thread_start(void (*fn)(void *), void *arg)
{
	struct begin *begin = ward__alloc(sizeof(*begin));
	HANDLE thread = NULL;

	if (!begin)
		return -ENOMEM;
	*begin = (struct begin){ fn, arg };
	if (ward__gate("_beginthreadex") == 0)
		thread = (HANDLE)_beginthreadex(NULL, 0, run, begin, 0, NULL);
	if (!thread) {
		ward__free(begin);
		return -EAGAIN;
	}
	CloseHandle(thread);
	return 0;
}
