/* SPDX-License-Identifier: MIT */
/*
 * The output of a command on its way through ward: what `ward run` and `ward pipe` do
 * with each line, and where they write it.
 */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include "tool.h"

/* A descriptor of ours that output is written to. Several streams may share one. */
struct output_target {
	int fd;
	const char *name;             /* "standard output", or that of a file */
	int own;                      /* the same for us alone, non-blocking; -1: none */
	bool never_blocks;
	int error;                    /* why it takes no more; 0 */
	/*
	 * Wait until it takes bytes, and do meanwhile what else there is to do. false: it
	 * takes none, and there is no more time to wait.
	 */
	bool (*wait)(void *context, int fd);
	void *context;
};

/* One stream: it begins as { 0 } with what is named first set. */
struct output {
	struct output_target *to;
	const char *prefix;           /* of each line; NULL */
	bool timestamps;              /* when it began, before each line */
	uint64_t limit;               /* bytes that are passed on; 0: all */

	uint64_t total, lost;         /* bytes that came, and of these were not written */
	struct tool_text text;        /* to be written yet */
	size_t whole;                 /* the bytes of it that end a line */
	bool open;                    /* the last line goes on */
	size_t head;                  /* bytes before a line */
	bool begun;                   /* of the first line in it, some is written */
};

/* Take @fd up for output; and give up what that took, but not @fd. */
void output_target_open(struct output_target *to, int fd, const char *name);
void output_target_close(struct output_target *to);

/* Write what is taken: how many bytes. @lines: each line whole. */
size_t output_write(struct output_target *to, const char *data, size_t size, bool lines);

/*
 * Pass @data on, as far as the limit. 0; -EPIPE, nobody is left to write it to, which has
 * been said.
 */
int output_put(struct output *o, const char *data, size_t size);

/* The same without counting: what was counted elsewhere. */
void output_show(struct output *o, const char *data, size_t size);

/* No more comes: write what is left, the last line too. */
void output_finish(struct output *o);

#endif
