/* SPDX-License-Identifier: MIT */
/*
 * Waiting for one process: the result is true, whole, remembered, and comes in time.
 */
#include "able.h"
#include "help.h"
#if HOST_POSIX
#include <sys/time.h>
#endif

/* [true-status] */
TEST(every_kind_of_exit_code_is_told)
{
	static const struct {
		const char *text;
		int code;
	} codes[] = {
		{ "0", 0 }, { "1", 1 }, { "42", 42 }, { "127", 127 }, { "255", 255 }
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		expect_exit(spawn_or_fail(CHILD("exit", codes[i].text), NULL),
		            codes[i].code);
}

#if HOST_POSIX
/* [true-status] */
TEST(death_by_signal_is_told_with_its_number)
{
	expect_signal(spawn_or_fail(CHILD("raise", "TERM"), NULL), SIGTERM);
	expect_signal(spawn_or_fail(CHILD("raise", "KILL"), NULL), SIGKILL);
	expect_signal(spawn_or_fail(CHILD("raise", "SEGV"), NULL), SIGSEGV);
	expect_signal(spawn_or_fail(CHILD("raise", "PIPE"), NULL), SIGPIPE);
#ifdef SIGRTMIN
	char number[16];

	snprintf(number, sizeof(number), "%d", SIGRTMIN + 6);
	expect_signal(spawn_or_fail(CHILD("raise", number), NULL), SIGRTMIN + 6);
#endif
}

/* [true-status] */
TEST(exit_code_143_is_not_signal_15)
{
	expect_exit(spawn_or_fail(CHILD("exit", "143"), NULL), 128 + SIGTERM);
}

/* What waitpid says of a core dump in the same place: that is the system's choice. */
static bool dumps_core_here(const char *folder)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (chdir(folder) == 0)
			execl(check_child(), "child", "dump-core", (char *)NULL);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	return WCOREDUMP(status);
}

/* [true-status] */
TEST(core_dump_is_told_apart_from_the_signal)
{
	struct folder folder = folder_make();
	bool dumps = dumps_core_here(folder.path);
	struct ward *w =
	        spawn_or_fail(CHILD("dump-core"), WARD_SPAWN_OPTS(.cwd = folder.path));
	struct ward_exit e = wait_or_fail(w);

	check_signaled(&e, SIGABRT);
	CHECK_EQ(e.core_dumped, dumps);
	ward_close(w);

	w = spawn_or_fail(CHILD("raise", "ABRT"), NULL);
	e = wait_or_fail(w);
	check_signaled(&e, SIGABRT);
	CHECK_EQ(e.core_dumped, 0);
	ward_close(w);
	folder_remove(&folder);
}
#endif

/* [wait-again] */
TEST(second_wait_gives_the_same_answer)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "7"), NULL);
	struct ward_exit first, second;

	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	first.size = second.size = sizeof(first);
	REQUIRE_EQ(ward_wait(w, WARD_FOREVER, &first), 1);
	REQUIRE_EQ(ward_wait(w, 0, &second), 1);
	check_exited(&first, 7);
	CHECK_EQ(memcmp(&first, &second, sizeof(first)), 0);
	ward_close(w);
}

TEST(result_may_be_left_out)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "7"), NULL);

	CHECK_EQ(ward_wait(w, WARD_FOREVER, NULL), 1);
	expect_exit(w, 7);
}

/* [bounded] */
TEST(time_out_of_zero_asks_without_blocking)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_wait(t.w, 0, &e), 0);
	CHECK_EQ(e.how, 0);
	talk_end(&t);
}

/* [bounded] */
TEST(time_out_is_not_cut_short)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	int64_t begin = host_now_ns();

	CHECK_EQ(ward_wait(t.w, MILLISECONDS(50), NULL), 0);
	CHECK(host_now_ns() - begin >= MILLISECONDS(50));
	CHECK_EQ(ward_wait(t.w, 1, NULL), 0);
	talk_end(&t);
}

#if HOST_POSIX
/* -------------------------------------------------------------- signals meanwhile */

static volatile sig_atomic_t ticks;

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

