/* SPDX-License-Identifier: MIT */
/*
 * Arguments and environment on Windows, as a real program gets them: what stands on the
 * one command line is read by the helper's own parser.
 */
#include "able.h"
#include "help.h"

enum { LINE_MOST = 32767 };                   /* characters, with the NUL */

static char out[1 << 17];

static void arrives(const char *arg, const char *expected)
{
	char text[512];

	output_of(CHILD("print-argv", arg, "|"), NULL, out, sizeof(out));
	snprintf(text, sizeof(text), "[%s]\n[|]\n", expected);
	CHECK_STR(out, text);
}

static void arrives_as_it_is(const char *arg)
{
	arrives(arg, arg);
}

/* All of it arrives, or nothing is started. */
TEST(arguments_arrive_whatever_is_in_them)
{
	static const char *const args[] = {
		"", " ", "\t", "a b", " a", "a ", "\"", "\"\"", "a\"b", "\"a b\"", "\\",
		"\\\\", "a\\", "a b\\", "a b\\\\", "\\\"", "\\\\\"", "a\\\\\\\"b c\\\\\\",
		"a\\b", "C:\\Program Files\\x\\", "%PATH%", "^", "&", "|", "<>", "a^b&c|d",
		"!x!", "'a'", "*", "?", "/x", "--", "\n", "a\nb c", "\x01\x1f", "(a)",
		"caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x98\x80 x",
	};

	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		arrives_as_it_is(args[i]);
}

TEST(a_lone_surrogate_arrives_as_one)
{
	arrives_as_it_is("\xed\xa0\x80");
	arrives_as_it_is("a\xed\xb0\x80z");
}

TEST(what_is_no_utf_8_is_refused)
{
	static const char *const bad[] = { "\xff", "a\x80", "\xc3", "\xc0\x80",
		                           "\xf8\x88\x80\x80\x80", "\xf4\x90\x80\x80" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		spawn_fails(CHILD("exit", bad[i]), NULL, -EILSEQ, WARD_STEP_OPTIONS);
		spawn_fails(CHILD("exit", "0"),
		            WARD_SPAWN_OPTS(.env_set = ARGV("A=B", bad[i])), -EINVAL,
		            WARD_STEP_OPTIONS);
	}
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.env = ARGV("A=\xff")), -EILSEQ,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = "\xff"), -EILSEQ,
	            WARD_STEP_OPTIONS);
}

/* A line of so many characters in all, with its NUL: program, a verb, and one long word. */
static int start_line_of(int length, char *word)
{
	struct ward *w = NULL;
	int n = length - (int)strlen("x count-argv ") - 1, r;

	memset(word, 'w', (size_t)n);
	word[n] = '\0';
	r = ward_spawn(&w, ARGV("x", "count-argv", word),
	               WARD_SPAWN_OPTS(.file = check_child(),
	                               .out = { .kind = WARD_FD_NULL }));
	if (r == 0)
		expect_exit(w, 0);
	return r;
}

TEST(the_longest_command_line_is_taken_and_one_more_refused)
{
	char *word = malloc(LINE_MOST + 16), expected[64];

	REQUIRE(word != NULL);
	CHECK_EQ(start_line_of(LINE_MOST, word), 0);
	CHECK_EQ(start_line_of(LINE_MOST + 1, word), -E2BIG);
	CHECK_EQ(start_line_of(LINE_MOST, word), 0);
	output_of(ARGV("x", "count-argv", word), WARD_SPAWN_OPTS(.file = check_child()), out,
	          sizeof(out));
	snprintf(expected, sizeof(expected), "1 %lu\n", (unsigned long)strlen(word));
	CHECK_STR(out, expected);
	free(word);
}

TEST(ten_thousand_short_arguments_arrive)
{
	static const char *argv[10003];

	argv[0] = check_child();
	argv[1] = "count-argv";
	for (int i = 2; i < 10002; i++)
		argv[i] = "a";
	output_of(argv, NULL, out, sizeof(out));
	CHECK_STR(out, "10000 10000\n");
}

/* ---------------------------------------------------------------------- environment */

TEST(names_of_variables_fold_case_and_the_last_one_counts)
{
	output_of(CHILD("print-env"),
	          WARD_SPAWN_OPTS(.env = ARGV("b=1", "A=2", "B=3", "a_=4", "AB=5")), out,
	          sizeof(out));
	CHECK(strstr(out, "A=2\nAB=5\na_=4\nB=3\n") == out);
	output_of(CHILD("print-env"),
	          WARD_SPAWN_OPTS(.env = ARGV("Path=1", "X=2"), .env_unset = ARGV("x"),
	                          .env_set = ARGV("PATH=3")),
	          out, sizeof(out));
	CHECK(strstr(out, "PATH=3\n") == out);
	CHECK(strstr(out, "Path=") == NULL);
	CHECK(strstr(out, "\nX=") == NULL);
}

TEST(an_environment_of_a_hundred_mebibytes_works_or_is_refused)
{
	size_t size = (size_t)100 << 20;
	char *huge = malloc(size);
	struct ward *w = NULL;
	int r;

	REQUIRE(huge != NULL);
	memset(huge, 'x', size);
	memcpy(huge, "A=", 2);
	huge[size - 1] = '\0';
	r = ward_spawn(&w, CHILD("exit", "5"), WARD_SPAWN_OPTS(.env = ARGV(huge)));
	CHECK(r == 0 || r == -E2BIG || r == -ENOMEM || r == -EINVAL);
	if (r == 0)
		expect_exit(w, 5);
	else
		check_note("refused: %s", ward_error_name(r));
	free(huge);
}

TEST(the_environment_is_utf_8)
{
	output_of(CHILD("print-env"),
	          WARD_SPAWN_OPTS(.env = ARGV("\xc3\xa9=\xe6\x97\xa5 \xf0\x9f\x98\x80")), out,
	          sizeof(out));
	CHECK(strstr(out, "\xc3\xa9=\xe6\x97\xa5 \xf0\x9f\x98\x80\n") == out);
}

TEST(the_working_directory_may_have_any_name)
{
	struct folder folder = folder_make();
	char path[600], expected[620];
	wchar_t *wide;

	folder_file(&folder, "a \xe6\x97\xa5 b", path, sizeof(path));
	wide = wide_of(path);
	REQUIRE(CreateDirectoryW(wide, NULL));
	output_of(CHILD("print-cwd"), WARD_SPAWN_OPTS(.cwd = path), out, sizeof(out));
	snprintf(expected, sizeof(expected), "%s\\a \xe6\x97\xa5 b\n", folder.path);
	CHECK_STR(out, expected);
	CHECK(RemoveDirectoryW(wide));
	free(wide);
	folder_remove(&folder);
}
