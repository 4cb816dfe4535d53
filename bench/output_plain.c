/* SPDX-License-Identifier: MIT */
/*
 * The floor: what a patient programmer writes by hand for one case, with nothing that a
 * library has to care for (a second stream, a clock, input, a limit). The buffer grows by
 * moving its pages, huge ones where the system has them, since the first touch of memory
 * costs more than anything else; pipe and reads are of the size that was found best.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK_BYTES = 2 << 20, MOVE_BYTES = 1 << 20 };

struct growing {
	char *data;
	size_t size, room;
};

static int grow(struct growing *to)
{
	size_t room = to->room ? 2 * to->room : BLOCK_BYTES;
	void *data;

	if (to->data)
		data = mremap(to->data, to->room, room, MREMAP_MAYMOVE);
	else
		data = mmap(NULL, room, PROT_READ | PROT_WRITE,
		            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return -errno;
	(void)madvise(data, room, MADV_HUGEPAGE);
	to->data = data;
	to->room = room;
	return 0;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What is read of @fd; or it waits first. As read, with a negative errno. */
static ssize_t read_some(int fd, void *buf, size_t size, bool polls)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		n = read(fd, buf, size);
		if (n >= 0)
			return n;
		if (errno != EAGAIN || !polls)
			return -errno;
		if (poll(&event, 1, -1) < 0)
			return -errno;
	}
}

static int read_all(int fd, struct growing *to, bool polls)
{
	ssize_t n;
	int r;

	for (;;) {
		if (to->size == to->room) {
			r = grow(to);
			if (r < 0)
				return r;
		}
		n = read_some(fd, to->data + to->size,
		              smaller(to->room - to->size, READ_BYTES), polls);
		if (n <= 0)
			return (int)n;
		to->size += (size_t)n;
	}
}

static int set_polled(const struct child *child, bool polls)
{
	if (polls && child->out >= 0 && fcntl(child->out, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int capture(const struct task *task, struct outcome *ret, bool polls)
{
	struct growing all = { 0 };
	struct child child;
	int r, end;

	r = child_start(&child, task->argv, START_OUT | START_WIDE);
	if (r < 0)
		return r;
	r = set_polled(&child, polls);
	if (r == 0)
		r = read_all(child.out, &all, polls);
	end = child_end(&child);
	ret->bytes = all.size;
	return r < 0 ? r : end;
}

static int discard(const struct task *task, struct outcome *ret, bool polls)
{
	static char buf[READ_BYTES];
	struct child child;
	ssize_t n;
	int r, end;

	r = child_start(&child, task->argv, START_OUT | START_WIDE);
	if (r < 0)
		return r;
	r = set_polled(&child, polls);
	while (r == 0 && (n = read_some(child.out, buf, sizeof(buf), polls)) != 0) {
		if (n < 0)
			r = (int)n;
		else
			ret->bytes += (uint64_t)n;
	}
	end = child_end(&child);
	return r < 0 ? r : end;
}

static int play_move(const struct task *task, struct outcome *ret)
{
	struct child child;
	ssize_t n;
	int r, end;

	r = child_start(&child, task->argv, START_OUT | START_WIDE);
	if (r < 0)
		return r;
	while ((n = splice(child.out, NULL, task->fd, NULL, MOVE_BYTES,
	                   SPLICE_F_MOVE)) > 0)
		ret->bytes += (uint64_t)n;
	r = n < 0 ? -errno : 0;
	end = child_end(&child);
	return r < 0 ? r : end;
}

/* One run, its few bytes into memory that is given back. */
static int run_small(const struct task *task, struct outcome *ret, bool polls)
{
	size_t size = 0, room = 4096;
	struct child child;
	ssize_t n = 0;
	int r, end;
	char *buf;

	buf = malloc(room);
	r = buf ? child_start(&child, task->argv, START_OUT) : -ENOMEM;
	if (r < 0)
		goto free_buf;
	r = set_polled(&child, polls);
	while (r == 0 && size < room &&
	       (n = read_some(child.out, buf + size, room - size, polls)) > 0)
		size += (size_t)n;
	if (n < 0)
		r = (int)n;
	end = child_end(&child);
	ret->bytes += size;
	if (r == 0)
		r = end;

free_buf:
	free(buf);
	return r;
}

static int small(const struct task *task, struct outcome *ret, bool polls)
{
	unsigned i;
	int r = 0;

	for (i = 0; i < task->turns && r == 0; i++)
		r = run_small(task, ret, polls);
	return r;
}

static int trip(const struct child *child, struct outcome *ret, bool polls)
{
	char there[ECHO_BYTES], back[ECHO_BYTES];
	size_t got = 0;
	ssize_t n;

	memset(there, 'x', sizeof(there));
	if (write(child->in, there, sizeof(there)) != (ssize_t)sizeof(there))
		return -EPROTO;
	while (got < sizeof(back)) {
		n = read_some(child->out, back + got, sizeof(back) - got, polls);
		if (n <= 0)
			return n < 0 ? (int)n : -EPROTO;
		got += (size_t)n;
	}
	ret->bytes += got;
	return 0;
}

static int echo(const struct task *task, struct outcome *ret, bool polls)
{
	struct child child;
	unsigned i;
	int r, end;

	r = child_start(&child, task->argv, START_IN | START_OUT);
	if (r < 0)
		return r;
	r = set_polled(&child, polls);
	for (i = 0; i < task->turns && r == 0; i++)
		r = trip(&child, ret, polls);
	end = child_end(&child);
	return r < 0 ? r : end;
}

static int play_capture(const struct task *task, struct outcome *ret)
{
	return capture(task, ret, false);
}

static int poll_capture(const struct task *task, struct outcome *ret)
{
	return capture(task, ret, true);
}

static int play_discard(const struct task *task, struct outcome *ret)
{
	return discard(task, ret, false);
}

static int poll_discard(const struct task *task, struct outcome *ret)
{
	return discard(task, ret, true);
}

static int play_small(const struct task *task, struct outcome *ret)
{
	return small(task, ret, false);
}

static int poll_small(const struct task *task, struct outcome *ret)
{
	return small(task, ret, true);
}

static int play_echo(const struct task *task, struct outcome *ret)
{
	return echo(task, ret, false);
}

static int poll_echo(const struct task *task, struct outcome *ret)
{
	return echo(task, ret, true);
}

const struct player plain_player = {
	.name = "floor",
	.play = {
		[CAPTURE] = play_capture,
		[DISCARD] = play_discard,
		[MOVE_FILE] = play_move,
		[MOVE_NULL] = play_move,
		[SMALL] = play_small,
		[ECHO] = play_echo,
	},
};

const struct player poll_player = {
	.name = "floor, with poll",
	.play = {
		[CAPTURE] = poll_capture,
		[DISCARD] = poll_discard,
		[SMALL] = poll_small,
		[ECHO] = poll_echo,
	},
};
