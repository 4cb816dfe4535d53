/* SPDX-License-Identifier: MIT */
/*
 * Many threads that run programs at the same time: what belongs to one run is in no
 * other, neither bytes nor descriptors.
 */
#include "run.h"

enum { THREADS = 8, SIZE = 200000 };

struct crowd {
	const char *input;
	atomic_int done;
};

static void *copy_much(void *arg)
{
	struct crowd *c = arg;
	int rounds = check_scaled(20);

	for (int i = 0; i < rounds; i++) {
		struct ward_result r =
			run_or_fail(PLAY("fill", "2", "70000", "cat"),
		                    WARD_RUN_OPTS(.input = c->input, .input_size = SIZE));

		check_pattern(&r.out, SIZE);
		check_pattern(&r.err, 70000);
		check_exited(&r.exit, 0);
		ward_result_free(&r);
	}
	atomic_fetch_add(&c->done, 1);
	return arg;
}

static void run_crowd(void *(*run)(void *), struct crowd *c)
{
	struct host_thread threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		host_thread_start(&threads[i], run, c);
	for (int i = 0; i < THREADS; i++)
		host_thread_join(&threads[i]);
	CHECK_EQ(atomic_load(&c->done), THREADS);
}

/* [threads] The end of the input of one is seen, although others start all the time. */
TEST(eight_threads_run_programs_at_once)
{
	char *data = pattern_new(SIZE);
	struct crowd c = { .input = data };

	run_crowd(copy_much, &c);
	free(data);
}

#if HOST_POSIX
static void *look_at_descriptors(void *arg)
{
	const struct ward_stage stages[] = { { .argv = PLAY("fds", "2") },
		                             { .argv = PLAY("cat", "fds", "1") } };
	struct crowd *c = arg;
	int rounds = check_scaled(20);

	for (int i = 0; i < rounds; i++) {
		struct ward_result r = WARD_RESULT_INIT;

		REQUIRE_EQ(ward_run_pipeline(stages, 2,
		                             WARD_RUN_OPTS(.input = "", .input_size = 0),
		                             &r),
		           0);
		check_text(&r.out, "0 1 2 \n");
		check_text(&r.err, "0 1 2 \n");
		ward_result_free(&r);
	}
	atomic_fetch_add(&c->done, 1);
	return arg;
}

/* [sealed-fds] [threads] */
TEST(no_pipe_leaks_into_the_program_of_another_thread)
{
	struct crowd c = { .input = NULL };

	run_crowd(look_at_descriptors, &c);
}
#endif
