/* SPDX-License-Identifier: MIT */
/*
 * The gate: every system call of the library and every allocation asks here by name
 * before it is made, so that a test can make it fail. In the library that is installed
 * the gate is an empty inline function; only the variant that the tests link
 * (-DWARD_TEST) has one, in tests/gate.c.
 *
 * Two ways to close it:
 *  - from the environment, for a whole run:
 *    WARD_TEST_FAIL=clone3:ENOSYS,pidfd_open:EPERM makes these calls fail always, as an
 *    old kernel or a seccomp filter would: this forces the fallbacks;
 *  - from a test, for one call: ward__gate_fail("setgroups", 1, EPERM), or the k-th call
 *    of any name: ward__gate_fail(NULL, k, ENOMEM); or to do something before it.
 */
#ifndef WARD_GATE_H
#define WARD_GATE_H

#ifdef WARD_TEST
/*
 * 0: make the call; else the negative errno that it is to fail with. Callable in the
 * child.
 */
int ward__gate(const char *call);

/*
 * The @nth call from now (1 is the next) of @call, NULL for any, fails with @error; with
 * WARD__GATE_KILL for an error it is never made, and the process that makes it is killed.
 * 0: never.
 */
enum { WARD__GATE_KILL = 1 << 20 };
void ward__gate_fail(const char *call, int nth, int error);

/* Before the @nth call of @call from now, do @meet: a race that is won for certain. */
void ward__gate_meet(const char *call, int nth, void (*meet)(void));

/*
 * How many calls have asked since the last ward__gate_fail; the name of the one it
 * failed, or NULL when it has failed none yet.
 */
int ward__gate_count(void);
const char *ward__gate_failed(void);
#else
static inline int ward__gate(const char *call)
{
	(void)call;
	return 0;
}
#endif

#endif
