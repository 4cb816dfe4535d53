/* SPDX-License-Identifier: MIT */
/*
 * Command lines of Windows, on every system: the code is a plain function, and what reads
 * its result is a model of its own (command_line_model.h).
 */
#include "../src/windows/command_line.c" /* NOLINT(bugprone-suspicious-include) */

#include <errno.h>
#include <stdlib.h>

#include "check.h"
#include "command_line_model.h"

enum { LONGEST = 6, LETTERS = 5 };

#define SCRIPT "C:\\some where\\100%sure&done.bat"
#define SHELL "C:\\Windows\\System32\\cmd.exe"

static struct model_args parsed;
static struct model_text expanded;

static char *line_of(const char *const argv[])
{
	static char line[MODEL_BYTES];
	size_t n = 0, m = 0;

	REQUIRE_EQ(ward__command_line(NULL, argv, &n), 0);
	REQUIRE(n < sizeof(line));
	memset(line, 'x', n + 2);
	REQUIRE_EQ(ward__command_line(line, argv, &m), 0);
	REQUIRE_EQ(m, n);
	REQUIRE_EQ(strlen(line), n);
	return line;
}

static bool same_args(const struct model_args *a, const char *const argv[])
{
	size_t n = 0;

	for (; argv[n]; n++)
		if (n >= a->n || strcmp(a->at[n], argv[n]) != 0)
			return false;
	return n == a->n;
}

/* By either rule. Quiet, for there are many; a failure says the line. */
static bool comes_back(const char *const argv[])
{
	const char *line = line_of(argv);

	for (int rule = 0; rule < 2; rule++) {
		model_parse(&parsed, line, true, rule == 1);
		if (!same_args(&parsed, argv)) {
			check_note("<%s>", line);
			return false;
		}
	}
	return true;
}

/* 0: as it is; -EINVAL: refused; else it would come out as something else. */
static int through_cmd(const char *const argv[])
{
	static char line[MODEL_BYTES];
	const char *rest;
	size_t n;

	if (ward__command_line_batch(NULL, SHELL, SCRIPT, argv, &n) < 0)
		return -EINVAL;
	REQUIRE(n < sizeof(line));
	REQUIRE_EQ(ward__command_line_batch(line, "C:\\a b\\cmd.exe", SCRIPT, argv, &n),
	           0);
	REQUIRE_EQ(strlen(line), n);
	rest = model_batch(&expanded, line, SCRIPT);
	if (rest)
		model_parse(&parsed, rest, false, false);
	if (rest && same_args(&parsed, argv + 1))
		return 0;
	check_note("<%s>", line);
	return 1;
}

/* The @number-th string over an alphabet; false when there are no more. */
static bool make_string(char *to, const char alphabet[LETTERS], int number)
{
	int length = 0, power = 1;

	while (number >= power) {
		number -= power;
		power *= LETTERS;
		length++;
	}
	for (int i = 0; i < length; i++, number /= LETTERS)
		to[i] = alphabet[number % LETTERS];
	to[length] = '\0';
	return length <= LONGEST;
}

/* ------------------------------------------------------------- for the C runtime */

TEST(a_line_is_quoted_only_where_it_has_to_be)
{
	const char *const argv[] = { "prog", "plain", "--name=value", "C:\\dir\\x.txt",
		                     NULL };

	CHECK_STR(line_of(argv), "prog plain --name=value C:\\dir\\x.txt");
}

