/* SPDX-License-Identifier: MIT */
/*
 * One trial, in two processes of its own. The outer one is what init is elsewhere:
 * orphans come to it and are collected at once, and it stays until it has no child left,
 * so that a trial begins with nothing of the one before. The inner one makes the tree and
 * ends it.
 *
 * Nothing can be left behind: every process of the tree ends by itself when the write end
 * of its lifeline is closed, which nobody has but the benchmark, and it does that at the
 * end of each trial, by closing it or by its own end. Both processes of the trial then
 * find their tree gone, give back what they have made, and end as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "job.h"

enum { FAN = 10, QUIET_MS = 20, HOST_BYTES = 64 << 20 };

const char *tree_program;

/* ------------------------------------------------------------------------ making it */

/* Till each has written its byte and, as far as one can tell, sleeps. */
static int await_all(int ready, uint32_t n)
{
	const struct timespec quiet = { 0, QUIET_MS * 1000000 };
	struct pollfd one = { .fd = ready, .events = POLLIN };
	char text[4096];
	ssize_t got;

	while (n > 0) {
		if (poll(&one, 1, WAIT_S * 1000) <= 0)
			return -ETIMEDOUT;
		got = read(ready, text, sizeof(text));
		if (got <= 0)
			return got < 0 ? -errno : -EPIPE;
		if (memchr(text, 'F', (size_t)got))
			return -EAGAIN;
		n -= (uint32_t)got;
	}
	nanosleep(&quiet, NULL);
	return 0;
}

static int make(struct tree *tree, uint32_t n, int life, int ready[2])
{
	char count[16], fan[16];
	const char *argv[] = { tree_program, count, fan, NULL };
	int r;

	snprintf(count, sizeof(count), "%u", (unsigned)n);
	snprintf(fan, sizeof(fan), "%d", FAN);
	r = tree->by->start(tree, argv, life, ready[1]);
	close(ready[1]);
	return r < 0 ? r : await_all(ready[0], n);
}

/* ------------------------------------------------------------------------ ending it */

struct witness {
	int pipe;
	int64_t gone;
};

/* In a thread: no reader is woken but by the end of the last writer. */
static void *see_the_last(void *arg)
{
	struct witness *witness = arg;
	struct pollfd one = { .fd = witness->pipe };

	if (poll(&one, 1, WAIT_S * 1000) > 0)
		witness->gone = now_ns();
	return NULL;
}

static int end(struct tree *tree, struct outcome *ret, const struct witness *witness,
	       pthread_t thread)
{
	int64_t begin = now_ns();
	int r = tree->by->end(tree);

	ret->asked_ns = (double)(now_ns() - begin);
	if (r < 0)
		return r;
	r = tree->by->wait(tree);
	ret->empty_ns = (double)(now_ns() - begin);
	if (r < 0)
		return r;
	pthread_join(thread, NULL);
	if (!witness->gone)
		return -ETIMEDOUT;
	ret->gone_ns = (double)(witness->gone - begin);
	return 0;
}

static int measure_end(struct tree *tree, struct outcome *ret, int ready)
{
	struct witness witness = { .pipe = ready };
	const struct timespec moment = { 0, 1000000 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, see_the_last, &witness) != 0)
		return -EAGAIN;
	nanosleep(&moment, NULL);
	return end(tree, ret, &witness, thread);
}

/* ------------------------------------------------------------------- its processes */

/* So that a copy of the host would be seen. */
static void take_memory(void)
{
	void *memory = mmap(NULL, HOST_BYTES, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
}

static int carry_out(const struct order_tree *order, int life, struct outcome *ret)
{
	struct tree tree = { .by = order->by };
	int ready[2], r;

	if (order->memory)
		take_memory();
	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	r = make(&tree, order->n, life, ready);
	if (r == 0 && order->memory && order->n > 1)
		r = (int)ward_job_count(tree.job) < 0 ? -EPROTO : 0;
	if (r == 0 && order->memory)
		r = footprint_read(tree.ward, &ret->keeper);
	else if (r == 0)
		r = measure_end(&tree, ret, ready[0]);
	order->by->close(&tree);
	return r;
}

static void collect_all(void)
{
	pid_t pid;

	do
		pid = wait(NULL);
	while (pid >= 0 || errno == EINTR);
}

/* What ends the benchmark from a terminal is not to end what cleans up behind it. */
static _Noreturn void live(const struct order_tree *order, int life, int result)
{
	struct outcome outcome = { 0 };
	pid_t inner;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		_exit(1);
	inner = fork();
	if (inner == 0) {
		outcome.error = carry_out(order, life, &outcome);
		if (write(result, &outcome, sizeof(outcome)) < 0)
			_exit(1);
		_exit(0);
	}
	close(life);
	close(result);
	collect_all();
	_exit(inner < 0);
}

/* ------------------------------------------------------------------------- the trial */

static void hear(int result, struct outcome *ret)
{
	ssize_t n = read(result, ret, sizeof(*ret));

	if (n != (ssize_t)sizeof(*ret))
		ret->error = n < 0 ? -errno : -EPIPE;
}

void trial_run(const struct order_tree *order, struct outcome *ret)
{
	int life[2], result[2];
	pid_t outer;

	memset(ret, 0, sizeof(*ret));
	if (pipe2(life, O_CLOEXEC) < 0 || pipe2(result, O_CLOEXEC) < 0)
		die("pipe");
	fflush(NULL);
	outer = fork();
	if (outer < 0)
		die("fork");
	if (outer == 0) {
		close(life[1]);
		close(result[0]);
		live(order, life[0], result[1]);
	}
	close(life[0]);
	close(result[1]);
	hear(result[0], ret);
	close(result[0]);
	close(life[1]);
	waitpid(outer, NULL, 0);
}
