/* SPDX-License-Identifier: MIT */
/*
 * The clock, the command line and the order of a round.
 */
#include "common.h"

#include <errno.h>
#include <sched.h>
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

_Noreturn void die_usage(const char *usage, const char *what, const char *value)
{
	fprintf(stderr, "%s: %s '%s'\n%s", program_invocation_short_name, what, value,
	        usage);
	exit(125);
}

double parse_number(const char *usage, const char *text, double low, double high)
{
	char *end;
	double r;

	r = strtod(text, &end);
	if (end == text || *end || !(r >= low && r <= high))
		die_usage(usage, "not a number that makes sense here:", text);
	return r;
}

int parse_cpu(const char *usage, const char *text)
{
	if (strcmp(text, "none") == 0 || strcmp(text, "-1") == 0)
		return -1;
	return (int)parse_number(usage, text, 0, CPU_SETSIZE - 1);
}

FILE *create_file(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		die(path);
	return f;
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
