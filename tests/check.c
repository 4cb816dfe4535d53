/* SPDX-License-Identifier: MIT */
/*
 * The runner of the test harness, as far as it is the same on every system: the cases in
 * the order of the files, what they say, and TAP. Each is run by check_host_run in a
 * process of its own; what that leaves behind is looked at in check_state.c.
 */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_host.h"
#include "check_state.h"

enum { LIMIT_S = 60, TEXT_MAX = 1024, PLACE_MAX = 4096 };

static struct check_case *first_case;
static char child_path[PLACE_MAX];

struct check_verdict *check_verdict;

static bool is_before(const struct check_case *a, const struct check_case *b)
{
	int order = strcmp(a->file, b->file);

	return order < 0 || (order == 0 && a->line < b->line);
}

/* In the order of the files; constructors run in any. */
void check__add(struct check_case *c)
{
	struct check_case **place = &first_case;

	while (*place && is_before(*place, c))
		place = &(*place)->next;
	c->next = *place;
	*place = c;
}

/* One write, so that lines of several threads and processes do not mix. */
void check_note(const char *format, ...)
{
	char text[TEXT_MAX] = "# ";
	int saved = errno, n;
	size_t len;
	va_list ap;

	va_start(ap, format);
	n = vsnprintf(text + 2, sizeof(text) - 3, format, ap);
	va_end(ap);
	len = n < 0 ? 2 : strlen(text);
	text[len++] = '\n';
	if (!check_host_write(text, len))
		atomic_fetch_add(&check_verdict->failures, 1);
	errno = saved;
}

bool check__that(bool held, const char *text, const char *file, int line)
{
	if (held)
		return true;
	atomic_fetch_add(&check_verdict->failures, 1);
	check_note("%s:%d: %s", file, line, text);
	return false;
}

/* Negative numbers are most often errno values: say which. */
static const char *meaning(intmax_t v)
{
	return v < 0 && v > -150 ? strerror((int)-v) : "";
}

bool check__equal(intmax_t a, intmax_t b, const char *text, const char *file, int line)
{
	if (a == b)
		return true;
	atomic_fetch_add(&check_verdict->failures, 1);
	check_note("%s:%d: %s: %jd %s, not %jd %s", file, line, text, a, meaning(a), b,
	           meaning(b));
	return false;
}

bool check__same_text(const char *a, const char *b, const char *text, const char *file,
                      int line)
{
	if (a == b || (a && b && strcmp(a, b) == 0))
		return true;
	atomic_fetch_add(&check_verdict->failures, 1);
	check_note("%s:%d: %s: \"%s\", not \"%s\"", file, line, text, a ? a : "(null)",
	           b ? b : "(null)");
	return false;
}

void check__skip(const char *reason)
{
	snprintf(check_verdict->reason, sizeof(check_verdict->reason), "%s", reason);
	atomic_store(&check_verdict->skipped, 1);
}

void check__give_up(void)
{
	check_host_end(1);
}

static long from_environment(const char *name, long otherwise)
{
	const char *text = getenv(name);
	long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 ? n : otherwise;
}

int check_scaled(int n)
{
	long long scaled = (long long)n * from_environment("WARD_TEST_SCALE", 100) / 100;

	return scaled > 1 ? (int)scaled : 1;
}

/* Whole, because a case may change its directory. */
static void find_child(const char *self)
{
	const char *path = getenv("WARD_CHILD");

	check_host_place(path && *path ? path : NULL, self, child_path,
	                 sizeof(child_path));
}

const char *check_child(void)
{
	if (check_host_can_run(child_path))
		return child_path;
	check_note("%s is not there: WARD_CHILD must name the helper (tests/child.c)",
	           child_path);
	atomic_fetch_add(&check_verdict->failures, 1);
	check__give_up();
}

/* --------------------------------------------------------------------------- names */

/* The file of a case, as people name it: "wait" of tests/test_wait.c. */
static const char *file_of(const struct check_case *c, size_t *len)
{
	const char *name = strrchr(c->file, '/');

	name = name ? name + 1 : c->file;
	name += strncmp(name, "test_", 5) == 0 ? 5 : 0;
	*len = strcspn(name, ".");
	return name;
}

static bool is_of(const struct check_case *c, const char *file, size_t len)
{
	size_t own_len;
	const char *own = file_of(c, &own_len);

	return own_len == len && memcmp(own, file, len) == 0;
}

/* FILE, FILE:CASE or CASE; a blank after the colon, as we print it, is fine. */
static bool is_named(const struct check_case *c, const char *name)
{
	const char *colon = strchr(name, ':');

	if (!colon)
		return strcmp(c->name, name) == 0 || is_of(c, name, strlen(name));
	return is_of(c, name, (size_t)(colon - name)) &&
	       strcmp(c->name, colon + 1 + strspn(colon + 1, " ")) == 0;
}

