/* SPDX-License-Identifier: MIT */
/*
 * The clock, the order of a round, and how far it is.
 */
#include "common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

_Noreturn void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
	        strerror(errno));
	exit(1);
}

void shuffle(int order[], int n)
{
	static uint32_t state = 1;
	int i, j, swap;

	for (i = n - 1; i > 0; i--) {
		state = state * 1664525u + 1013904223u;
		j = (int)((state >> 8) % (uint32_t)(i + 1));
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
}

void progress(const char *name, int round, double elapsed, double seconds)
{
	if (!isatty(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	if (name)
		fprintf(stderr, "%s: round %d, %.0f of %.0f s", name, round, elapsed,
		        seconds);
}

void progress_text(const char *name, const char *what, unsigned n)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s: %s %u", name, what, n);
}
