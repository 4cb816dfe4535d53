/* SPDX-License-Identifier: MIT */
/* Start a program in a loop of libev, and let the loop tell how it ended. */
#include <stdio.h>
#include <ward/ev.h>

static void ended(struct ev_loop *loop, ward_ev *watcher, int revents)
{
	char text[64];

	(void)loop;
	(void)revents;
	ward_exit_text(&watcher->exit, text, sizeof(text));
	printf("sh %s\n", text);
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "exit 3", NULL };
	struct ev_loop *loop = ev_loop_new(0);
	ward_ev watcher;
	struct ward *w;

	if (!loop || ward_spawn(&w, argv, NULL) < 0)
		return 1;
	ward_ev_init(&watcher, ended, w);
	if (ward_ev_start(loop, &watcher) < 0)
		return 1;
	ev_run(loop, 0);
	ev_loop_destroy(loop);
	ward_close(w);
	return watcher.exit.code == 3 ? 0 : 1;
}
