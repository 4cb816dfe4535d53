/* SPDX-License-Identifier: MIT */
/*
 * A keeper that is a copy of its host, where it cannot have its own program. It runs the
 * same code, and keeps the host's memory as it was for as long as it lives. What becomes
 * of the start it tells through a socket, since nothing is shared: first who the child
 * is, while that still waits to be let go, then whether it runs.
 */
#define _GNU_SOURCE 1
#include "keeper_fork.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/fork.h"
#include "../unix/poll.h"
#include "keeper_start.h"
#include "pidfd.h"
#include "probe.h"

/*
 * What the keeper tells; of the first kind until the child runs or is gone. With the
 * first comes the child's pidfd, with the last its own.
 */
struct news {
	int32_t is_last, pid;
	struct ward_error error;      /* code 0: all is well */
};

struct copy {
	struct ward__cradle *cradle;
	struct ward__plan *plan;      /* NULL: no child */
	struct ward__keeper_state *state;
	int news;                     /* the keeper's end */
};

/* -------------------------------------------------------------------- in the keeper */

static int tell(int socket, const struct news *news, int fd)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
	struct iovec part = { (void *)(uintptr_t)news, sizeof(*news) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *head = (void *)room;

	if (fd >= 0) {
		memset(room, 0, sizeof(room));
		message.msg_control = room;
		message.msg_controllen = sizeof(room);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The child waits meanwhile, so it cannot be gone before it is held. */
static int introduce(void *arg, pid_t pid)
{
	const struct copy *copy = arg;
	struct news news = { .pid = pid };
	int fd = ward__can(WARD__PIDFD_OPEN) ? ward__pidfd_open(pid) : -ENOSYS, r;

	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
		return fd;
	r = tell(copy->news, &news, fd);
	if (fd >= 0)
		close(fd);
	return r;
}

static int make_child(struct copy *copy, struct ward_error *error)
{
	struct ward__keeper_birth *birth = &copy->cradle->birth;
	pid_t pid = 0;
	int r;

	copy->plan->parent = getpid();
	r = ward__fork_start(&pid, copy->plan, introduce, copy, error);
	birth->numbers[WARD__KEEPER_CHILD] = birth->child_pid = pid;
	return r;
}

static int begin(struct copy *copy, struct ward_error *error)
{
	struct ward__keeper_birth *birth = &copy->cradle->birth;
	int r = ward__keeper_settle(birth);

	if (r < 0)
		return ward__fail(error, birth->report.step, r, -1, NULL);
	r = copy->plan ? make_child(copy, error) : 0;
	if (r < 0)
		return r;
	/* After its child, of which the caller knows then: it cannot fail for it. */
	ward__keeper_leave_group(birth);
	birth->numbers[WARD__KEEPER_FLAGS] |= WARD__KEEP_ADOPTED;
	memcpy(copy->state->numbers, birth->numbers, sizeof(birth->numbers));
	memcpy(copy->state->words, birth->words, sizeof(copy->state->words));
	return 0;
}

/* It ends like this and no other way, so that nothing of the host's is run at its end. */
static _Noreturn void end(void)
{
	for (;;)
		syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

/* Only we can open ourselves for sure: our number is free again when we are collected. */
static int hold_keeper(int *ret, struct ward_error *error)
{
	*ret = ward__can(WARD__PIDFD_OPEN) ? ward__pidfd_open(getpid()) : -1;
	if (*ret >= 0 || !ward__can(WARD__PIDFD_OPEN))
		return 0;
	return ward__fail(error, WARD_STEP_HOLD, *ret, -1, NULL);
}

static _Noreturn void be_keeper(struct copy *copy)
{
	struct ward__keeper_birth *birth = &copy->cradle->birth;
	struct news news = { .is_last = 1, .error = { .size = sizeof(news.error) } };
	int self, r = hold_keeper(&self, &news.error);

	if (r == 0)
		r = begin(copy, &news.error);
	if (r < 0)
		news.error.code = r;
	news.pid = birth->child_pid;
	tell(copy->news, &news, self);
	if (r < 0)
		end();
	if (ward__sys_chdir("/") < 0 || ward__keeper_shed(birth) < 0)
		ward__sys_close(copy->news);
	ward__keeper_live(copy->state);
	end();
}

/* ---------------------------------------------------------------------- in the host */

static int hear_once(struct ward__cradle *cradle, int socket, struct news *news)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
	struct iovec part = { news, sizeof(*news) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
		                  .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *head;
	ssize_t n;
	int fd;

	n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	head = CMSG_FIRSTHDR(&message);
	if (head && head->cmsg_type == SCM_RIGHTS) {
		memcpy(&fd, CMSG_DATA(head), sizeof(fd));
		*(news->is_last ? &cradle->keeper->pidfd : &cradle->birth.child_fd) = fd;
	}
	return n == (ssize_t)sizeof(*news);
}

/* Its last words: 1; 0, it was killed before it could say them. */
static int hear(struct ward__cradle *cradle, int socket, struct news *news)
{
	for (;;) {
		int r = hear_once(cradle, socket, news);

		if (r == -EINTR)
			continue;
		if (r <= 0)
			return 0;
		cradle->birth.child_pid = news->pid;
		if (news->is_last)
			return 1;
	}
}

static int judge(struct ward__cradle *cradle, int heard, const struct news *news,
                 struct ward_error *error)
{
	int r = heard ? news->error.code : -ECANCELED;
	bool is_held = cradle->keeper->pidfd >= 0 &&
	               (cradle->birth.child_fd >= 0 || !cradle->birth.child);

	/* A descriptor that could not be received was thrown away. */
	if (r == 0 && !is_held && ward__can(WARD__PIDFD_OPEN))
		r = ward__fail(error, WARD_STEP_HOLD, -EMFILE, -1, NULL);
	else if (r < 0 && heard)
		*error = news->error;
	else if (r < 0)
		ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	return r;
}

static void undo(struct ward__cradle *cradle)
{
	struct ward__keeper *k = cradle->keeper;

	/*
	 * It collects its child, which is left to others if it is killed first. One that
	 * only watches has none, and would not end by being asked to kill.
	 */
	if (k->watches || ward__keeper_ask(k, WARD__ASK_KILL, 0, NULL) < 0)
		ward__kill(k->base.pid, SIGKILL, false);
	ward__cradle_end_child(cradle->birth.child_fd);
	cradle->birth.child_fd = -1;
	ward__keeper_collect(k, true);
}

static int await_news(struct ward__cradle *cradle, int socket, struct ward_error *error)
{
	struct news news = { 0 };
	int r;

	/* Its ends of the conversation are its own alone, or its death is not seen. */
	ward__keeper_close_ends(&cradle->theirs);
	r = hear(cradle, socket, &news);
	r = judge(cradle, r, &news, error);
	if (r < 0)
		undo(cradle);
	return r;
}

static int make(struct copy *copy, struct ward_error *error)
{
	struct ward__mask before;
	int r = ward__gate("fork");
	pid_t pid;

	if (r == 0)
		r = ward__sys_block_signals(&before);
	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	if (copy->plan) {
		ward__plan_mask(copy->plan, &before);
		copy->plan->mask_is_set = true;
	}
	pid = fork();
	if (pid == 0)
		be_keeper(copy);
	r = pid < 0 ? -errno : 0;
	for (int tries = 0; tries < 3 && ward__sys_set_mask(&before) < 0; tries++)
		;
	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	copy->cradle->keeper->base.pid = pid;
	return 0;
}

static int run(struct copy *copy, struct ward_error *error)
{
	int ends[2], r = ward__keeper_pair(ends);

	if (r < 0)
		return ward__fail(error, WARD_STEP_PROCESS, r, -1, NULL);
	copy->news = ends[1];
	r = make(copy, error);
	close(ends[1]);
	if (r == 0)
		r = await_news(copy->cradle, ends[0], error);
	close(ends[0]);
	return r;
}

static void *map_state(void)
{
	void *state;

	if (ward__gate("mmap") < 0)
		return NULL;
	state = mmap(NULL, sizeof(struct ward__keeper_state), PROT_READ | PROT_WRITE,
	             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return state == MAP_FAILED ? NULL : state;
}

int ward__keeper_fork(struct ward__cradle *cradle, struct ward__plan *plan,
                      struct ward_error *error)
{
	struct copy copy = { .cradle = cradle, .plan = plan };
	int r;

	if (cradle->keeper->what.namespace)
		return -ENOSYS;
	copy.state = map_state();
	if (!copy.state)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	if (plan) {
		plan->unshare = false;
		plan->handlers_cleared = false;
	}
	r = run(&copy, error);
	munmap(copy.state, sizeof(*copy.state));
	return r;
}
