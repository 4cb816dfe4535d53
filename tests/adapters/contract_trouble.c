/* SPDX-License-Identifier: MIT */
/*
 * Thieves, debuggers, strangers, bare numbers, no descriptors left, a forked program, and
 * a thousand at once.
 */
#include <stdlib.h>
#include <sys/resource.h>

#include "contract.h"
#include "gate.h"
#include "stranger.h"
#include "tracer.h"

/* -------------------------------------------------------------------------- thieves */

static bool knows_stolen(const struct ward *w, bool able)
{
	return able_watch_strangers() || (able && has_handle(w));
}

/* [true-status] */
TEST(a_stolen_status_is_told_or_said_to_be_lost)
{
	bool able = able_exit_info();
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "31"), NULL);
	struct watch t = watch_of(loop, talk.w);
	pid_t pid = (pid_t)ward_pid(talk.w);

	start(&t);
	loop_turn(loop);
	talk_let_go(&talk);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	loop_run(loop);
	CHECK_EQ(t.calls, 1);
	check_exited_or_lost(&t.exit, 31, knows_stolen(talk.w, able));
	watch_free(&t);
	loop_free(loop);
	talk_end(&talk);
}

/* -------------------------------------------------------------------------- many */

enum { MANY = 1000 };

struct many {
	struct loop *loop;
	struct ward *w[MANY];
	struct watch t[MANY];
	int n;
	int to;                               /* close it, and all end */
};

static bool raise_limit(int n)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur > (rlim_t)n;
}

/* One pipe is the input of them all. */
static struct many *many_start(int n)
{
	struct many *m = calloc(1, sizeof(*m));
	int ends[2];

	REQUIRE(m && raise_limit(3 * n + 100));
	make_pipe(ends);
	m->loop = loop_make();
	m->n = n;
	for (int i = 0; i < n; i++) {
		char code[16];

		snprintf(code, sizeof(code), "%d", i % 256);
		m->w[i] = spawn_or_fail(CHILD("hold", "0", code),
		                        WARD_SPAWN_OPTS(.in = GIVEN(ends[0])));
		m->t[i] = watch_of(m->loop, m->w[i]);
		start(&m->t[i]);
	}
	close(ends[0]);
	m->to = ends[1];
	return m;
}

static void many_end(struct many *m)
{
	for (int i = 0; i < m->n; i++) {
		watch_free(&m->t[i]);
		ward_close(m->w[i]);
	}
	loop_free(m->loop);
	free(m);
}

/* [true-status] */
TEST(a_thousand_that_end_in_the_same_instant_are_each_told_once)
{
	struct many *m = many_start(check_scaled(MANY));

	loop_turn(m->loop);
	close(m->to);
	loop_run(m->loop);
	for (int i = 0; i < m->n; i++)
		check_told(&m->t[i], i % 256);
	many_end(m);
}

/* [true-status] */
TEST(a_thief_that_takes_half_of_them_changes_no_answer)
{
	bool able = able_exit_info();
	struct many *m = many_start(check_scaled(MANY));

	close(m->to);
	for (int i = 0; i < m->n; i += 2)
		waitpid((pid_t)ward_pid(m->w[i]), NULL, 0);
	loop_run(m->loop);
	for (int i = 0; i < m->n; i++) {
		CHECK_EQ(m->t[i].calls, 1);
		check_exited_or_lost(&m->t[i].exit, i % 256,
		                     i % 2 || knows_stolen(m->w[i], able));
	}
	many_end(m);
}

/* ------------------------------------------------------------------------ debuggers */

#ifdef __linux__
/* [bounded] [true-status] It is readable, and there is nothing to be told yet. */
TEST(a_child_that_a_debugger_holds_back_does_not_make_the_loop_spin)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "32"), NULL);
	struct tracer tracer = trace(&talk);
	struct watch t = watch_of(loop, talk.w);
	int64_t before;

	if (tracer.pid >= 0) {
		start(&t);
		talk_let_go(&talk);
		until_zombie(&tracer);
		before = cpu_ns();
		ward__gate_fail(NULL, 0, 0);
		loop_run_for(loop, 400);
		/* Each try is a call or two, at 1, 2, 4 ... 64 ms. */
		CHECK(ward__gate_count() < 200);
		CHECK(on_slow_tool() || cpu_ns() - before < MILLISECONDS(100));
		CHECK_EQ(t.calls, 0);
		end_tracing(&tracer);
		loop_run(loop);
		check_told(&t, 32);
		watch_free(&t);
	}
	talk_end(&talk);
	loop_free(loop);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}