static void tick_every_ms(int ms)
{
	struct itimerval timer = { { 0, ms * 1000 }, { 0, ms * 1000 } };
	struct sigaction action = { .sa_handler = ms ? on_tick : SIG_DFL };

	if (ms)
		sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	if (ms)
		return;
	/* One that is on its way still finds its handler. */
	poll(NULL, 0, 1);
	sigaction(SIGALRM, &action, NULL);
}

/* [bounded] */
TEST(signal_handlers_neither_shorten_nor_lengthen_a_wait)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	int64_t begin = host_now_ns(), took;

	tick_every_ms(3);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(120), NULL), 0);
	took = host_now_ns() - begin;
	tick_every_ms(0);
	CHECK(ticks > 0);
	CHECK(took >= MILLISECONDS(120));
	CHECK(on_slow_tool() || took < SECONDS(5));
	talk_end(&t);
}

static void *let_go_later(void *arg)
{
	struct talk *t = arg;

	poll(NULL, 0, 30);
	talk_let_go(t);
	return NULL;
}

/* The child lives for many ticks, so a wait that gives up early is seen. */
static void wait_through_ticks(int64_t timeout_ns)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;
	pthread_t thread;
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	REQUIRE_EQ(pthread_create(&thread, NULL, let_go_later, &t), 0);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	tick_every_ms(3);
	CHECK_EQ(ward_wait(t.w, timeout_ns, &e), 1);
	tick_every_ms(0);
	pthread_join(thread, NULL);
	check_exited(&e, 0);
	talk_end(&t);
}

/* [bounded] */
TEST(negative_time_outs_wait_for_ever)
{
	wait_through_ticks(WARD_FOREVER);
	wait_through_ticks(-2);
	wait_through_ticks(INT64_MIN);
}

/* [bounded] */
TEST(huge_time_outs_do_not_overflow)
{
	wait_through_ticks(INT64_MAX);
	wait_through_ticks(INT64_MAX - 1);
	wait_through_ticks(INT64_MAX / 2);
}
#endif

/* ------------------------------------------------------------------------- usage */

TEST(processor_time_and_memory_of_the_child_are_told)
{
	struct ward *w = spawn_or_fail(CHILD("spin", "60"), NULL);
	struct ward_exit e = wait_or_fail(w);
	struct talk t;

	CHECK_EQ(e.has_usage, 1);
	/* The BSDs count it in ticks of a clock, and the largest size at such a tick.
	 * Wine forgets the times of a process with its last thread. */
	CHECK(on_wine() || e.user_ns + e.system_ns >=
	      (able_watch_strangers() ? MILLISECONDS(20) : MILLISECONDS(50)));
	CHECK(e.user_ns + e.system_ns < SECONDS(20));
	CHECK(e.wall_ns >= MILLISECONDS(50));
	CHECK(on_wine() || e.max_rss_bytes > 0);
	CHECK(!HOST_POSIX || e.minor_faults > 0);
	CHECK(!HOST_POSIX || e.major_faults >= 0);
	CHECK(!HOST_POSIX || e.involuntary_switches >= 0);
	ward_close(w);

	t = talk_start_ready(CHILD("touch", "32"), NULL);
	talk_let_go(&t);
	e = wait_or_fail(t.w);
	/* Each thread of the kernel's accounting keeps some pages back. */
	CHECK(on_wine() || able_watch_strangers() || e.max_rss_bytes >= 31 << 20);
	CHECK(e.max_rss_bytes < 64 << 20);
	talk_end(&t);
}

/* The time between the start and the end, also when nobody waited meanwhile. */
TEST(wall_time_is_measured_from_the_start)
{
	int64_t begin = host_now_ns();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_wait(t.w, MILLISECONDS(30), NULL), 0);
	talk_let_go(&t);
	REQUIRE_EQ(ward_wait(t.w, WARD_FOREVER, &e), 1);
	CHECK(e.wall_ns >= MILLISECONDS(30));
	CHECK(e.wall_ns <= host_now_ns() - begin);
	talk_end(&t);
}

/* ------------------------------------------------------------------------ manners */

