/* SPDX-License-Identifier: MIT */
/*
 * The gate of the library's test variant (src/gate.h): which system call, which
 * allocation is to fail. What is hard: it is asked from many threads, from a child that
 * shares our memory and must not lock or allocate, and from a forked child whose calls
 * are to be counted in the same row as its parent's. So the rules of the environment are
 * read before main and never change, and the one failure that a test orders lives in a
 * page shared with forked children, in atomics.
 */
#include "gate.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

enum { RULES_MAX = 32, NAME_MAX_LEN = 32 };

struct rule {
	char call[NAME_MAX_LEN];
	int error;
};

/* The failure that was ordered. It belongs to the process that ordered it and to those
 * forked from it, so that no test meets the order of another one. */
struct order {
	const char *_Atomic call;             /* NULL: any */
	atomic_int nth, error;
	void (*_Atomic meet)(void);
	atomic_int count;
	const char *_Atomic failed;
};

static struct rule rules[RULES_MAX];
static int n_rules;
static struct order *_Atomic order;

/* ------------------------------------------------------------------ WARD_TEST_FAIL */

static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "E2BIG", E2BIG },   { "EACCES", EACCES }, { "EAGAIN", EAGAIN },
	{ "EBADF", EBADF },   { "EINVAL", EINVAL }, { "EIO", EIO },
	{ "EMFILE", EMFILE }, { "ENFILE", ENFILE }, { "ENOENT", ENOENT },
	{ "ENOMEM", ENOMEM }, { "ENOSYS", ENOSYS }, { "ENOTTY", ENOTTY },
	{ "EPERM", EPERM },   { "ESRCH", ESRCH },   { "ENOPROTOOPT", ENOPROTOOPT },
	{ "EOPNOTSUPP", EOPNOTSUPP },
};

static int error_number(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strlen(errors[i].name) == len &&
		    memcmp(errors[i].name, name, len) == 0)
			return errors[i].error;
	return 0;
}

/* One "call:ERROR" of @len bytes. */
static int add_rule(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t name_len = colon ? (size_t)(colon - text) : 0;
	struct rule *rule = &rules[n_rules];

	if (n_rules == RULES_MAX || name_len == 0 || name_len >= NAME_MAX_LEN)
		return -EINVAL;
	rule->error = error_number(colon + 1, len - name_len - 1);
	if (rule->error == 0)
		return -EINVAL;
	memcpy(rule->call, text, name_len);
	n_rules++;
	return 0;
}

/* A rule with a mistake in it would make a whole run prove nothing: end it. */
__attribute__((constructor)) static void read_environment(void)
{
	const char *text = getenv("WARD_TEST_FAIL");
	size_t len;

	for (; text && *text; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		if (add_rule(text, len) < 0) {
			fprintf(stderr, "WARD_TEST_FAIL: cannot understand \"%s\"\n",
			        text);
			exit(99);
		}
	}
}

/* ---------------------------------------------------------------------- the gate */

static int by_rule(const char *call)
{
	for (int i = 0; i < n_rules; i++)
		if (strcmp(rules[i].call, call) == 0)
			return -rules[i].error;
	return 0;
}

/* No handler, no clean-up: as somebody else's kill would. */
static void die(void)
{
#ifdef _WIN32
	TerminateProcess(GetCurrentProcess(), 1);
#else
	kill(getpid(), SIGKILL);
#endif
}

static int by_order(struct order *o, const char *call)
{
	const char *wanted = atomic_load(&o->call);

	if (wanted && strcmp(wanted, call) != 0)
		return 0;
	if (atomic_fetch_add(&o->count, 1) + 1 != atomic_load(&o->nth))
		return 0;
	atomic_store(&o->failed, call);
	if (atomic_load(&o->error) == WARD__GATE_KILL)
		die();
	if (atomic_load(&o->meet))
		atomic_load(&o->meet)();
	return -atomic_load(&o->error);
}

int ward__gate(const char *call)
{
	struct order *o = atomic_load(&order);
	int r = o ? by_order(o, call) : 0;

	return r < 0 ? r : by_rule(call);
}

/* What holds an order: of this process alone where none is ever forked. */
static struct order *new_order(void)
{
#ifdef _WIN32
	static struct order the_order;

	return &the_order;
#else
	struct order *o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
	                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (o == MAP_FAILED) {
		perror("mmap");
		exit(99);
	}
	return o;
#endif
}

/* The one of this process, made for its first order and never given back. */
static struct order *own_order(void)
{
	struct order *o = atomic_load(&order);

	if (!o) {
		o = new_order();
		atomic_store(&order, o);
	}
	return o;
}

static void put(const char *call, int nth, int error, void (*meet)(void))
{
	struct order *o = own_order();

	atomic_store(&o->nth, 0);
	atomic_store(&o->call, call);
	atomic_store(&o->error, error);
	atomic_store(&o->meet, meet);
	atomic_store(&o->failed, NULL);
	atomic_store(&o->count, 0);
	atomic_store(&o->nth, nth);
}

void ward__gate_fail(const char *call, int nth, int error)
{
	put(call, nth, error, NULL);
}

void ward__gate_meet(const char *call, int nth, void (*meet)(void))
{
	put(call, nth, 0, meet);
}

int ward__gate_count(void)
{
	struct order *o = atomic_load(&order);

	return o ? atomic_load(&o->count) : 0;
}

const char *ward__gate_failed(void)
{
	struct order *o = atomic_load(&order);

	return o ? atomic_load(&o->failed) : NULL;
}
