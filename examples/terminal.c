/* SPDX-License-Identifier: MIT */
/* Give a program a terminal of its own, type a line into it, read what it shows. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <ward.h>

/* All that it shows, until it has let go of its terminal. */
static int64_t read_all(struct ward *w, char *buf, size_t size)
{
	int64_t r = 1;
	size_t n = 0;

	while (r > 0 && n < size - 1) {
		r = ward_read(w, 1, buf + n, size - 1 - n, 10 * WARD_NS_PER_S);
		n += r > 0 ? (size_t)r : 0;
	}
	buf[n] = '\0';
	return r;
}

int main(void)
{
	const char *const argv[] = { "sh", "-c",
		                     "test -t 0 && read -r name && echo \"hello $name\"",
		                     NULL };
	const struct ward_stdio terminal = { .kind = WARD_FD_PTY };
	struct ward *w;
	char text[64];
	int64_t r;

	r = ward_spawn(&w, argv,
	               WARD_SPAWN_OPTS(.in = terminal, .out = terminal, .err = terminal,
	                               .pty = WARD_PTY_OPTS(.flags = WARD_PTY_NO_ECHO),
	                               .on_close = WARD_KILL_WAIT));
	if (r == -ENOTSUP)
		return 77; /* a test that was skipped */
	if (r == 0) {
		r = ward_write(w, 0, "ward\n", 5, 10 * WARD_NS_PER_S);
		if (r == 5)
			r = read_all(w, text, sizeof(text));
		ward_close(w);
	}
	if (r < 0) {
		fprintf(stderr, "terminal: %s\n", ward_strerror((int)r));
		return 1;
	}
	printf("it said: %s", text);
	return strcmp(text, "hello ward\r\n") == 0 ? 0 : 1;
}