TEST(a_grandchild_that_holds_the_output_does_not_hang_the_wait)
{
	struct talk t = talk_start(CHILD("fork-and-hold", "3"), NULL);
	struct ward_exit e = wait_or_fail(t.w);

	check_exited(&e, 3);
	talk_end(&t);
	host_collect_orphans();
}

#if HOST_POSIX
/* A copy of this process made by plain fork holds a copy of every descriptor of ours. */
TEST(a_forked_copy_of_us_does_not_hang_the_wait)
{
	struct talk t = talk_start_ready(CHILD("ready", "4"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;
	int hold[2], status = 1;
	char byte;
	pid_t copy;

	CHECK_EQ(ward_wait(t.w, MILLISECONDS(1), NULL), 0);
	make_pipe(hold);
	copy = fork();
	if (copy == 0) {
		close(hold[1]);
		close(t.to);
		_exit(read(hold[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(hold[0]);
	talk_let_go(&t);
	CHECK_EQ(ward_wait(t.w, SECONDS(20), &e), 1);
	check_exited(&e, 4);
	close(hold[1]);
	REQUIRE_EQ(waitpid(copy, &status, 0), copy);
	CHECK_EQ(status, 0);
	talk_end(&t);
}

/* [true-status] It is not the copy's child: it is told so, or that the child runs. */
TEST(a_forked_copy_of_us_is_not_told_of_an_end_that_was_none)
{
	struct talk t = talk_start_ready(CHILD("ready", "4"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;
	int status = 1;
	pid_t copy = fork();

	if (copy == 0) {
		int asked = ward_wait(t.w, 0, &e);
		int waited = ward_wait(t.w, MILLISECONDS(20), &e);

		_exit((asked == 0 || asked == -ECHILD) &&
		                      (waited == 0 || waited == -ECHILD) ?
		              0 :
		              1);
	}
	REQUIRE_EQ(waitpid(copy, &status, 0), copy);
	CHECK_EQ(status, 0);
	talk_let_go(&t);
	CHECK_EQ(ward_wait(t.w, SECONDS(20), &e), 1);
	check_exited(&e, 4);
	talk_end(&t);
}
#endif

TEST(waiting_leaves_errno_alone)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	errno = 77;
	CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
	CHECK_EQ(errno, 77);
	CHECK_EQ(ward_wait(t.w, MILLISECONDS(1), NULL), 0);
	CHECK_EQ(errno, 77);
	talk_let_go(&t);
	errno = 77;
	CHECK_EQ(ward_wait(t.w, WARD_FOREVER, NULL), 1);
	CHECK_EQ(errno, 77);
	talk_end(&t);
}

TEST(result_without_a_size_is_refused)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = { .size = 0 };

	CHECK_EQ(ward_wait(t.w, 0, &e), -EINVAL);
	e.size = 8;
	CHECK_EQ(ward_wait(t.w, 0, &e), -EINVAL);
	talk_end(&t);
}

#if HOST_POSIX
static atomic_int waited;

static void *wait_in_thread(void *w)
{
	int r;

	atomic_store(&waited, -1);
	r = ward_wait(w, WARD_FOREVER, NULL);
	atomic_store(&waited, r);
	pthread_testcancel();
	return w;
}

/* A cancelled thread finishes its wait first. */
TEST(waiting_is_no_cancellation_point)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	pthread_t thread;
	void *end = NULL;

	REQUIRE_EQ(pthread_create(&thread, NULL, wait_in_thread, t.w), 0);
	while (atomic_load(&waited) == 0)
		sched_yield();
	pthread_cancel(thread);
	talk_let_go(&t);
	pthread_join(thread, &end);
	CHECK_EQ(atomic_load(&waited), 1);
	CHECK(end == PTHREAD_CANCELED);
	talk_end(&t);
}
#endif

/* Asking for ever must not use up descriptors or memory. */
TEST(asking_ten_thousand_times_leaves_nothing_behind)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	int n = check_scaled(10000);

	for (int i = 0; i < n; i++)
		if (!CHECK_EQ(ward_wait(t.w, 0, NULL), 0))
			break;
	talk_end(&t);
}