TEST(hard_arguments_are_written_as_the_manual_says)
{
	static const struct {
		const char *argument, *line;
	} cases[] = {
		{ "", "p \"\"" },
		{ " ", "p \" \"" },
		{ "\t", "p \"\t\"" },
		{ "a b", "p \"a b\"" },
		{ "\"", "p \"\\\"\"" },
		{ "a\"b", "p \"a\\\"b\"" },
		{ "\\", "p \\" },
		{ "a b\\", "p \"a b\\\\\"" },
		{ "a b\\\\", "p \"a b\\\\\\\\\"" },
		{ "\\\"", "p \"\\\\\\\"\"" },
		{ "\\\\\"x", "p \"\\\\\\\\\\\"x\"" },
		{ "a\\b c", "p \"a\\b c\"" },
		{ "%VAR%", "p %VAR%" },
		{ "a^b", "p \"a^b\"" },
		{ "a&b", "p \"a&b\"" },
		{ "a\nb", "p \"a\nb\"" },
		{ "*", "p \"*\"" },
		{ "\xed\xa0\x80", "p \"\xed\xa0\x80\"" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const argv[] = { "p", cases[i].argument, NULL };

		CHECK_STR(line_of(argv), cases[i].line);
		CHECK(comes_back(argv));
	}
}

TEST(every_short_string_comes_back_as_an_argument)
{
	char text[LONGEST + 2];
	int n = 0;

	for (; make_string(text, "a \t\"\\", n); n++) {
		const char *const alone[] = { "p", text, NULL };
		const char *const among[] = { "p", "x", text, text, "y\\", NULL };

		if (!comes_back(alone) || !comes_back(among))
			break;
	}
	CHECK_EQ(n, 19531);
}

TEST(every_short_name_without_a_quote_comes_back)
{
	char text[LONGEST + 2];
	int n = 0, bad = 0;

	for (; make_string(text, "a \t%\\", n); n++) {
		const char *const argv[] = { text, "a b", NULL };

		bad += !comes_back(argv);
	}
	CHECK_EQ(n, 19531);
	CHECK_EQ(bad, 0);
}

TEST(every_short_line_means_the_same_when_it_is_written_anew)
{
	char text[LONGEST + 2], line[LONGEST + 4] = "p ";
	const char *argv[MODEL_ARGS + 1];
	struct model_args *before = malloc(sizeof(*before));
	int n = 0, bad = 0;

	REQUIRE(before != NULL);
	for (; make_string(text, "a \t\"\\", n); n++) {
		strcpy(line + 2, text);
		model_parse(before, line, true, n % 2);
		memcpy(argv, before->at, before->n * sizeof(*argv));
		argv[before->n] = NULL;
		bad += !comes_back(argv);
	}
	CHECK_EQ(n, 19531);
	CHECK_EQ(bad, 0);
	free(before);
}

TEST(a_name_with_a_quote_is_refused)
{
	const char *const argv[] = { "a\"b", NULL };
	size_t n = 77;

	CHECK_EQ(ward__command_line(NULL, argv, &n), -EINVAL);
	CHECK_EQ(n, 77);
}

/* ------------------------------------------------------------------- for cmd.exe */

TEST(a_batch_line_is_what_cmd_reads)
{
	const char *const argv[] = { "ignored", "plain",      "a b",   "",
		                     "50%",     "say \"hi\"", "dir\\", NULL };
	char line[256];
	size_t n;

	CHECK_EQ(ward__command_line_batch(line, SHELL, "C:\\x y\\z.bat", argv, &n), 0);
	CHECK_STR(line, SHELL " /e:ON /v:OFF /d /c \"\"C:\\x y\\z.bat\" plain \"a b\" "
	                "\"\" \"50%%cd:~,%\" \"say \"\"hi\"\"\" \"dir\\\\\"\"");
	CHECK_EQ(n, strlen(line));
}

/* CVE-2024-24576: what the reporters of it passed. */
TEST(known_attacks_on_batch_files_come_out_as_text)
{
	static const char *const attacks[] = {
		"\"&calc.exe",        "\" & calc & \"",    "a\"b\" | more",
		"%PATH%",             "%CMDCMDLINE:~-1%&calc.exe",
		"\"%CMDCMDLINE:~-1%\"", "%",               "%%",
		"%1",                 "%*",                "^&calc",
		"!PATH!",             "\\\"&calc",         "x\\\\\"&calc",
		"(calc)",             "a;b,c=d",           "test\\",
		"%%cd:~,%",           "%cd:~,%",           "\"%%\"",
	};

	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		const char *const argv[] = { "p", attacks[i], "next", NULL };

		CHECK_EQ(through_cmd(argv), 0);
	}
}

TEST(every_short_string_passes_through_cmd_or_is_refused)
{
	static const char *const alphabets[] = { "a \t\"\\", "a\"%&\\", "%c:~,",
		                                 "\"^!|%" };
	char text[LONGEST + 2];

	for (size_t i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++) {
		int n = 0, refused = 0, bad = 0;

		for (; make_string(text, alphabets[i], n); n++) {
			const char *const argv[] = { "p", text, text, NULL };
			int r = through_cmd(argv);

			refused += r < 0;
			bad += r > 0;
		}
		CHECK_EQ(n, 19531);
		CHECK_EQ(refused, 0);
		CHECK_EQ(bad, 0);
	}
}

TEST(what_cmd_cannot_be_told_is_refused)
{
	static const char *const bad[] = { "a\nb", "a\rb", "\x1a", "\x01" };
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const argv[] = { "p", bad[i], NULL };

		CHECK_EQ(through_cmd(argv), -EINVAL);
	}
	CHECK_EQ(ward__command_line_batch(NULL, SHELL, "a\"b.bat",
	                                  (const char *const[]){ "p", NULL }, &n),
	         -EINVAL);
	CHECK_EQ(ward__command_line_batch(NULL, SHELL, "dir\\",
	                                  (const char *const[]){ "p", NULL }, &n),
	         -EINVAL);
}
