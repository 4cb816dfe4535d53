/* SPDX-License-Identifier: MIT */
/*
 * A set of odd children, in odd programs: stopped ones, traced ones, children of others,
 * mere numbers; in a program that forks, or has no standard input.
 */
#include "gate.h"
#include "set.h"
#include "stranger.h"
#include "tracer.h"

/* -------------------------------------------------------------------- nothing to tell */

/* A wait that has nothing to tell for a while sleeps, and does not look again and
 * again. */
static void check_sleeps(struct ward_set *set, int most_calls)
{
	struct ward_event e = WARD_EVENT_INIT;
	int64_t before, used;

	ward__gate_fail("no such call", 0, 0);
	ward__gate_fail(NULL, 0, 0);
	before = host_ns(CLOCK_PROCESS_CPUTIME_ID);
	CHECK_EQ(ward_set_wait(set, MILLISECONDS(300), &e), 0);
	if (!CHECK(ward__gate_count() <= most_calls))
		check_note("%d calls", ward__gate_count());
	used = host_ns(CLOCK_PROCESS_CPUTIME_ID) - before;
	CHECK(on_slow_tool() || used < MILLISECONDS(100));
}

/* [bounded] */
TEST(a_set_with_nothing_to_tell_sleeps)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("1");
	struct ward *quiet =
		spawn_or_fail(CHILD("hold", "0"),
	                      WARD_SPAWN_OPTS(.in = OUT_PIPED, .out = OUT_PIPED));

	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.timeout_ns = SECONDS(40)));
	add_or_fail(set, quiet, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_OUTPUT));
	check_sleeps(set, 10);
	CHECK(ward_set_fd(set) >= 0);
	check_sleeps(set, 10);
	ward_set_close(set);
	CHECK_EQ(ward_end_input(quiet, 0), 0);
	expect_exit(quiet, 0);
	talk_end(&t);
}

/* [true-status] [bounded] */
TEST(a_stopped_child_has_not_ended)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("26");
	siginfo_t info;

	add_or_fail(set, t.w, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(ward_signal(t.w, SIGSTOP), 0);
		REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(t.w), &info, WSTOPPED | WNOWAIT),
		           0);
		check_sleeps(set, 10);
		CHECK_EQ(ward_signal(t.w, SIGCONT), 0);
		REQUIRE_EQ(
			waitid(P_PID, (id_t)ward_pid(t.w), &info, WCONTINUED | WNOWAIT),
			0);
		expect_nothing(set);
	}
	talk_let_go(&t);
	expect_ended(set, t.w, 26);
	close_empty(set);
	talk_end(&t);
}

#ifdef __linux__
/* [true-status] [bounded] */
TEST(a_child_that_a_debugger_holds_back_does_not_make_the_set_spin)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("23"), other = stays("6");
	struct tracer tracer = trace(&t);
	struct ward_event e;

	if (tracer.pid < 0) {
		ward_set_close(set);
		talk_end(&t);
		talk_end(&other);
		SKIP("tracing is not permitted here");
	}
	add_or_fail(set, t.w, NULL, NULL);
	add_or_fail(set, other.w, NULL, NULL);
	talk_let_go(&t);
	until_zombie(&tracer);
	/* A dozen looks, each later than the last, of two or three calls. */
	check_sleeps(set, 80);
	/* It hides nobody. The tracer has a copy of the other's pipe, too. */
	CHECK_EQ(ward_signal(other.w, SIGKILL), 0);
	expect_signaled(set, other.w, SIGKILL);
	end_tracing(&tracer);
	e = expect_end(set, t.w);
	check_exited(&e.exit, 23);
	CHECK_EQ(e.exit.has_usage, 1);
	close_empty(set);
	talk_end(&t);
	talk_end(&other);
}

/* [bounded] In a loop of others, where it is the descriptor that must not spin. */
TEST(a_child_that_a_debugger_holds_back_does_not_make_a_loop_spin)
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("24");
	struct tracer tracer = trace(&t);
	struct pollfd p = { .fd = ward_set_fd(set), .events = POLLIN };
	struct ward_event e = WARD_EVENT_INIT;
	int64_t end;
	int turns = 0;

	if (tracer.pid < 0) {
		ward_set_close(set);
		talk_end(&t);
		SKIP("tracing is not permitted here");
	}
	add_or_fail(set, t.w, NULL, NULL);
	talk_let_go(&t);
	until_zombie(&tracer);
	end = host_now_ns() + MILLISECONDS(300);
	for (; host_now_ns() < end; turns++) {
		poll(&p, 1, 50);
		CHECK_EQ(ward_set_wait(set, 0, &e), 0);
	}
	if (!CHECK(turns < 60))
		check_note("%d turns", turns);
	end_tracing(&tracer);
	while (ward_set_wait(set, 0, &e) == 0)
		poll(&p, 1, 1000);
	check_exited(&e.exit, 24);
	ward_set_close(set);
	talk_end(&t);
}
#endif

