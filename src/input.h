/* SPDX-License-Identifier: MIT */
/* The input of a run: bytes of the caller's, or of a descriptor of the caller's. */
#ifndef WARD_INPUT_H
#define WARD_INPUT_H

#include "stream.h"

struct ward__input {
	struct ward__tap tap;         /* lent: a terminal; none when all is done */
	const char *data;             /* to be written from `at` on */
	size_t size, at;
	int fd;                       /* where more comes from; -1: nowhere */
	char *block;                  /* ... and goes */
	bool ended;                   /* nothing more comes, and that is to be said */
	uint64_t written;
	bool left;                    /* not all could be written */
};

/* Write what can be written now, read what can be read; then sleep for its event. */
int ward__input_pump(struct ward__input *input);
struct ward__event ward__input_event(const struct ward__input *input);

/* Nobody is to read it any more. */
void ward__input_close(struct ward__input *input);
void ward__input_free(struct ward__input *input);

#endif
