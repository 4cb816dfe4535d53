/* SPDX-License-Identifier: MIT */
/*
 * Any list of arguments, as a line for the Microsoft C runtime and as one for cmd.exe:
 * it comes back as it was, or it was refused. The input is the list, each argument
 * ended by a NUL.
 */
#include "../src/windows/command_line.c" /* NOLINT(bugprone-suspicious-include) */

#include <stdint.h>
#include <stdlib.h>

#include "../tests/command_line_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_ARGS = 16, MOST_BYTES = 4096 };

static struct model_args parsed;
static struct model_text expanded;
static char line[MODEL_BYTES];

static void check(int holds)
{
	if (!holds)
		abort();
}

static void split(const char *argv[MOST_ARGS + 1], char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size && n < MOST_ARGS; i += strlen(text + i) + 1)
		argv[n++] = text + i;
	if (n == 0)
		argv[n++] = text + size;  /* the empty string */
	argv[n] = NULL;
}

static void check_same(const char *const argv[])
{
	size_t n = 0;

	for (; argv[n]; n++)
		check(n < parsed.n && !strcmp(parsed.at[n], argv[n]));
	check(n == parsed.n);
}

static void try_runtime(const char *const argv[])
{
	size_t n, m;

	if (ward__command_line(NULL, argv, &n) < 0) {
		check(strchr(argv[0], '"') != NULL);
		return;
	}
	check(n < sizeof(line) && ward__command_line(line, argv, &m) == 0 && m == n);
	check(strlen(line) == n);
	for (int rule = 0; rule < 2; rule++) {
		model_parse(&parsed, line, true, rule == 1);
		check_same(argv);
	}
}

static void try_cmd(const char *script, const char *const argv[])
{
	const char *rest;
	size_t n, m;

	if (ward__command_line_batch(NULL, "C:\\a b\\cmd.exe", script, argv, &n) < 0)
		return;
	check(n < sizeof(line));
	check(ward__command_line_batch(line, "C:\\a b\\cmd.exe", script, argv, &m) == 0);
	check(m == n && strlen(line) == n);
	rest = model_batch(&expanded, line, script);
	check(rest != NULL);
	model_parse(&parsed, rest, false, false);
	check_same(argv + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *argv[MOST_ARGS + 1];
	char *text = size <= MOST_BYTES ? malloc(size + 1) : NULL;

	if (!text)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	split(argv, text, size);
	try_runtime(argv);
	try_cmd("C:\\x y\\z%PATH%.bat", argv);
	try_cmd(argv[0], argv);
	free(text);
	return 0;
}
