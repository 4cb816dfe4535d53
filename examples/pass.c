/* SPDX-License-Identifier: MIT */
/* Give a held process to another process over a socket; the other one ends it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <ward.h>

/* The other process: its stdin is the socket. */
static int receive(void)
{
	struct ward *w;
	int r = ward_recv(&w, STDIN_FILENO, 10 * WARD_NS_PER_S);

	if (r == 0) {
		printf("receiver: holds what it did not start, and ends it\n");
		r = ward_signal(w, SIGTERM);
		ward_close(w);
	}
	return r < 0;
}

/* Start `sleep` and the other process, and hand the one to the other. */
static int give(const char *self, struct ward *w[2], int pair[2])
{
	const char *const held[] = { "sleep", "60", NULL };
	const char *const other[] = { self, "receive", NULL };
	const struct ward_stdio in = { .kind = WARD_FD_GIVEN, .fd = pair[1] };
	int r = ward_spawn(&w[0], held, WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));

	if (r == 0)
		r = ward_spawn(&w[1], other, WARD_SPAWN_OPTS(.in = in));
	if (r == 0)
		r = ward_send(w[0], pair[0], 10 * WARD_NS_PER_S);
	return r;
}

int main(int argc, char **argv)
{
	struct ward_exit end[2] = { WARD_EXIT_INIT, WARD_EXIT_INIT };
	struct ward *w[2] = { NULL, NULL };
	int pair[2], r;

	if (argc > 1)
		return receive();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	r = give(argv[0], w, pair);
	for (int i = 0; r >= 0 && i < 2; i++)
		r = ward_wait(w[i], 10 * WARD_NS_PER_S, &end[i]);
	if (r < 0)
		fprintf(stderr, "pass: %s\n", ward_strerror(r));
	printf("giver: signal %d, receiver %d\n", (int)end[0].signal, (int)end[1].code);
	ward_close(w[1]);
	ward_close(w[0]);
	if (r == -ENOTSUP)
		return 77; /* a test that was skipped */
	return r == 1 && end[0].signal == SIGTERM && end[1].code == 0 ? 0 : 1;
}
