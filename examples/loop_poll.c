/* SPDX-License-Identifier: MIT */
/* Start a program, and have its end told by poll, with a time-out. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <ward.h>

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * WARD_NS_PER_S + t.tv_nsec;
}

/* What is left until then in milliseconds: rounded up, so that the last one is no busy
 * one; a day at most, which fits everywhere. */
static int left(int64_t then)
{
	int64_t ms = (then - now() + WARD_NS_PER_MS - 1) / WARD_NS_PER_MS;

	return ms < 0 ? 0 : ms < 86400000 ? (int)ms : 86400000;
}

/* 1, it has ended; 0, the time is over; or a negative errno. */
static int wait_by_poll(struct ward *w, int64_t timeout_ns, struct ward_exit *exit)
{
	int64_t end = now() + timeout_ns, again = end, pause = WARD_NS_PER_MS;
	struct pollfd fd = { ward_poll_fd(w), POLLIN, 0 };
	int r = fd.fd < 0 ? fd.fd : 0;

	while (r == 0) {
		if (poll(&fd, 1, left(again)) < 0 && errno != EINTR)
			return -errno;
		r = ward_wait(w, 0, exit);
		if (r != 0 || now() >= end)
			break;
		/* Ready, and no end: a debugger holds it back. Look away for a while. */
		if (fd.revents || now() >= again) {
			fd = (struct pollfd){ -1, 0, 0 };
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
	r = wait_by_poll(w, 10 * WARD_NS_PER_S, &exit);
	ward_close(w);
	if (r == 1)
		ward_exit_text(&exit, text, sizeof(text));
	printf("sh %s\n", r == 1 ? text : r == 0 ? "still runs" : ward_strerror(r));
	return r == 1 && exit.code == 3 ? 0 : 1;
}