TEST(one_that_a_debugger_holds_back_is_stopped_and_freed_as_any)
{
	struct loop *loop = loop_make();
	struct talk talk = talk_start_ready(CHILD("ready", "33"), NULL);
	struct tracer tracer = trace(&talk);
	struct watch t = watch_of(loop, talk.w);

	if (tracer.pid >= 0) {
		start(&t);
		talk_let_go(&talk);
		until_zombie(&tracer);
		loop_run_for(loop, 10);
		watch_stop(&t);
		loop_run(loop);
		start(&t);
		loop_run_for(loop, 10);
		watch_free(&t);
		loop_run(loop);
		CHECK_EQ(t.calls, 0);
		end_tracing(&tracer);
	}
	talk_end(&talk);
	loop_free(loop);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}
#endif

/* ------------------------------------------------------- strangers and bare numbers */

/* [true-status] */
TEST(a_stranger_is_told_when_its_owner_has_collected_it)
{
	bool known = able_exit_info() || able_watch_strangers();
	struct stranger s = make_stranger();
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, NULL);
	bool held = ward_open(&t.w, s.pid, 0) == 0;

	if (held)
		start(&t);
	close(s.hold);
	/* Where the kernel tells nothing, its end is all there is to wait for. */
	loop_run_for(loop, 20);
	CHECK(t.calls == 0 || !able_exit_info());
	close(s.collect);
	loop_run(loop);
	collect_owner(&s);
	if (held) {
		CHECK_EQ(t.calls, 1);
		check_exited_or_lost(&t.exit, 33, known);
		watch_free(&t);
	}
	loop_free(loop);
	ward_close(t.w);
	if (!held)
		SKIP("strangers cannot be held here");
}

TEST(a_child_that_was_taken_hold_of_by_its_number_is_told)
{
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, NULL);
	int hold[2];
	pid_t pid;

	make_pipe(hold);
	pid = fork();
	if (pid == 0) {
		char byte;

		close(hold[1]);
		_exit(read(hold[0], &byte, 1) == 0 ? 34 : 99);
	}
	close(hold[0]);
	REQUIRE_EQ(ward_open(&t.w, pid, WARD_OPEN_CHILD), 0);
	if (ward_poll_fd(t.w) >= 0) {
		start(&t);
		close(hold[1]);
		loop_run(loop);
		check_told(&t, 34);
	} else {
		/* Nothing tells of its end but ward_wait. */
		CHECK_EQ(try_start(&t), -ENOTSUP);
		loop_run(loop);
		CHECK_EQ(t.calls, 0);
		close(hold[1]);
		waitpid(pid, NULL, 0);
	}
	watch_free(&t);
	loop_free(loop);
	ward_close(t.w);
}

TEST(a_bare_number_is_refused_and_nothing_is_left)
{
	struct stranger s = make_stranger();
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, NULL);
	bool bare;

	REQUIRE_EQ(ward_open(&t.w, s.pid, WARD_OPEN_WEAK), 0);
	bare = ward_poll_fd(t.w) == -ENOTSUP;
	if (bare) {
		CHECK_EQ(try_start(&t), -ENOTSUP);
		loop_run(loop);
		CHECK_EQ(t.calls, 0);
	}
	watch_free(&t);
	loop_free(loop);
	ward_close(t.w);
	close(s.hold);
	close(s.collect);
	collect_owner(&s);
	if (!bare)
		SKIP("every process has a descriptor here");
}

/* -------------------------------------------------------------- no descriptor left */

/* [reserve-first] A stranger's descriptor for loops is made when it is asked for. */
TEST(no_descriptor_left_is_said_at_the_start_and_does_no_harm)
{
	struct stranger s = make_stranger();
	struct loop *loop = loop_make();
	struct watch t = watch_of(loop, NULL);
	bool held = ward_open(&t.w, s.pid, 0) == 0, made = false;

	if (held) {
		ward__gate_fail("epoll_create1", 1, EMFILE);
		made = try_start(&t) == -EMFILE;
		CHECK(made == (ward__gate_failed() != NULL));
		ward__gate_fail(NULL, 0, 0);
		start(&t);
	}
	close(s.hold);
	close(s.collect);
	loop_run(loop);
	CHECK_EQ(t.calls, held);
	watch_free(&t);
	loop_free(loop);
	ward_close(t.w);
	collect_owner(&s);
	if (!made)
		SKIP("the descriptor is there from the beginning here");
}

/* ------------------------------------------------------------------ a forked program */

/* [true-status] A child of our starter's that is held by its number is none of ours. */
static int told_in_a_copy(struct ward *w)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct loop *loop = loop_make();
		struct watch t = watch_of(loop, w);

		start(&t);
		loop_run(loop);
		CHECK_EQ(t.calls, 1);
		_exit(t.error == -ECHILD ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

TEST(a_forked_program_is_told_that_it_cannot_know)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "35"), NULL);
	struct pollfd one = { .fd = ward_poll_fd(w), .events = POLLIN };

	REQUIRE_EQ(poll(&one, 1, 40000), 1);
	if (!has_handle(w))
		CHECK_EQ(told_in_a_copy(w), 0);
	check_told_by_loop(w, 35);
	if (has_handle(w)) {
		ward_close(w);
		SKIP("a copy of the program has the child's handle, too");
	}
	ward_close(w);
}
