/* SPDX-License-Identifier: MIT */
/*
 * Writing to nobody says -EPIPE and nothing else: no SIGPIPE, whatever the program does
 * with that signal, and its disposition, mask and pending signals are as they were.
 */
#include <pthread.h>

#include "able.h"
#include "help_stdio.h"

static volatile sig_atomic_t handled;

static void on_pipe(int sig)
{
	(void)sig;
	handled++;
}

/* Take one pending SIGPIPE away; was there one? It is blocked. */
static bool take_pending(void)
{
	sigset_t set, one;
	int sig;

	sigpending(&set);
	if (sigismember(&set, SIGPIPE) != 1)
		return false;
	sigemptyset(&one);
	sigaddset(&one, SIGPIPE);
	REQUIRE_EQ(sigwait(&one, &sig), 0);
	return true;
}

static int count_pending(void)
{
	int n = 0;

	while (take_pending())
		n++;
	return n;
}

/* --------------------------------------------------------------------- the programs */

/* What the calling program does with SIGPIPE. */
struct world {
	const char *name;
	void (*handler)(int);
	bool blocked;
	bool pending;                         /* of this thread, before we write */
};

static const struct world worlds[] = {
	{ "default", SIG_DFL, false, false },
	{ "handled", on_pipe, false, false },
	{ "ignored", SIG_IGN, false, false },
	{ "default, blocked", SIG_DFL, true, false },
	{ "handled, blocked", on_pipe, true, false },
	{ "ignored, blocked", SIG_IGN, true, false },
	{ "default, blocked, pending", SIG_DFL, true, true },
	{ "handled, blocked, pending", on_pipe, true, true },
};

enum { WORLDS = sizeof(worlds) / sizeof(worlds[0]) };

static void enter(const struct world *world, sigset_t *mask)
{
	struct sigaction action = { .sa_handler = world->handler };
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigaction(SIGPIPE, &action, NULL);
	pthread_sigmask(world->blocked ? SIG_BLOCK : SIG_UNBLOCK, &pipe, mask);
	if (world->pending)
		pthread_kill(pthread_self(), SIGPIPE);
}

static void leave(const struct world *world, const sigset_t *mask)
{
	struct sigaction now, usual = { .sa_handler = SIG_DFL };
	sigset_t block;

	sigaction(SIGPIPE, NULL, &now);
	CHECK(now.sa_handler == world->handler);
	sigaction(SIGPIPE, &usual, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &block);
	CHECK_EQ(sigismember(&block, SIGPIPE), world->blocked);
	CHECK_EQ(count_pending(), world->pending);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

typedef void trouble_fn(struct ward *w);

static void in_every_world(struct ward *w, trouble_fn *trouble)
{
	sigset_t mask;

	for (int i = 0; i < WORLDS; i++) {
		check_note("SIGPIPE is %s", worlds[i].name);
		enter(&worlds[i], &mask);
		for (int k = 0; k < 3; k++)
			trouble(w);
		leave(&worlds[i], &mask);
	}
	CHECK_EQ(handled, 0);
}

/* ------------------------------------------------------------------------- the claims */

static struct ward *start_and_let_end(struct ward_stdio in)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), WARD_SPAWN_OPTS(.in = in));
	struct ward_exit e = wait_or_fail(w);

	check_exited(&e, 0);
	return w;
}

static void write_to_nobody(struct ward *w)
{
	static const char much[1 << 18];

	CHECK_EQ(ward_write(w, 0, "x", 1, 0), -EPIPE);
	CHECK_EQ(ward_write(w, 0, much, sizeof(much), LONG_ENOUGH), -EPIPE);
}

/* [no-globals] */
TEST(a_pipe_that_nobody_reads_raises_no_signal)
{
	struct ward *w = start_and_let_end((struct ward_stdio)PIPED);

	in_every_world(w, write_to_nobody);
	ward_close(w);
}

/* [no-globals] */
TEST(a_socket_that_nobody_reads_raises_no_signal)
{
	struct ward *w = start_and_let_end((struct ward_stdio)SOCKETED);

	in_every_world(w, write_to_nobody);
	ward_close(w);
}

