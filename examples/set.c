/* SPDX-License-Identifier: MIT */
/* Watch several programs in one loop: what they say, how they end, who is late. */
#include <stdio.h>
#include <ward.h>

static const char *const programs[][4] = {
	{ "sh", "-c", "echo hello; echo world", NULL },
	{ "sh", "-c", "exit 3", NULL },
	{ "sleep", "100", NULL },
};

/* Start one and put it into the set; it comes back with every event as the cookie. */
static void begin(struct ward_set *set, const char *const program[])
{
	struct ward *w;

	if (ward_spawn(&w, program, WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PIPE })) < 0)
		return;
	if (ward_set_add(set, w, (void *)program,
	                 WARD_WATCH_OPTS(.flags = WARD_WATCH_LINES,
	                                 .timeout_ns = WARD_NS_PER_S / 2)) < 0)
		ward_close(w);
}

static void show(const struct ward_event *e)
{
	const char *const *program = e->cookie;
	char text[64];

	if (e->what == WARD_EVENT_LINE)
		printf("%s says: %.*s\n", program[0], (int)e->length, (char *)e->buffer);
	if (e->what == WARD_EVENT_DEADLINE)
		printf("%s is late and is stopped\n", program[0]);
	if (e->what != WARD_EVENT_ENDED)
		return;
	ward_exit_text(&e->exit, text, sizeof(text));
	printf("%s %s\n", program[0], text);
}

int main(void)
{
	int seen[WARD_EVENT_ENDED + 1] = { 0 };
	struct ward_event e = WARD_EVENT_INIT;
	struct ward_set *set;
	char buf[4096];

	e.buffer = buf;
	e.room = sizeof(buf);
	if (ward_set_new(&set, NULL) < 0)
		return 1;
	for (int i = 0; i < 3; i++)
		begin(set, programs[i]);
	while (ward_set_count(set) > 0 && ward_set_wait(set, WARD_FOREVER, &e) > 0) {
		show(&e);
		seen[e.what]++;
		if (e.flags & WARD_EVENT_LAST)
			ward_close(e.ward);
	}
	ward_set_close(set);
	return !(seen[WARD_EVENT_LINE] == 2 && seen[WARD_EVENT_DEADLINE] == 1 &&
	         seen[WARD_EVENT_ENDED] == 3);
}
