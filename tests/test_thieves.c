/* SPDX-License-Identifier: MIT */
/*
 * Others who collect our children: a thread that waits for any child, SIGCHLD ignored,
 * SA_NOCLDWAIT. The status is true every time, or said to be lost, and never anything
 * else.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "able.h"
#include "help.h"

/* Whether a stolen status can be known here; asked before SIGCHLD is ignored. */
static bool known;

static void ask_kernel(void)
{
	struct talk t;

	known = able_exit_info();             /* before a handle is open */
	t = talk_start_ready(CHILD("ready"), NULL);
	known = able_watch_strangers() || (known && has_handle(t.w));
	talk_end(&t);
}

/* Start children that end with codes 0..255 in turn, and learn each. */
static void check_codes(int n)
{
	char code[16];

	for (int i = 0; i < n; i++) {
		struct ward_exit e;
		struct ward *w;

		snprintf(code, sizeof(code), "%d", i % 256);
		w = spawn_or_fail(CHILD("exit", code), NULL);
		e = wait_or_fail(w);
		check_exited_or_lost(&e, i % 256, known);
		/* [wait-again] */
		e = wait_or_fail(w);
		check_exited_or_lost(&e, i % 256, known);
		/* [same-process] Its number is free: no signal goes there. */
		CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
		ward_close(w);
	}
}

static void check_signal_deaths(int n)
{
	for (int i = 0; i < n; i++) {
		struct ward *w = spawn_or_fail(CHILD("raise", "TERM"), NULL);
		struct ward_exit e = wait_or_fail(w);

		check_signaled_or_lost(&e, SIGTERM, known);
		ward_close(w);
	}
}

/* ------------------------------------------------------------------------- a thread */

static atomic_bool stop;
static atomic_int stolen;

static void *steal(void *arg)
{
	while (!atomic_load(&stop))
		if (waitpid(-1, NULL, WNOHANG) > 0)
			atomic_fetch_add(&stolen, 1);
	return arg;
}

/* [true-status] */
TEST(a_thread_that_waits_for_any_child_takes_no_status_from_us)
{
	pthread_t thief;
	int n = check_scaled(300);

	ask_kernel();
	REQUIRE_EQ(pthread_create(&thief, NULL, steal, NULL), 0);
	check_codes(n);
	check_signal_deaths(n / 10);
	atomic_store(&stop, true);
	pthread_join(thief, NULL);
	check_note("%d of %d were stolen", atomic_load(&stolen), n);
}

/* The theft done for certain, not by luck. [true-status] */
TEST(a_stolen_status_is_told_without_usage)
{
	struct ward *w;
	struct ward_exit e;

	ask_kernel();
	w = spawn_or_fail(CHILD("exit", "77"), NULL);
	REQUIRE_EQ(waitpid((pid_t)ward_pid(w), NULL, 0), ward_pid(w));
	e = wait_or_fail(w);
	check_exited_or_lost(&e, 77, known);
	CHECK_EQ(e.has_usage, 0);
	CHECK_EQ(e.user_ns, -1);
	CHECK(e.wall_ns >= 0);
	ward_close(w);
}

/* [true-status] */
TEST(a_stolen_signal_death_is_told)
{
	struct ward *w;
	struct ward_exit e;

	ask_kernel();
	w = spawn_or_fail(CHILD("raise", "KILL"), NULL);
	REQUIRE_EQ(waitpid((pid_t)ward_pid(w), NULL, 0), ward_pid(w));
	e = wait_or_fail(w);
	check_signaled_or_lost(&e, SIGKILL, known);
	CHECK_EQ(e.core_dumped, e.how == WARD_LOST ? -1 : 0);
	ward_close(w);
}

/* A wait that blocks while the theft happens. [true-status] */
TEST(a_wait_under_way_survives_the_theft)
{
	pthread_t thief;
	int n = check_scaled(50);

	ask_kernel();
	REQUIRE_EQ(pthread_create(&thief, NULL, steal, NULL), 0);
	for (int i = 0; i < n; i++) {
		struct talk t = talk_start_ready(CHILD("ready", "9"), NULL);
		struct ward_exit e;

		talk_let_go(&t);
		e = wait_or_fail(t.w);
		check_exited_or_lost(&e, 9, known);
		talk_end(&t);
	}
	atomic_store(&stop, true);
	pthread_join(thief, NULL);
}

