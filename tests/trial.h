/* SPDX-License-Identifier: MIT */
/*
 * Trials: something is done while its k-th call fails, for every k, each in a process of
 * its own. For systems that fork.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "check_state.h"
#include "gate.h"
#include "help.h"

/* How a trial ended. */
enum { TRIAL_TOUCHED = 0, TRIAL_BAD = 1, TRIAL_UNTOUCHED = 3 };

enum { TRIAL_SECONDS = 40, TRIAL_CALLS = 4000 };

/* What a trial does: true when all was well. */
typedef bool trial_fn(const void *what);

/* The whole process of a trial, for who needs another than the usual one. */
typedef void trial_process_fn(const void *what, int k, int error);

/*
 * No system makes these fail: without its signal mask a process could do nothing right,
 * and a descriptor is gone after close, whatever close says.
 */
static inline bool trial_is_implausible(const char *call)
{
	return call &&
	       (strcmp(call, "rt_sigprocmask") == 0 || strcmp(call, "close") == 0);
}

/* Nor this: who may start a program may kill it. */
static inline bool trial_is_kill(const char *call)
{
	return call && (strcmp(call, "kill") == 0 || strcmp(call, "pdkill") == 0 ||
	                strcmp(call, "pidfd_send_signal") == 0);
}

/* No call fails any more; the name of the one that did, or NULL. */
static inline const char *trial_stop(void)
{
	const char *failed = ward__gate_failed();

	ward__gate_fail(NULL, 0, 0);
	return failed;
}

static inline _Noreturn void trial_exit(bool good, int k, const char *failed, int error)
{
	if (!good)
		check_note("... when call %d, %s, failed with %s", k,
		           failed ? failed : "(none)", ward_error_name(error));
	_exit(!good ? TRIAL_BAD : failed ? TRIAL_TOUCHED : TRIAL_UNTOUCHED);
}

/* That a failure was told truly: of @failed (NULL: no call of ours), with @error. */
typedef void trial_error_fn(const struct ward_error *e, int r, const char *failed,
                            int error);

/*
 * The whole process of a trial: a child is started while the @k-th call fails. What was
 * remembered of the failure does not stand in the way of the next start.
 */
static inline void trial_start(const struct ward_spawn_opts *opts,
                               trial_error_fn *check_error, int k, int error)
{
	struct ward_spawn_opts own = *opts;
	struct ward_error e = WARD_ERROR_INIT;
	struct ward *none = (struct ward *)&own, *w = none;
	const char *failed;
	bool good = true;
	int r;

	check_state_enter();
	check_baseline();
	own.error = &e;
	ward__gate_fail(NULL, k, error);
	r = ward_spawn(&w, CHILD("exit", "6"), &own);
	failed = trial_stop();
	if (r == 0)
		expect_exit(w, 6);
	if (trial_is_implausible(failed))
		_exit(TRIAL_TOUCHED);
	if (r < 0) {
		good = CHECK(w == none);
		check_error(&e, r, failed, error);
	}
	good = CHECK(check_state_unchanged()) && good;
	own.error = NULL;
	r = ward_spawn(&w, CHILD("exit", "7"), &own);
	if (CHECK_EQ(r, 0))
		expect_exit(w, 7);
	trial_exit(good && r == 0, k, failed, error);
}

struct trial {
	trial_fn *run;
	const void *what;
};

static inline void trial_process(const void *of, int k, int error)
{
	const struct trial *trial = of;
	const char *failed;
	bool good;

	check_state_enter();
	check_baseline();
	alarm(TRIAL_SECONDS);
	ward__gate_fail(NULL, k, error);
	good = trial->run(trial->what);
	failed = trial_stop();
	if (trial_is_implausible(failed) || trial_is_kill(failed)) {
		check_state_end_orphans();
		_exit(TRIAL_TOUCHED);
	}
	good = CHECK(check_state_unchanged()) && good;
	trial_exit(good, k, failed, error);
}

static inline int trial_fork(trial_process_fn *process, const void *what, int k,
                             int error)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		process(what, k, error);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	if (!CHECK(WIFEXITED(status))) {
		check_note("... call %d with %s: signal %d", k, ward_error_name(error),
		           WTERMSIG(status));
		return TRIAL_BAD;
	}
	CHECK(WEXITSTATUS(status) != TRIAL_BAD);
	return WEXITSTATUS(status);
}

/* Let the first call fail, the second, ... until a trial meets none; where repetitions
 * are dear (WARD_TEST_SCALE under 10) not every one. There are more than @fewest. */
static inline void trial_each_process(trial_process_fn *process, const void *what,
                                      int error, int fewest)
{
	int step = check_scaled(100) < 10 ? 30 / check_scaled(100) : 1;
	int k = 1, r = TRIAL_TOUCHED;

	for (; k < TRIAL_CALLS && r == TRIAL_TOUCHED; k += step)
		r = trial_fork(process, what, k, error);
	CHECK_EQ(r, TRIAL_UNTOUCHED);
	CHECK(k > fewest);
}

static inline void trial_each_call(trial_fn *run, const void *what, int error)
{
	const struct trial trial = { run, what };

	trial_each_process(trial_process, &trial, error, 10);
}

#endif
