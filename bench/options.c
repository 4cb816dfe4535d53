/* SPDX-License-Identifier: MIT */
/*
 * A table of options made into getopt_long's: one by one they get numbers in the order in
 * which they stand in it.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum { OPTIONS_MAX = 32, HELP = 256, FIRST };

_Noreturn void die_usage(const char *usage, const char *what, const char *value)
{
	fprintf(stderr, "%s: %s '%s'\n%s", program_invocation_short_name, what, value,
	        usage);
	exit(125);
}

static double number_of(const char *usage, const char *text, double low, double high)
{
	char *end;
	double r;

	r = strtod(text, &end);
	if (end == text || *end || !(r >= low && r <= high))
		die_usage(usage, "not a number that makes sense here:", text);
	return r;
}

static int cpu_of(const char *usage, const char *text)
{
	if (strcmp(text, "none") == 0 || strcmp(text, "-1") == 0)
		return -1;
	return (int)number_of(usage, text, 0, CPU_SETSIZE - 1);
}

static FILE *create_file(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		die(path);
	return f;
}

static void set_option(const struct option_spec *option, const char *usage,
                       const char *value)
{
	if (option->flag)
		*option->flag = true;
	if (option->text)
		*option->text = value;
	if (option->number)
		*option->number = number_of(usage, value, option->low, option->high);
	if (option->count)
		*option->count = (uint32_t)number_of(usage, value, option->low,
		                                     option->high);
	if (option->cpu)
		*option->cpu = cpu_of(usage, value);
	if (option->file)
		*option->file = create_file(value);
	if (option->act) {
		option->act();
		exit(0);
	}
}

static void describe(struct option *ret, const struct option_spec *options)
{
	int n = 0;

	for (; options[n].name; n++) {
		bool alone = options[n].flag || options[n].act;

		if (n == OPTIONS_MAX)
			abort();
		ret[n] = (struct option){ options[n].name,
			                  alone ? no_argument : required_argument, NULL,
			                  FIRST + n };
	}
	ret[n] = (struct option){ "help", no_argument, NULL, HELP };
}

static void require(const struct option_spec *option, const char *usage)
{
	char words[64];

	if (!option->required || *option->text)
		return;
	snprintf(words, sizeof(words), "--%s", option->name);
	die_usage(usage, "missing option", words);
}

void options_parse(const struct option_spec *options, const char *usage, int argc,
                   char *argv[])
{
	struct option described[OPTIONS_MAX + 2] = { 0 };
	int found;

	describe(described, options);
	while ((found = getopt_long(argc, argv, "", described, NULL)) >= 0) {
		if (found == HELP) {
			fputs(usage, stdout);
			exit(0);
		}
		if (found < HELP) {
			fputs(usage, stderr);
			exit(125);
		}
		set_option(&options[found - FIRST], usage, optarg);
	}
	for (; options->name; options++)
		require(options, usage);
}

bool options_want(int argc, char *argv[], const char *part)
{
	for (int i = optind; i < argc; i++)
		if (strcmp(argv[i], part) == 0)
			return true;
	return optind == argc;
}
