/* SPDX-License-Identifier: MIT */
/*
 * What the tests of runs and pipelines do over and over: run the helper's steps, look at
 * what came out, hold a child back until it is to go on.
 */
#ifndef RUN_H
#define RUN_H

#include "able.h"
#include "help.h"
#include "pattern.h"

#define PLAY(...) CHILD("play", __VA_ARGS__)

/* A process cannot be asked to end without a console that it shares with us. */
enum { ASKED_SIGNAL = HOST_POSIX ? SIGTERM : SIGKILL };

/* What the step `die` dies of, in the words of a result. */
enum { DIED_OF = HOST_POSIX ? SIGKILL : SIGSEGV };
#define DIED_OF_TEXT (HOST_POSIX ? "killed by signal 9 (KILL)" : "signal 11 (SEGV)")

/* ------------------------------------------------------------------------------ runs */

static inline struct ward_result run_or_fail(const char *const argv[],
                                             const struct ward_run_opts *opts)
{
	struct ward_run_opts own = opts ? *opts : *WARD_RUN_OPTS(0);
	struct ward_result result = WARD_RESULT_INIT;
	struct ward_error error = WARD_ERROR_INIT;
	int r;

	own.error = own.error ? own.error : &error;
	r = ward_run(argv, &own, &result);
	note_failure(r, own.error);
	REQUIRE_EQ(r, 0);
	return result;
}

/* A run that is to fail in this way; the result is left alone. */
static inline void run_fails(const char *const argv[], const struct ward_run_opts *opts,
                             int code)
{
	struct ward_result before = WARD_RESULT_INIT, result = before;

	CHECK_EQ(ward_run(argv, opts, &result), code);
	CHECK_EQ(result.n_stages, 0);
	CHECK(result.stages == NULL && result.out.data == NULL);
	CHECK(result.err.data == NULL);
	CHECK_EQ(result.exit.how, 0);
}

/* ------------------------------------------------------------------------- what came */

/* These bytes were kept, and a NUL stands behind them. */
static inline void check_kept(const struct ward_output *o, const void *data, size_t size)
{
	REQUIRE_EQ(o->size, size);
	REQUIRE(o->data != NULL);
	CHECK(memcmp(o->data, data, size) == 0);
	CHECK_EQ(o->data[size], '\0');
}

static inline void check_text(const struct ward_output *o, const char *text)
{
	check_kept(o, text, strlen(text));
	CHECK_STR(o->data, text);
}

/* Nothing is missing. */
static inline void check_whole(const struct ward_output *o, uint64_t size)
{
	CHECK_EQ(o->size, size);
	CHECK_EQ(o->total, size);
	CHECK_EQ(o->lost, 0);
	CHECK_EQ(o->flags, 0);
}

/* ... and it is the pattern. */
static inline void check_pattern(const struct ward_output *o, uint64_t size)
{
	check_whole(o, size);
	REQUIRE(o->data != NULL);
	CHECK_EQ(pattern_match(o->data, o->size, 0), size);
}

/* What the step `count` says of the first @size bytes of the pattern. */
static inline void check_counted(const struct ward_output *o, uint64_t size)
{
	char line[64];

	snprintf(line, sizeof(line), "%llu %016llx\n", (unsigned long long)size,
	         (unsigned long long)pattern_sum_of(size));
	check_text(o, line);
}

/* It wrote to somebody who was gone: a signal where there are any, else an error. */
static inline void check_lost_its_reader(const struct ward_exit *e)
{
#if HOST_POSIX
	check_signaled(e, SIGPIPE);
#else
	check_exited(e, 97);
#endif
}

static inline char *pattern_new(size_t size)
{
	char *data = malloc(size + 1);

	REQUIRE(data != NULL);
	pattern_fill(data, size, 0);
	return data;
}

/* ----------------------------------------------------------------------------- gates */

/* The child has one end of a pipe as its descriptor 3: it waits there for us, or its end
 * shows. */
struct gate {
	int ours, theirs;
	struct ward_fd fd;
	struct ward_spawn_opts opts;
};

static inline void gate_make(struct gate *g, bool child_reads)
{
	int ends[2];

	make_pipe(ends);
	g->ours = ends[child_reads];
	g->theirs = ends[!child_reads];
	g->fd = (struct ward_fd){ .fd = 3, .from = GIVEN(g->theirs) };
	g->opts = *WARD_SPAWN_OPTS(.fds = &g->fd, .n_fds = 1);
}

/* What waits at the gate goes on. */
static inline void gate_open(struct gate *g)
{
	if (g->ours >= 0)
		close(g->ours);
	g->ours = -1;
}

/* After the start: only children have their end. */
static inline void gate_given(struct gate *g)
{
	if (g->theirs >= 0)
		close(g->theirs);
	g->theirs = -1;
}

static inline void gate_end(struct gate *g)
{
	gate_open(g);
	gate_given(g);
}

/* Nobody is left who could write to it. */
static inline void check_nobody_there(struct gate *g)
{
	gate_given(g);
	CHECK(host_is_silent(g->ours));
}

#endif
