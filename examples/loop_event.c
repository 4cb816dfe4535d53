/* SPDX-License-Identifier: MIT */
/* Start a program in an event base of libevent, and let its loop tell how it ended. */
#include <stdio.h>
#include <ward/event.h>

static void ended(struct ward *w, const struct ward_exit *exit, void *arg)
{
	char text[64];

	(void)w;
	ward_exit_text(exit, text, sizeof(text));
	printf("sh %s\n", text);
	*(int64_t *)arg = exit->code;
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "exit 3", NULL };
	struct event_base *base = event_base_new();
	struct ward_libevent *event;
	int64_t code = -1;
	struct ward *w;

	if (!base || ward_spawn(&w, argv, NULL) < 0)
		return 1;
	event = ward_libevent_new(base, w, ended, &code);
	if (!event || ward_libevent_add(event) < 0)
		return 1;
	event_base_dispatch(base);
	ward_libevent_free(event);
	event_base_free(base);
	ward_close(w);
	return code == 3 ? 0 : 1;
}