/* ----------------------------------------------------------------- children of others */

/* It has ended and was collected, or is now. */
static void end_stranger(struct stranger *s)
{
	close(s->hold);
	close(s->collect);
	collect_owner(s);
}

/* [true-status] */
TEST(the_end_of_a_process_that_is_not_our_child_is_told)
{
	struct stranger s = make_stranger();
	struct ward_set *set = set_or_fail(NULL);
	bool known = able_exit_info() || able_watch_strangers();
	struct ward *w = NULL;
	struct ward_event e;
	int r = ward_open(&w, s.pid, WARD_OPEN_WEAK);

	REQUIRE_EQ(r, 0);
	r = ward_set_add(set, w, NULL, NULL);
	if (r == 0) {
		expect_nothing(set);
		end_stranger(&s);
		e = expect_end(set, w);
		check_exited_or_lost(&e.exit, 33, known);
	} else {
		/* It can be held only as a number, and so not be waited for. */
		CHECK_EQ(r, -ENOTSUP);
		CHECK_EQ(ward_hold(w), WARD_HOLD_PID);
		CHECK_EQ(ward_set_count(set), 0);
		CHECK_EQ(ward_set_remove(set, w), -ENOENT);
		end_stranger(&s);
	}
	close_empty(set);
	ward_close(w);
}

/* [bounded] It has ended and its parent does not care. */
TEST(a_stranger_that_nobody_collects_does_not_make_the_set_spin)
{
	struct stranger s = make_stranger();
	struct ward_set *set = set_or_fail(NULL);
	struct ward *w = NULL;
	struct ward_event e = WARD_EVENT_INIT;

	REQUIRE_EQ(ward_open(&w, s.pid, WARD_OPEN_WEAK), 0);
	if (ward_set_add(set, w, NULL, NULL) == 0) {
		close(s.hold);
		s.hold = dup(s.collect);
		if (ward_set_wait(set, MILLISECONDS(100), &e) == 0) {
			check_sleeps(set, 80);
			end_stranger(&s);
			e = expect_end(set, w);
		} else {
			end_stranger(&s);
		}
		CHECK(e.exit.how == WARD_EXITED || e.exit.how == WARD_LOST);
	} else {
		end_stranger(&s);
	}
	close_empty(set);
	ward_close(w);
}

/* [true-status] Started by other means than ward. */
TEST(a_child_that_was_opened_by_its_number_is_told_of)
{
	struct ward_set *set = set_or_fail(NULL);
	struct host_process p;
	struct ward *w = NULL;
	int in[2];

	make_pipe(in);
	p = host_start(CHILD("hold", "0", "31"), in[0]);
	close(in[0]);
	REQUIRE_EQ(ward_open(&w, p.pid, WARD_OPEN_CHILD), 0);
	add_or_fail(set, w, NULL, NULL);
	expect_nothing(set);
	close(in[1]);
	expect_ended(set, w, 31);
	close_empty(set);
	ward_close(w);
}

/* ------------------------------------------------------------------------------- fork */

/* What a copy of the program made by fork does; its exit code tells. */
static int in_copy(int (*run)(struct ward_set *set, struct ward *w), struct ward_set *set,
                   struct ward *w)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run(set, w));
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static int refused_all(struct ward_set *set, struct ward *w)
{
	struct ward_event e = WARD_EVENT_INIT;

	return !(ward_set_add(set, w, NULL, NULL) == -ECHILD &&
	         ward_set_remove(set, w) == -ECHILD &&
	         ward_set_spawn(set, CHILD("exit", "0"), NULL, NULL, NULL) == -ECHILD &&
	         ward_set_wait(set, 0, &e) == -ECHILD && ward_set_count(set) == -ECHILD &&
	         ward_set_wake(set) == -ECHILD &&
	         ward_set_stop(set, w, NULL, 0) == -ECHILD &&
	         ward_set_deadline(set, w, 1) == -ECHILD && ward_set_fd(set) == -ECHILD);
}

static int close_set(struct ward_set *set, struct ward *w)
{
	(void)w;
	ward_set_close(set);
	return 0;
}

static int close_ward(struct ward_set *set, struct ward *w)
{
	(void)set;
	ward_close(w);
	return 0;
}

static int close_set_and_ward(struct ward_set *set, struct ward *w)
{
	ward_set_close(set);
	ward_close(w);
	return 0;
}

static int close_ward_and_set(struct ward_set *set, struct ward *w)
{
	ward_close(w);
	ward_set_close(set);
	return 0;
}

