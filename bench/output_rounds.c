/* SPDX-License-Identifier: MIT */
/*
 * Measure one contest: a turn of each player, round after round, in another order each
 * time. A turn is done in a process of its own, forked for it: so nobody inherits another
 * one's heap, and who has filled a GiB gives it back by ending, after the clock has
 * stopped. A peer that is slow sits out most rounds.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS_MIN = 9, ROUNDS_MAX = 1000, WARM_UP = 3 };
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23                /* Linux 5.14 */
#endif
static const double slow = 1;                 /* times the quickest: sits rounds out */

/* ------------------------------------------------------------------------ one turn */

struct report {
	int error;
	struct outcome outcome;
};

static int64_t own_cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
	       ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

/* Short turns are done a few times before: first calls are slower, and not meant. */
static int warm_up(play_fn *play, const struct task *task)
{
	struct outcome ignored = { 0 };
	struct task few = *task;

	if (task->turns <= WARM_UP)
		return 0;
	few.turns = WARM_UP;
	return play(&few, &ignored);
}

static int play_timed(play_fn *play, const struct task *task, struct outcome *ret)
{
	int64_t begin, cpu;
	int r;

	r = warm_up(play, task);
	if (r < 0)
		return r;
	cpu = own_cpu_ns();
	begin = now_ns();
	r = play(task, ret);
	if (ret->ns == 0) {
		ret->ns = now_ns() - begin;
		ret->cpu_ns = own_cpu_ns() - cpu;
	}
	if (r == 0 && ret->bytes != task->bytes * task->turns)
		r = -EMSGSIZE;
	return r;
}

/*
 * Touch as much memory as the task may need, and give it back. What a virtual machine has
 * not used for a while its host may have taken away, and who touches it next would pay
 * for that, by several times the price of the whole turn.
 */
static void warm_memory(const struct task *task)
{
	size_t size = task->act == MOVE_FILE ? task->bytes : 2 * task->bytes;
	void *memory;

	if (task->act != CAPTURE && task->act != MOVE_FILE)
		return;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return;
	(void)madvise(memory, size, MADV_HUGEPAGE);
	if (madvise(memory, size, MADV_POPULATE_WRITE) < 0)
		memset(memory, 1, size);
	munmap(memory, size);
}

static int open_target(const struct task *task, const char *folder)
{
	struct statvfs space;
	int fd;

	if (task->act == MOVE_NULL)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	else
		fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (task->act == MOVE_FILE &&
	    (fstatvfs(fd, &space) < 0 ||
	     space.f_bavail < 2 * task->bytes / space.f_bsize))
		return -ENOSPC;
	return fd;
}

static _Noreturn void serve(const struct lane *lane, struct task task,
			    const struct settings *settings, int answer)
{
	struct report report = { 0 };

	warm_memory(&task);
	report.error = cpu_pin(settings->cpu);
	if (report.error == 0 && (task.act == MOVE_FILE || task.act == MOVE_NULL)) {
		task.fd = open_target(&task, settings->folder);
		report.error = task.fd < 0 ? task.fd : 0;
	}
	if (report.error == 0)
		report.error = play_timed(lane->player->play[task.act], &task,
		                          &report.outcome);
	_exit(write(answer, &report, sizeof(report)) != sizeof(report));
}

