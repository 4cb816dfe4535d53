/* SPDX-License-Identifier: MIT */
/*
 * The test harness: a test is a sentence with a body.
 *
 *	TEST(exit_code_is_told)
 *	{
 *		CHECK_EQ(run("exit 3"), 3);
 *	}
 *
 * A test binary runs all its cases and speaks TAP; `binary NAME...` runs some, `binary
 * --list` names them. In a binary that has the cases of several files a case is named
 * with its file ("wait: exit_code_is_told"); NAME is a file (wait), a case of a file
 * (wait:exit_code_is_told) or a case. Every case is a process of its own with a time
 * limit, and after its body has returned the process must be as it was before: no child,
 * alive or zombie, also none that a child left behind; no further descriptor open; signal
 * mask, dispositions, umask and working directory unchanged. The harness knows nothing of
 * the library that it tests.
 *
 * What is hard: a case that hangs must be ended with everything that it started, by means
 * that are not under test. It is ended by its number while it is our unreaped child, and
 * where the system can, its orphans become children of the runner and are ended likewise.
 *
 * A test binary is one or more test_*.c with check.c and what the system has of the
 * harness: check_unix.c and check_state.c, or check_windows.c, check_state_windows.c and,
 * for Wine, check_wine.c. On Windows a case is the same program started again, in a job
 * that ends with it; every handle counts, and whether it can be inherited.
 *
 * A file of tests is portable when all it wants of the system comes from tests/host.h,
 * and what a system can is asked by name (tests/able.h). A case that one system cannot
 * show says SKIP with the reason; one about fork, signals or descriptors as POSIX has
 * them stands in an `#if HOST_POSIX`. What only Windows has is in test_windows_*.c.
 *
 * From the environment: WARD_TEST_LIMIT (how many seconds a case may take, 60),
 * WARD_TEST_SLOW (a factor for that and for what cases expect of time, for valgrind,
 * sanitizers and emulators), WARD_TEST_SCALE (percent of the repetitions), WARD_CHILD
 * (tests/child.c; without it, the `child` beside the test binary), WARD_TEST_VALGRIND and
 * WARD_TEST_EMULATED (by qemu-user; see tests/able.h).
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Which printf it is that the format is checked against: Windows has two. */
#ifdef __MINGW_PRINTF_FORMAT
#define CHECK_PRINTF __MINGW_PRINTF_FORMAT
#else
#define CHECK_PRINTF printf
#endif

struct check_case {
	const char *file, *name;
	int line;
	void (*run)(void);
	struct check_case *next;
};

void check__add(struct check_case *c);
bool check__that(bool held, const char *text, const char *file, int line);
bool check__equal(intmax_t a, intmax_t b, const char *text, const char *file, int line);
bool check__same_text(const char *a, const char *b, const char *text, const char *file,
                      int line);
void check__skip(const char *reason);
_Noreturn void check__give_up(void);

/* A test; registers itself before main. */
#define TEST(sentence)                                                                   \
	static void test_##sentence(void);                                               \
	static struct check_case case_##sentence = { __FILE__, #sentence, __LINE__,      \
		                                     test_##sentence, 0 };               \
	__attribute__((constructor)) static void add_##sentence(void)                    \
	{                                                                                \
		check__add(&case_##sentence);                                            \
	}                                                                                \
	static void test_##sentence(void)

/* Each says what was expected and goes on; the value is whether it held. Usable in every
 * thread and in every process forked from the case. */
#define CHECK(cond) check__that((cond), #cond, __FILE__, __LINE__)
#define CHECK_EQ(a, b) \
	check__equal((intmax_t)(a), (intmax_t)(b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_STR(a, b) check__same_text((a), (b), #a " == " #b, __FILE__, __LINE__)

/* The same for what the rest of the case cannot do without: it ends here. */
#define REQUIRE(cond)                        \
	do {                                 \
		if (!CHECK(cond))            \
			check__give_up();    \
	} while (0)
#define REQUIRE_EQ(a, b)                     \
	do {                                 \
		if (!CHECK_EQ(a, b))         \
			check__give_up();    \
	} while (0)

/* This system cannot show it: leave the case, counted as skipped. */
#define SKIP(reason)                         \
	do {                                 \
		check__skip(reason);         \
		return;                      \
	} while (0)

/* A remark in the output. */
__attribute__((format(CHECK_PRINTF, 1, 2))) void check_note(const char *format, ...);

/* Compare with the state of now and not with that at the start of the case: for a case
 * that changes dispositions or opens descriptors on purpose. */
void check_baseline(void);

/* @n repetitions, fewer or more as WARD_TEST_SCALE says, at least 1. */
int check_scaled(int n);

/* The whole path of the helper program; ends the case when it is not there. */
const char *check_child(void);

#endif
