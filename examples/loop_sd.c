/* SPDX-License-Identifier: MIT */
/* Start a program in a loop of sd-event, and let the loop tell how it ended. */
#include <stdio.h>
#include <ward/sd.h>

static int ended(sd_event_source *s, struct ward *w, const struct ward_exit *exit,
                 void *userdata)
{
	char text[64];

	(void)w;
	(void)userdata;
	if (!exit)
		return sd_event_exit(sd_event_source_get_event(s), 1);
	ward_exit_text(exit, text, sizeof(text));
	printf("sh %s\n", text);
	return sd_event_exit(sd_event_source_get_event(s), (int)exit->code);
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "exit 3", NULL };
	sd_event *event = NULL;
	struct ward *w;
	int r;

	if (sd_event_default(&event) < 0 || ward_spawn(&w, argv, NULL) < 0)
		return 1;
	if (ward_sd_add(event, NULL, w, ended, NULL) < 0)
		return 1;
	r = sd_event_loop(event);
	sd_event_unref(event);
	ward_close(w);
	return r == 3 ? 0 : 1;
}
