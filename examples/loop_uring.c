/* SPDX-License-Identifier: MIT */
/* Start a program, and let a ring of io_uring tell how it ended. */
#include <stdio.h>
#include <ward/uring.h>

static void ask(struct io_uring *ring, struct ward_uring *wait)
{
	ward_uring_prep_wait(io_uring_get_sqe(ring), wait);
	io_uring_submit(ring);
}

/* 1, it has ended; or a negative errno. Ours is the only request. */
static int run(struct io_uring *ring, struct ward_uring *wait, struct ward_exit *exit)
{
	struct io_uring_cqe *cqe;
	int r;

	do {
		ask(ring, wait);
		r = io_uring_wait_cqe(ring, &cqe);
		if (r < 0)
			return r;
		r = ward_uring_result(wait, cqe, exit);
		io_uring_cqe_seen(ring, cqe);
	} while (r == 0);
	return r;
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "exit 3", NULL };
	struct ward_exit exit = WARD_EXIT_INIT;
	struct ward_uring wait;
	struct io_uring ring;
	struct ward *w;
	char text[64];
	int r = io_uring_queue_init(8, &ring, 0);

	if (r < 0) {
		printf("no io_uring here: %s\n", ward_strerror(r));
		return 0;
	}
	if (ward_spawn(&w, argv, NULL) < 0 || ward_uring_init(&wait, w, 0) < 0)
		return 1;
	r = run(&ring, &wait, &exit);
	ward_exit_text(&exit, text, sizeof(text));
	if (r > 0)
		printf("sh %s\n", text);
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	ward_close(w);
	return r > 0 && exit.code == 3 ? 0 : 1;
}