/*
 * [no-globals] One that was for the whole process is left for whom it was, too. Where a
 * write cannot go without the signal, our own is pending beside it then, since the two
 * cannot be told apart.
 */
TEST(a_signal_that_was_pending_for_the_process_is_left_alone)
{
	struct ward *w = start_and_let_end((struct ward_stdio)PIPED);
	const struct world pending = { "pending", SIG_DFL, true, false };
	sigset_t mask;
	int n;

	enter(&pending, &mask);
	kill(getpid(), SIGPIPE);
	write_to_nobody(w);
	n = count_pending();
	CHECK(n == 1 || n == 2);
	leave(&pending, &mask);
	ward_close(w);
}

/* The reader goes while a write waits for room. */
static void *write_much(void *arg)
{
	static const char much[1 << 20];

	CHECK_EQ(ward_write(arg, 0, much, sizeof(much), LONG_ENOUGH), -EPIPE);
	return NULL;
}

static void lose_the_reader(const struct world *world, struct ward_stdio in)
{
	struct ward_fd go = { .fd = 3, .from = PIPED };
	struct host_thread thread;
	sigset_t mask;
	struct ward *w;

	go.from.flags = WARD_FILE_READ;
	w = spawn_or_fail(CHILD("idle", "1", "3"),
	                  WARD_SPAWN_OPTS(.in = in, .out = PIPED, .fds = &go,
	                                  .n_fds = 1));
	EXPECT_LINE(w, 1, "ready\n");
	enter(world, &mask);
	host_thread_start(&thread, write_much, w);
	CHECK_EQ(ward_close_fd(w, 3), 0);
	host_thread_join(&thread);
	leave(world, &mask);
	expect_exit(w, 0);
}

TEST(a_reader_that_goes_away_meanwhile_raises_no_signal)
{
	for (int i = 0; i < 4; i++) {
		lose_the_reader(&worlds[i], (struct ward_stdio)PIPED);
		lose_the_reader(&worlds[i], (struct ward_stdio)SOCKETED);
	}
	CHECK_EQ(handled, 0);
}

/* What is fed by other calls meets the same. */
TEST(memory_that_nobody_reads_raises_no_signal)
{
	static const char much[1 << 20];

	for (int i = 0; i < WORLDS; i++) {
		struct ward_exit e = WARD_EXIT_INIT;
		struct ward *w;
		sigset_t mask;

		enter(&worlds[i], &mask);
		w = spawn_or_fail(CHILD("exit", "0"),
		                  WARD_SPAWN_OPTS(.in = MEMORY(much, sizeof(much))));
		CHECK_EQ(ward_wait(w, LONG_ENOUGH, &e), 1);
		CHECK_EQ(ward_feed(w, LONG_ENOUGH), 1);
		leave(&worlds[i], &mask);
		check_exited(&e, 0);
		ward_close(w);
	}
	CHECK_EQ(handled, 0);
}

/* The child has the signal as every program expects it. [clean-child] */
TEST(the_child_dies_by_the_signal_when_we_do_not_read)
{
	struct ward *w = spawn_or_fail(CHILD("produce", "1000000", "1"),
	                               WARD_SPAWN_OPTS(.out = PIPED));

	CHECK_EQ(ward_close_fd(w, 1), 0);
	expect_signal(w, SIGPIPE);
}

/* Other threads, which have it open, are not hit either. */
static atomic_bool over;

static void *stand_by(void *arg)
{
	while (!atomic_load(&over))
		host_yield();
	return arg;
}

TEST(no_other_thread_gets_the_signal)
{
	struct ward *w = start_and_let_end((struct ward_stdio)PIPED);
	struct sigaction action = { .sa_handler = on_pipe }, before;
	struct host_thread threads[3];

	sigaction(SIGPIPE, &action, &before);
	for (int i = 0; i < 3; i++)
		host_thread_start(&threads[i], stand_by, NULL);
	for (int i = 0; i < 200; i++)
		write_to_nobody(w);
	atomic_store(&over, true);
	for (int i = 0; i < 3; i++)
		host_thread_join(&threads[i]);
	sigaction(SIGPIPE, &before, NULL);
	CHECK_EQ(handled, 0);
	ward_close(w);
}
