/* SPDX-License-Identifier: MIT */
/*
 * A start under a keeper. The keeper is forked and forks the child, which the program
 * lets go when it knows the number; what becomes of the start comes through a socket,
 * first who the child is, then whether it runs. Until then the keeper holds the program's
 * descriptors, since its child needs some of them, and no longer.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fail.h"
#include "../gate.h"
#include "../unix/socket.h"
#include "keeper.h"
#include "keeper_life.h"
#include "keeping.h"
#include "number.h"

struct news {
	int32_t is_last, pid;
	int32_t has_handle, spare;    /* then the child's comes next */
	struct ward_error error;      /* code 0: all is well */
};

struct cradle {
	struct ward__keeper *keeper;
	struct ward__plan *plan;
	struct ward__keeper_life life;
	ward__hold_fn *then;
	void *arg;
	int news[2];                  /* ours, the keeper's */
};

/* --------------------------------------------------------------------- in the keeper */

static int tell_child(const struct cradle *cradle)
{
	const struct ward__keeper_life *life = &cradle->life;
	struct news news;

	memset(&news, 0, sizeof(news));
	news.pid = life->child;
	news.has_handle = life->child_fd >= 0;
	if (!ward__keeper_say(cradle->news[1], &news, sizeof(news)))
		return -ECANCELED;        /* the program has ended */
	if (!news.has_handle)
		return 0;
	return ward__socket_send(cradle->news[1], life->child_fd, -1);
}

/* The child waits meanwhile. */
static int introduce(void *arg, pid_t pid)
{
	struct cradle *cradle = arg;
	int32_t code;
	int r;

	cradle->life.child = pid;
	r = ward__keeper_settle(&cradle->life);
	if (r == 0)
		r = tell_child(cradle);
	if (r < 0)
		return r;
	if (!ward__keeper_hear(cradle->news[1], &code, sizeof(code)))
		return -ECANCELED;
	return code;
}

static pid_t make_child(void *arg)
{
	return ward__keeper_fork_child(&((struct cradle *)arg)->life.child_fd);
}

static int start(struct cradle *cradle, struct ward_error *error)
{
	struct ward__plan *plan = cradle->plan;
	pid_t pid;
	int r = cradle->life.what.tree ? ward__reaper_acquire() : 0;

	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	plan->parent = getpid();
	r = ward__fork_start_by(make_child, &pid, plan, introduce, cradle, error);
	if (r < 0)
		return r;
	r = ward__sys_chdir("/");
	if (r == 0)
		r = ward__keeper_shed(&cradle->life);
	if (r == 0)
		return 0;
	ward__keeper_undo(&cradle->life);
	return ward__fail(error, WARD_STEP_CLOSE, r, -1, NULL);
}

static _Noreturn void be_keeper(struct cradle *cradle)
{
	struct ward__keeper_life *life = &cradle->life;
	struct news news;
	int r;

	memset(&news, 0, sizeof(news));
	news.error.size = sizeof(news.error);
	news.error.number = -1;
	news.is_last = 1;
	r = start(cradle, &news.error);
	news.error.code = r;
	news.pid = life->child;
	ward__keeper_say(cradle->news[1], &news, sizeof(news));
	if (r < 0)
		ward__sys_exit(1);
	close(cradle->news[1]);
	life->news = -1;
	ward__keeper_live(life);
}

/* ----------------------------------------------------------------------- in the host */

/* The child waits meanwhile. */
static int meet(struct cradle *cradle, const struct news *news)
{
	if (news->has_handle) {
		int fd = ward__socket_recv(cradle->news[0], -1);

		if (fd < 0)
			return fd;
		cradle->keeper->child = fd;
	}
	return cradle->then(cradle->arg, news->pid);
}

/*
 * Its last words: 0. Else it was killed before it could say them, or we do not want the
 * child, and then do not listen any more: there may be a handle between the words.
 */
static int hear(struct cradle *cradle, struct news *news)
{
	while (ward__keeper_hear(cradle->news[0], news, sizeof(*news))) {
		int32_t code;

		if (news->is_last)
			return 0;
		code = meet(cradle, news);
		ward__keeper_say(cradle->news[0], &code, sizeof(code));
		if (code < 0)
			return code;
	}
	return -ECANCELED;
}

/*
 * One that cannot start anything ends by itself. One that is killed meanwhile leaves a
 * child that waits, finds itself an orphan, and ends.
 */
static int await_news(struct cradle *cradle, pid_t *pid, struct ward_error *error)
{
	struct news news;
	int r = hear(cradle, &news);

	if (r == 0 && news.error.code == 0) {
		*pid = news.pid;
		return 0;
	}
	if (r < 0)
		ward__fail(error, r == -ECANCELED ? WARD_STEP_PROCESS : WARD_STEP_HOLD, r,
		           -1, NULL);
	else
		*error = news.error;
	ward__keeper_collect(cradle->keeper, true);
	return error->code;
}

static int fork_keeper(struct cradle *cradle, struct ward_error *error)
{
	struct ward__keeper *k = cradle->keeper;
	struct ward__mask before;
	int r = ward__gate("fork");
	pid_t pid;

	if (r == 0)
		r = ward__sys_block_signals(&before);
	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	if (!cradle->plan->mask_is_set) {
		ward__plan_mask(cradle->plan, &before);
		cradle->plan->mask_is_set = true;
	}
	pid = ward__keeper_fork(&k->handle);
	if (pid == 0)
		be_keeper(cradle);
	r = pid < 0 ? -errno : 0;
	for (int tries = 0; tries < 3 && ward__sys_set_mask(&before) < 0; tries++)
		;
	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	k->base.pid = pid;
	return 0;
}

static void close_theirs(const struct cradle *cradle)
{
	for (int i = 0; i < WARD__STREAMS; i++)
		if (cradle->life.streams[i] >= 0)
			close(cradle->life.streams[i]);
}

static int run(struct cradle *cradle, pid_t *pid, struct ward_error *error)
{
	int r = ward__keeper_pair(cradle->news);

	if (r < 0) {
		close_theirs(cradle);
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	}
	cradle->life.news = cradle->news[1];
	r = fork_keeper(cradle, error);
	close_theirs(cradle);
	close(cradle->news[1]);
	if (r == 0)
		r = await_news(cradle, pid, error);
	close(cradle->news[0]);
	return r;
}

int ward__keeper_start(struct ward__keeper **ret, pid_t *pid, struct ward__plan *plan,
                       const struct ward__keeping *what, ward__hold_fn *then, void *arg,
                       struct ward_error *error)
{
	struct cradle cradle = { .plan = plan, .then = then, .arg = arg };
	int r = ward__keeper_new(&cradle.keeper, what, cradle.life.streams);

	if (r < 0)
		return ward__fail(error, WARD_STEP_HOLD, r, -1, NULL);
	cradle.life.what = *what;
	cradle.life.owner = getpid();
	cradle.life.owner_fd = cradle.life.child_fd = -1;
	cradle.life.death_signal = plan->death_signal;
	if (what->kill && ward__keeper_last_signal())
		plan->death_signal = ward__keeper_last_signal();
	r = run(&cradle, pid, error);
	if (r < 0)
		ward__keeper_drop(cradle.keeper);
	else
		*ret = cradle.keeper;
	return r;
}
