/* SPDX-License-Identifier: MIT */
/* The command line of a benchmark, as a table that says where each value goes. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct option_spec {
	const char *name;
	/* One of these: where its value goes, or who acts on it. */
	bool *flag;
	const char **text;
	double *number;
	uint32_t *count;
	int *cpu;                     /* -1 for "none" */
	FILE **file;                  /* made anew */
	void (*act)(void);            /* instead of all else; the program ends with 0 */
	double low, high;             /* of a number or count */
	bool required;                /* a text */
};

/*
 * What @argv has of @options, whose last has no name, and of --help; optind is the first
 * that is none of them. What makes no sense, or is missing, ends the program with @usage.
 */
void options_parse(const struct option_spec *options, const char *usage, int argc,
                   char *argv[]);

/* Is this part named on the command line, or none at all? */
bool options_want(int argc, char *argv[], const char *part);

_Noreturn void die_usage(const char *usage, const char *what, const char *value);

#endif
