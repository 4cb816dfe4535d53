/* SPDX-License-Identifier: MIT */
/* Show the lines of a program while it still runs, the last one without a newline, too. */
#include <stdio.h>
#include <ward.h>

struct seen {
	int lines, open;
};

static int show(void *context, int64_t stage, int fd, const char *line, size_t size,
                uint32_t flags)
{
	struct seen *seen = context;

	(void)stage;
	printf("%s %d: %.*s\n", fd == 1 ? "out" : "err", ++seen->lines, (int)size, line);
	seen->open += (flags & WARD_LINE_OPEN) != 0;
	return 0; /* a negative number would stop the program */
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "echo 1; echo 2; printf three", NULL };
	struct ward_result result = WARD_RESULT_INIT;
	struct seen seen = { 0, 0 };
	int ok, r;

	/* Nothing is kept: however much it prints, the memory is that of one line. */
	r = ward_run(argv,
	             WARD_RUN_OPTS(.out = { .to = WARD_TO_NOWHERE, .on_line = show },
	                           .idle_timeout_ns = 10 * WARD_NS_PER_S,
	                           .context = &seen),
	             &result);
	if (r < 0) {
		fprintf(stderr, "lines: %s\n", ward_strerror(r));
		return 1;
	}
	ok = ward_result_ok(&result, NULL, 0) && result.out.total == 9;
	ward_result_free(&result);
	return ok && seen.lines == 3 && seen.open == 1 ? 0 : 1;
}