/* It can have sets of its own, and in them children of its own. */
static int live_anew(struct ward_set *set, struct ward *w)
{
	struct ward_set *own = set_or_fail(NULL);
	struct ward *mine;

	ward_set_close(set);
	ward_close(w);
	queue_or_fail(own, CHILD("exit", "8"), NULL, NULL, NULL);
	mine = expect_started(own, NULL);
	expect_ended(own, mine, 8);
	close_empty(own);
	ward_close(mine);
	return 0;
}

/* The parent does not notice: all that its set was to tell is told. */
static void check_copy(int (*run)(struct ward_set *set, struct ward *w))
{
	struct ward_set *set = set_or_fail(NULL);
	struct talk t = stays("4");
	struct ward *ended = ended_or_fail("5");
	int late = 0, done = 0;

	CHECK(ward_set_fd(set) >= 0);
	add_or_fail(set, t.w, NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_TELL,
	                                            .timeout_ns = MILLISECONDS(5)));
	expect_event(set, t.w, WARD_EVENT_DEADLINE);
	CHECK_EQ(ward_set_deadline(set, t.w, MILLISECONDS(30)), 0);
	add_or_fail(set, ended, NULL, NULL);
	CHECK_EQ(in_copy(run, set, t.w), 0);
	talk_let_go(&t);
	while (ward_set_count(set) > 0) {
		struct ward_event e = next_event(set, NULL, 0);

		late += e.what == WARD_EVENT_DEADLINE;
		if (e.what != WARD_EVENT_ENDED)
			continue;
		check_exited(&e.exit, e.ward == ended ? 5 : 4);
		done++;
	}
	CHECK(late <= 1);
	CHECK_EQ(done, 2);
	close_empty(set);
	ward_close(ended);
	talk_end(&t);
}

TEST(in_a_forked_copy_a_set_refuses_all_but_its_close)
{
	check_copy(refused_all);
}

TEST(a_forked_copy_may_close_its_set_and_its_wards_in_any_order)
{
	if (on_valgrind())
		SKIP("half of a ward is its waiter's, which no copy has");
	check_copy(close_set);
	check_copy(close_ward);
	check_copy(close_set_and_ward);
	check_copy(close_ward_and_set);
}

TEST(a_forked_copy_may_have_sets_of_its_own)
{
	if (on_thread_sanitizer() && WARD_TEST_POSIX)
		SKIP("the thread sanitizer wants no threads in a forked copy");
	if (on_valgrind())
		SKIP("half of a ward is its waiter's, which no copy has");
	check_copy(live_anew);
}

/* It holds copies of all descriptors, of the wards and of the set. */
TEST(a_forked_copy_that_stays_does_not_keep_events_back)
{
	struct ward_set *set = set_or_fail(NULL);
	struct crowd c = crowd_make(10);
	int go[2], status = 1;
	char byte;
	pid_t copy;

	crowd_add(&c, set, NULL);
	make_pipe(go);
	copy = fork();
	if (copy == 0) {
		close(go[1]);
		close(c.ours);
		_exit(read(go[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(go[0]);
	for (int i = 0; i < 5; i++)
		CHECK_EQ(ward_set_remove(set, c.w[i]), 0);
	for (int i = 0; i < 5; i++)
		add_or_fail(set, c.w[i], &c.w[i], NULL);
	crowd_let_go(&c);
	for (int i = 0; i < 10; i++) {
		struct ward_event e = next_event(set, NULL, 0);

		check_exited(&e.exit, crowd_index(&c, &e));
		ward_close(e.ward);
		c.w[crowd_index(&c, &e)] = NULL;
	}
	expect_nothing(set);
	check_sleeps(set, 10);
	close_empty(set);
	close(go[1]);
	REQUIRE_EQ(waitpid(copy, &status, 0), copy);
	CHECK_EQ(status, 0);
	crowd_end(&c);
}

/* -------------------------------------------------------------------------- no stdin */

/* The set's own descriptors may be 0, 1 and 2 then; the child's are what was asked
 * for. */
static int live_without_stdio(struct ward_set *unused, struct ward *none)
{
	struct ward_set *set;
	struct ward *w;
	int r;

	(void)unused;
	(void)none;
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	set = set_or_fail(NULL);
	r = ward_set_fd(set);
	queue_or_fail(set, CHILD("exit", "12"),
	              WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL }, .out = OUT_PIPED,
	                              .err = { .kind = WARD_FD_NULL }),
	              NULL, WARD_WATCH_OPTS(.flags = WARD_WATCH_OUTPUT));
	w = expect_started(set, NULL);
	while (ward_set_count(set) > 0) {
		char buf[16];
		struct ward_event e = next_event(set, buf, sizeof(buf));

		if (e.what == WARD_EVENT_ENDED)
			check_exited(&e.exit, 12);
	}
	ward_set_close(set);
	ward_close(w);
	return r < 0;
}

TEST(a_program_without_stdin_stdout_and_stderr_may_have_sets)
{
	CHECK_EQ(in_copy(live_without_stdio, NULL, NULL), 0);
}
