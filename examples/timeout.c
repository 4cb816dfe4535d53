/* SPDX-License-Identifier: MIT */
/* Give a program 100 ms, then end it: gently first, by force if it will not. */
#include <signal.h>
#include <stdio.h>
#include <ward.h>

int main(void)
{
	const struct ward_stop_step steps[] = {
		{ SIGTERM, WARD_STOP_CONTINUE, 5 * WARD_NS_PER_S },
		{ SIGKILL, 0, WARD_FOREVER },
	};
	const char *const argv[] = { "sleep", "60", NULL };
	struct ward_exit end = WARD_EXIT_INIT;
	struct ward *w;
	char text[64];
	int r = ward_spawn(&w, argv, WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));

	if (r < 0) {
		fprintf(stderr, "timeout: %s\n", ward_strerror(r));
		return 1;
	}
	r = ward_wait(w, 100 * WARD_NS_PER_MS, &end);
	if (r == 0)
		r = ward_stop(w, steps, 2, &end);
	ward_close(w);
	if (r < 0) {
		fprintf(stderr, "timeout: %s\n", ward_strerror(r));
		return 1;
	}
	ward_exit_text(&end, text, sizeof(text));
	printf("sleep was ended by step %d: %s\n", r, text);
	return r == 1 && end.how == WARD_SIGNALED && end.signal == SIGTERM ? 0 : 1;
}
