/* SPDX-License-Identifier: MIT */
/* The poller of each POSIX system in threads, in a forked copy, and when calls fail. */
#include "gate.h"
#include "poller.h"

/* --------------------------------------------------------------------------- threads */

struct sleeper {
	struct host_thread thread;
	struct host_sleeper here;
	struct ward__poller *poller;
	uint64_t token;
	int result;
};

static void *sleep_once(void *arg)
{
	struct sleeper *s = arg;

	host_sleeper_here(&s->here);
	s->result = ward__poller_wait(s->poller, &s->token, 1, in_ms(40000));
	return NULL;
}

static void sleeper_start(struct sleeper *s, struct ward__poller *poller)
{
	*s = (struct sleeper){ .poller = poller };
	host_thread_start(&s->thread, sleep_once, s);
	host_until_asleep(&s->here);
}

TEST(who_sleeps_hears_of_what_is_added)
{
	struct ward__poller *poller = poller_or_fail();
	struct talk t = stays();
	struct sleeper s;

	sleeper_start(&s, poller);
	arm_or_fail(poller, end_of(t.w), 5, false);
	talk_let_go(&t);
	host_thread_join(&s.thread);
	CHECK_EQ(s.result, 1);
	CHECK(s.token == 5);
	ward__poller_free(poller);
	talk_end(&t);
}

TEST(who_sleeps_hears_of_the_alarm)
{
	struct ward__poller *poller = poller_or_fail();
	struct sleeper s[4];

	for (int i = 0; i < 4; i++)
		sleeper_start(&s[i], poller);
	set_alarm(poller, in_ms(1));
	for (int i = 0; i < 4; i++) {
		host_thread_join(&s[i].thread);
		CHECK_EQ(s[i].result, 0);
	}
	ward__poller_free(poller);
}

TEST(what_is_told_goes_to_one_thread)
{
	enum { THREADS = 8 };
	struct ward__poller *poller = poller_or_fail();
	struct sleeper s[THREADS];
	struct talk t[THREADS];
	unsigned seen = 0;

	for (int i = 0; i < THREADS; i++) {
		t[i] = stays();
		arm_or_fail(poller, end_of(t[i].w), (uint64_t)i, false);
	}
	for (int i = 0; i < THREADS; i++)
		sleeper_start(&s[i], poller);
	for (int i = 0; i < THREADS; i++)
		talk_let_go(&t[i]);
	for (int i = 0; i < THREADS; i++) {
		host_thread_join(&s[i].thread);
		CHECK_EQ(s[i].result, 1);
		seen |= 1u << s[i].token;
	}
	CHECK_EQ(seen, (1u << THREADS) - 1);
	expect_nothing(poller);
	for (int i = 0; i < THREADS; i++)
		talk_end(&t[i]);
	ward__poller_free(poller);
}

/* Adds and takes away, while others sleep and wake. */
static void *change_all_the_time(void *arg)
{
	struct ward__poller *poller = arg;
	struct ward__channel *ours = NULL;
	struct ward_stdio theirs;

	for (int i = 0; i < check_scaled(300); i++) {
		REQUIRE_EQ(ward__channel_pipe(&ours, &theirs, WARD__READ), 0);
		arm_or_fail(poller, readiness(ours, WARD__READ), 1000, false);
		set_alarm(poller, i % 7 == 0 ? in_ms(1) : in_ms(50000));
		remove_from(poller, readiness(ours, WARD__READ), 1000, true);
		ward__side_close(&theirs);
		ward__channel_free(ours);
	}
	return NULL;
}

TEST(changes_and_sleeps_of_many_threads_lose_nothing)
{
	struct ward__poller *poller = poller_or_fail();
	struct host_thread changers[2];
	struct talk t[20];
	uint64_t token;
	int told = 0;

	CHECK(!is_lit(poller, 0));
	for (int i = 0; i < 20; i++) {
		t[i] = stays();
		arm_or_fail(poller, end_of(t[i].w), (uint64_t)i, false);
	}
	for (int i = 0; i < 2; i++)
		host_thread_start(&changers[i], change_all_the_time, poller);
	for (int i = 0; i < 20; i++)
		talk_let_go(&t[i]);
	while (told < 20) {
		int r = ward__poller_wait(poller, &token, 1, in_ms(40000));

		REQUIRE(r >= 0);
		told += r == 1 && token < 20;
	}
	for (int i = 0; i < 2; i++)
		host_thread_join(&changers[i]);
	ward__poller_free(poller);
	for (int i = 0; i < 20; i++)
		talk_end(&t[i]);
}

/* ------------------------------------------------------------------------------ fork */

/* To a leak checker what the copy holds is not lost as long as this has it. */
static struct ward *volatile held_by_copy;

static _Noreturn void in_a_copy(struct ward__poller *poller)
{
	uint64_t tokens[1];

	if (ward__poller_is_ours(poller) ||
	    ward__poller_wait(poller, tokens, 1, -1) != -ECHILD)
		_exit(1);
	ward__poller_free(poller);
	_exit(0);
}

TEST(a_forked_copy_gives_it_up_and_the_original_does_not_notice)
{
	for (int lent = 0; lent < 2; lent++) {
		struct ward__poller *poller = poller_or_fail();
		struct talk t = stays();
		int status = -1;
		pid_t copy;

		arm_or_fail(poller, end_of(t.w), 6, false);
		if (lent)
			CHECK(!is_lit(poller, 0));
		held_by_copy = t.w;
		copy = fork();
		if (copy == 0)
			in_a_copy(poller);
		REQUIRE_EQ(waitpid(copy, &status, 0), copy);
		CHECK_EQ(status, 0);
		expect_nothing(poller);
		talk_let_go(&t);
		if (lent)
			CHECK(is_lit(poller, 20000));
		expect_told(poller, 6);
		ward__poller_free(poller);
		talk_end(&t);
	}
}

/* ---------------------------------------------------------------------------- faults */

TEST(every_call_that_fails_is_said_and_leaves_nothing)
{
	static const char *const calls[] = { "epoll_create1", "timerfd_create",
		                             "epoll_ctl",     "kqueue",
		                             "kevent",        "fcntl",
		                             "pthread_create" };
	static const int errors[] = { EMFILE, ENOMEM, EAGAIN };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (int k = 1; k < 6; k++) {
			struct ward__poller *poller = NULL;
			int r, fd;

			ward__gate_fail(calls[i], k, errors[k % 3]);
			r = ward__poller_new(&poller);
			if (r == 0) {
				set_alarm(poller, in_ms(10000));
				set_alarm(poller, 0);
				fd = ward__poller_fd(poller);
				CHECK(fd >= 0 || fd == -errors[k % 3]);
				ward__gate_fail(NULL, 0, 0);
				CHECK(is_lit(poller, 20000));
				ward__poller_free(poller);
			} else {
				CHECK_EQ(r, -errors[k % 3]);
			}
			ward__gate_fail(NULL, 0, 0);
		}
	}
}