/* ------------------------------------------------------------------------ SIGCHLD */

static void set_sigchld(void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	REQUIRE_EQ(sigaction(SIGCHLD, &action, NULL), 0);
	/* [no-globals] And so it stays: the harness compares with this. */
	check_baseline();
}

/* [true-status] */
TEST(sigchld_ignored_takes_no_status_from_us)
{
	ask_kernel();
	set_sigchld(SIG_IGN, 0);
	check_codes(check_scaled(256));
	check_signal_deaths(20);
}

/* [true-status] */
TEST(no_child_wait_takes_no_status_from_us)
{
	ask_kernel();
	set_sigchld(SIG_DFL, SA_NOCLDWAIT);
	check_codes(check_scaled(256));
	check_signal_deaths(20);
}

/* [true-status] */
TEST(sigchld_blocked_changes_nothing)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	check_baseline();
	known = true;
	check_codes(50);
	check_signal_deaths(10);
}

static void handler(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

/* The handler that every old program has. [true-status] */
TEST(a_handler_that_collects_all_takes_no_status_from_us)
{
	ask_kernel();
	set_sigchld(handler, SA_RESTART);
	check_codes(check_scaled(200));
	check_signal_deaths(20);
}

/* A child that ended before SIGCHLD was ignored stays as it is. [true-status] */
TEST(ignoring_sigchld_after_the_end_changes_nothing)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "5"), NULL);
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	siginfo_t info;

	REQUIRE_EQ(waitid(P_PID, (id_t)ward_pid(w), &info, WEXITED | WNOWAIT), 0);
	sigaction(SIGCHLD, &ignore, &before);
	expect_exit(w, 5);
	sigaction(SIGCHLD, &before, NULL);
}

/* ------------------------------------------------------- fifty thousand [true-status] */

struct share {
	int n;
	atomic_int wrong, lost;
};

static void *start_and_check(void *arg)
{
	struct share *s = arg;
	char code[16];

	for (int i = 0; i < s->n; i++) {
		struct ward_exit e = WARD_EXIT_INIT;
		struct ward *w = NULL;
		int expected = (i * 7 + 3) % 256;

		snprintf(code, sizeof(code), "%d", expected);
		if (ward_spawn(&w, CHILD("exit", code), NULL) < 0 ||
		    ward_wait(w, WARD_FOREVER, &e) != 1) {
			atomic_fetch_add(&s->wrong, 1);
			continue;
		}
		if (e.how == WARD_LOST)
			atomic_fetch_add(&s->lost, 1);
		else if (e.how != WARD_EXITED || e.code != expected)
			atomic_fetch_add(&s->wrong, 1);
		ward_close(w);
	}
	return arg;
}

/* Two threads, so that the moment between the end and the kernel's collecting is met. */
static void start_without_keeper(int n, void (*disposition)(int), int flags)
{
	struct share s = { .n = check_scaled(n) / 2 };
	pthread_t second;

	ask_kernel();
	set_sigchld(disposition, flags);
	REQUIRE_EQ(pthread_create(&second, NULL, start_and_check, &s), 0);
	start_and_check(&s);
	pthread_join(second, NULL);
	CHECK_EQ(atomic_load(&s.wrong), 0);
	CHECK(atomic_load(&s.lost) == 0 || !known);
	check_note("%d children, %d lost", 2 * s.n, atomic_load(&s.lost));
}

TEST(of_25000_children_with_sigchld_ignored_no_status_is_lost_and_none_wrong)
{
	start_without_keeper(25000, SIG_IGN, 0);
}

TEST(of_25000_children_with_no_child_wait_no_status_is_lost_and_none_wrong)
{
	start_without_keeper(25000, SIG_DFL, SA_NOCLDWAIT);
}