static bool wanted(const struct check_case *c, char *const names[])
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (is_named(c, *names))
			return true;
	return false;
}

/* Every name must name something: a mistake in it would make a run prove nothing. */
static bool all_known(char *const names[])
{
	for (; *names; names++) {
		const struct check_case *c = first_case;

		while (c && !is_named(c, *names))
			c = c->next;
		if (!c)
			return false;
	}
	return true;
}

/* The cases of several files are named with their file. */
static const char *prefix_of(const struct check_case *c, const char *between, char *text,
                             size_t size)
{
	const struct check_case *other = first_case;
	size_t len;
	const char *file = file_of(c, &len);

	while (other && strcmp(other->file, c->file) == 0)
		other = other->next;
	*text = '\0';
	if (other)
		snprintf(text, size, "%.*s%s", (int)len, file, between);
	return text;
}

void check_name(const struct check_case *c, char *text, size_t size)
{
	size_t len;
	const char *file = file_of(c, &len);

	snprintf(text, size, "%.*s:%s", (int)len, file, c->name);
}

static int list(void)
{
	char prefix[64];

	for (const struct check_case *c = first_case; c; c = c->next)
		printf("%s%s\n", prefix_of(c, ":", prefix, sizeof(prefix)), c->name);
	return 0;
}

static int count_wanted(char *const names[])
{
	int n = 0;

	for (const struct check_case *c = first_case; c; c = c->next)
		n += wanted(c, names);
	return n;
}

/* ---------------------------------------------------------------------- one case */

void check_in_case(const struct check_case *c)
{
	check_state_enter();
	check_baseline();
	c->run();
	if (!check_state_unchanged())
		atomic_fetch_add(&check_verdict->failures, 1);
	/* exit, not _exit: the leak checkers look now. */
	exit(atomic_load(&check_verdict->failures) > 0);
}

/*
 * Run it; why it did not end in order, or NULL. qemu-user hangs in a fork of its own now
 * and then: a case that took too long there is run again, once.
 */
static const char *run_to_the_end(const struct check_case *c, char *text, size_t size)
{
	double limit = (double)(from_environment("WARD_TEST_LIMIT", LIMIT_S) *
	                        from_environment("WARD_TEST_SLOW", 1));
	double begin = check_host_seconds();
	const char *why;

	memset(check_verdict, 0, sizeof(*check_verdict));
	why = check_host_run(c, limit, text, size);
	if (!why || !getenv("WARD_TEST_EMULATED") ||
	    check_host_seconds() - begin < limit)
		return why;
	check_note("%s: %s; once more, it may have been the emulator", c->name, why);
	memset(check_verdict, 0, sizeof(*check_verdict));
	return check_host_run(c, limit, text, size);
}

/* 0 passed, 1 failed, 2 skipped. */
static int run_case(const struct check_case *c, int number)
{
	double begin = check_host_seconds(), took;
	char text[128], prefix[64];
	const char *why;
	int result = 0;

	why = run_to_the_end(c, text, sizeof(text));
	took = check_host_seconds() - begin;
	if (why)
		check_note("%s: %s", c->name, why);
	if (why || atomic_load(&check_verdict->failures))
		result = 1;
	else if (atomic_load(&check_verdict->skipped))
		result = 2;
	printf("%s %d - %s%s%s%s\n", result == 1 ? "not ok" : "ok", number,
	       prefix_of(c, ": ", prefix, sizeof(prefix)), c->name,
	       result == 2 ? " # SKIP " : "",
	       result == 2 ? check_verdict->reason : "");
	fflush(stdout);
	if (took > 2)
		check_note("%s took %.1f s", c->name, took);
	return result;
}

/* ----------------------------------------------------------------- the whole binary */

/* In a process that was started to be this case. */
static int be_case(const char *name, const char *self)
{
	find_child(self);
	for (const struct check_case *c = first_case; c; c = c->next)
		if (is_named(c, name))
			check_in_case(c);
	return 99;
}

int main(int argc, char *argv[])
{
	int count[3] = { 0, 0, 0 }, number = 0, total;
	const char *one = check_host_case(argc, argv);

	if (one)
		return be_case(one, argv[0]);
	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return list();
	total = count_wanted(argv + 1);
	if (!all_known(argv + 1) || total == 0) {
		fprintf(stderr, "%s: no such case\n", argv[0]);
		return 99;
	}
	find_child(argv[0]);
	check_host_prepare();
	printf("1..%d\n", total);
	fflush(stdout);
	for (const struct check_case *c = first_case; c; c = c->next)
		if (wanted(c, argv + 1))
			count[run_case(c, ++number)]++;
	check_note("%d passed, %d failed, %d skipped", count[0], count[1], count[2]);
	return count[1] > 0;
}