static int turn(const struct lane *lane, const struct contest *c,
		const struct settings *settings, struct outcome *ret)
{
	struct report report;
	int pair[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		serve(lane, c->task, settings, pair[1]);
	close(pair[1]);
	n = read(pair[0], &report, sizeof(report));
	close(pair[0]);
	waitpid(pid, NULL, 0);
	if (n != sizeof(report))
		return -EPIPE;
	*ret = report.outcome;
	return report.error;
}

/* ---------------------------------------------------------------------- all of them */

static void write_raw(const struct contest *c, const struct lane *lane,
		      const struct outcome *o, FILE *raw)
{
	if (raw)
		fprintf(raw, "%s\t%d\t%s\t%.0f\t%.0f\n", c->spec->name, c->rounds,
		        lane->player->name, (double)o->ns, (double)o->cpu_ns);
}

static void sit_out(struct lane *lane)
{
	series_add(&lane->ns, NAN);
	series_add(&lane->cpu_ns, NAN);
}

static void take_part(struct contest *c, struct lane *lane,
		      const struct settings *settings)
{
	struct outcome outcome = { 0 };

	lane->error = turn(lane, c, settings, &outcome);
	if (lane->error)
		return;
	series_add(&lane->ns, (double)outcome.ns);
	series_add(&lane->cpu_ns, (double)outcome.cpu_ns);
	write_raw(c, lane, &outcome, settings->raw);
}

static void round_run(struct contest *c, const struct settings *settings)
{
	int order[PLAYERS_MAX] = { 0 }, i;
	struct lane *lane;

	for (i = 0; i < c->n_lanes; i++)
		order[i] = i;
	shuffle(order, c->n_lanes);
	for (i = 0; i < c->n_lanes; i++) {
		lane = &c->lanes[order[i]];
		if (lane->error)
			continue;
		if (c->rounds % lane->every)
			sit_out(lane);
		else
			take_part(c, lane, settings);
	}
	c->rounds++;
}

/* One turn of each that does not count tells how often each takes part. */
static void plan(struct contest *c, const struct settings *settings)
{
	struct outcome trial[PLAYERS_MAX] = { 0 };
	double quickest = INFINITY;
	struct lane *lane;
	int i;

	for (i = 0; i < c->n_lanes; i++) {
		lane = &c->lanes[i];
		lane->error = turn(lane, c, settings, &trial[i]);
		if (lane->error == 0)
			quickest = fmin(quickest, (double)trial[i].ns);
	}
	for (i = 0; i < c->n_lanes; i++) {
		lane = &c->lanes[i];
		lane->every = 1;
		if (lane->player->is_peer && lane->error == 0)
			lane->every = (int)fmax(1, (double)trial[i].ns / quickest / slow);
	}
}

static void prepare(struct contest *c, const struct settings *settings)
{
	static char bytes[24];
	static const char *argv[4];
	const struct contest_spec *spec = c->spec;
	struct task *task = &c->task;
	int i;

	task->act = spec->act;
	task->bytes = settings->quick ? spec->quick_bytes : spec->bytes;
	task->turns = settings->quick ? spec->quick_turns : spec->turns;
	snprintf(bytes, sizeof(bytes), "%.0f", (double)task->bytes);
	argv[0] = spec->act == SMALL ? settings->say : settings->writer;
	argv[1] = spec->act == SMALL ? NULL : spec->act == ECHO ? "echo" : bytes;
	argv[2] = spec->chunk;
	task->argv = argv;
	for (i = 0; players[i]; i++)
		if (players[i]->play[spec->act] &&
		    !(settings->no_peers && players[i]->is_peer))
			c->lanes[c->n_lanes++].player = players[i];
}

void contest_measure(struct contest *ret, const struct contest_spec *spec,
		     const struct settings *settings)
{
	int64_t begin;
	double elapsed = 0;

	memset(ret, 0, sizeof(*ret));
	ret->spec = spec;
	prepare(ret, settings);
	plan(ret, settings);
	begin = now_ns();
	while (ret->rounds < ROUNDS_MIN ||
	       (elapsed < settings->seconds && ret->rounds < ROUNDS_MAX)) {
		progress(spec->name, ret->rounds, elapsed, settings->seconds);
		round_run(ret, settings);
		elapsed = (double)(now_ns() - begin) / 1e9;
	}
	progress(NULL, 0, 0, 0);
}

void contest_free(struct contest *contest)
{
	int i;

	for (i = 0; i < contest->n_lanes; i++) {
		free(contest->lanes[i].ns.value);
		free(contest->lanes[i].cpu_ns.value);
	}
}

const struct lane *contest_lane(const struct contest *contest,
				const struct player *player)
{
	int i;

	for (i = 0; i < contest->n_lanes; i++)
		if (contest->lanes[i].player == player && !contest->lanes[i].error)
			return &contest->lanes[i];
	return NULL;
}

struct ratio lanes_ratio(const struct lane *a, const struct lane *b)
{
	struct ratio unknown = { 0, NAN, NAN, NAN };

	return a && b ? series_ratio(&b->ns, &a->ns) : unknown;
}
