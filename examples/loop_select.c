/* SPDX-License-Identifier: MIT */
/* Start a program, and have its end told by select, with a time-out. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/select.h>
#include <time.h>
#include <ward.h>

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * WARD_NS_PER_S + t.tv_nsec;
}

/* What is left until then in microseconds: rounded up, so that the last one is no busy
 * one; a day at most, which fits everywhere. */
static struct timeval left(int64_t then)
{
	int64_t us = (then - now() + 999) / 1000;

	us = us < 0 ? 0 : us < INT64_C(86400000000) ? us : INT64_C(86400000000);
	return (struct timeval){ us / 1000000, us % 1000000 };
}

/* 1: it has ended; 0: the time is over; -EMFILE: select cannot, poll can; or another. */
static int wait_by_select(struct ward *w, int64_t timeout_ns, struct ward_exit *exit)
{
	int64_t end = now() + timeout_ns, again = end, pause = WARD_NS_PER_MS;
	int r, n, fd = ward_poll_fd(w);
	bool away = false;

	/* FD_SET of a higher number writes beyond the set. */
	if (fd >= FD_SETSIZE)
		return -EMFILE;
	r = fd < 0 ? fd : 0;
	while (r == 0) {
		struct timeval time = left(again);
		fd_set set;

		FD_ZERO(&set);
		if (!away)
			FD_SET(fd, &set);
		n = select(fd + 1, &set, NULL, NULL, &time);
		if (n < 0 && errno != EINTR)
			return -errno;
		r = ward_wait(w, 0, exit);
		if (r != 0 || now() >= end)
			break;
		/* Ready, and no end: a debugger holds it back. Look away for a while. */
		if (n > 0 || now() >= again) {
			away = true;
			again = now() + pause < end ? now() + pause : end;
			pause = pause < 64 * WARD_NS_PER_MS ? 2 * pause : pause;
		}
	}
	return r;
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "exit 3", NULL };
	struct ward_exit exit = WARD_EXIT_INIT;
	struct ward *w;
	char text[64];
	int r;

	if (ward_spawn(&w, argv, NULL) < 0)
		return 1;
	r = wait_by_select(w, 10 * WARD_NS_PER_S, &exit);
	ward_close(w);
	if (r == 1)
		ward_exit_text(&exit, text, sizeof(text));
	printf("sh %s\n", r == 1 ? text : r == 0 ? "still runs" : ward_strerror(r));
	return r == 1 && exit.code == 3 ? 0 : 1;
}
