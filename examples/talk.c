/* SPDX-License-Identifier: MIT */
/* Talk with a program: write a line to its input, read its answer, end its input. */
#include <stdio.h>
#include <string.h>
#include <ward.h>

/* An answer as short as this one is written, and so read, in one piece. */
static int ask(struct ward *w, const char *line)
{
	int64_t r = ward_write(w, 0, line, strlen(line), 10 * WARD_NS_PER_S);
	char answer[64];

	if (r >= 0)
		r = ward_read(w, 1, answer, sizeof(answer), 10 * WARD_NS_PER_S);
	if (r > 0)
		printf("%.*s", (int)r, answer);
	return r > 0 && strncmp(answer, "you said ", 9) == 0 ? 0 : -1;
}

/* Two ends: that of its output, and its own. */
static int finish(struct ward *w)
{
	struct ward_exit end = WARD_EXIT_INIT;
	char byte;

	if (ward_end_input(w, 0) < 0 ||
	    ward_read(w, 1, &byte, 1, 10 * WARD_NS_PER_S) != 0)
		return -1;
	return ward_wait(w, 10 * WARD_NS_PER_S, &end) == 1 && end.code == 0 ? 0 : -1;
}

int main(void)
{
	const char *const argv[] = { "sh", "-c",
		                     "while read -r x; do echo \"you said $x\"; done",
		                     NULL };
	const struct ward_stdio pipe = { .kind = WARD_FD_PIPE };
	struct ward *w;
	int r;

	r = ward_spawn(
		&w, argv,
		WARD_SPAWN_OPTS(.in = pipe, .out = pipe, .on_close = WARD_KILL_WAIT));
	if (r < 0) {
		fprintf(stderr, "talk: %s\n", ward_strerror(r));
		return 1;
	}
	r = ask(w, "hello\n") || ask(w, "good bye\n") || finish(w);
	ward_close(w);
	return r ? 1 : 0;
}
