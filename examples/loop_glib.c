/* SPDX-License-Identifier: MIT */
/* Start a program in a main loop of GLib, and let the loop tell how it ended. */
#include <stdio.h>
#include <ward/glib.h>

static int64_t code = -1;

static void ended(struct ward *w, const struct ward_exit *exit, gpointer loop)
{
	char text[64];

	(void)w;
	if (exit) {
		ward_exit_text(exit, text, sizeof(text));
		printf("sh %s\n", text);
		code = exit->code;
	}
	g_main_loop_quit((GMainLoop *)loop);
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "exit 3", NULL };
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	struct ward *w;

	if (ward_spawn(&w, argv, NULL) < 0 || ward_glib_add(w, ended, loop, NULL) == 0)
		return 1;
	g_main_loop_run(loop);
	g_main_loop_unref(loop);
	ward_close(w);
	return code == 3 ? 0 : 1;
}
