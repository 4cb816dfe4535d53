/* SPDX-License-Identifier: MIT */
/* Wait for the first of two programs to end while the other still blocks on its stdin. */
#include <stdio.h>
#include <unistd.h>
#include <ward.h>

/* True ends at once; cat is there still, until its stdin ends. */
static int watch(struct ward *const w[2], int to_cat)
{
	struct ward_exit end = WARD_EXIT_INIT;
	int first = ward_wait_any(w, 2, 10 * WARD_NS_PER_S);
	int waiting = ward_wait(w[0], 0, NULL);

	printf("number %d ended first; cat %s\n", first, waiting ? "too" : "waits");

	/* Cat has the reading end and nothing else, so this is the end of its stdin. */
	close(to_cat);
	if (first != 1 || waiting != 0 || ward_wait(w[0], 10 * WARD_NS_PER_S, &end) != 1)
		return 1;
	printf("cat ended with code %d\n", (int)end.code);
	return end.how == WARD_EXITED && end.code == 0 ? 0 : 1;
}

int main(void)
{
	const char *const blocks[] = { "cat", NULL }, *const ends[] = { "true", NULL };
	struct ward *w[2] = { NULL, NULL };
	int feed[2], failed = 1, r;

	if (pipe(feed) < 0)
		return 1;
	r = ward_spawn(&w[0], blocks,
	               WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT,
	                               .in = { .kind = WARD_FD_GIVEN, .fd = feed[0] }));
	close(feed[0]);
	if (r == 0)
		r = ward_spawn(&w[1], ends, NULL);
	if (r == 0)
		failed = watch(w, feed[1]);
	else
		fprintf(stderr, "one_blocks: %s\n", ward_strerror(r));

	ward_close(w[1]);
	ward_close(w[0]);
	return failed;
}
