/* SPDX-License-Identifier: MIT */
/* What the command says on standard error: one line for each thing that went wrong. */
#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *verb;

void tool_set_name(const char *name)
{
	verb = name;
}

const char *tool_name(void)
{
	return verb;
}

void tool_say_begin(void)
{
	if (verb)
		fprintf(stderr, "ward %s: ", verb);
	else
		fputs("ward: ", stderr);
}

int tool_say_end(void)
{
	fputc('\n', stderr);
	fflush(stderr);
	return STATUS_FAILED;
}

int tool_finish(int status)
{
	/* A full disk or a closed descriptor shows here, not at the printf before. */
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	return tool_fail("cannot write to standard output: %s", strerror(errno));
}

void *tool_alloc(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size);

	if (!memory)
		exit(tool_fail("out of memory"));
	return memory;
}
