/* SPDX-License-Identifier: MIT */
/* The jobs that a process is born in. */
#ifndef WARD_WINDOWS_BIRTH_H
#define WARD_WINDOWS_BIRTH_H

#include "../platform.h"
#include "system.h"

struct ward__birth {
	HANDLE jobs[2];               /* lent, or the guard */
	size_t n;
	HANDLE guard;                 /* ours, until a process has it; NULL: none */
};

/* @theirs: the job that the caller has a HANDLE of; NULL: none. */
int ward__birth_prepare(struct ward__birth *birth, const struct ward__start *start,
                        HANDLE theirs, struct ward_error *error);
void ward__birth_clean(struct ward__birth *birth);

#endif
