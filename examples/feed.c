/* SPDX-License-Identifier: MIT */
/* Feed a program more than a pipe holds, and take as much back: neither side can block. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ward.h>

enum { SIZE = 1 << 20 };

int main(void)
{
	const char *const argv[] = { "cat", NULL };
	struct ward_result result = WARD_RESULT_INIT;
	char *text = malloc(SIZE);
	int same, r;

	if (!text)
		return 1;
	memset(text, 'w', SIZE);

	/* To write all of it first and to read then would hang: cat's pipe is full by then. */
	r = ward_run(argv,
	             WARD_RUN_OPTS(.input = text, .input_size = SIZE,
	                           .out = { .limit = 2 * SIZE, .keep = WARD_KEEP_KILL }),
	             &result);
	if (r < 0) {
		fprintf(stderr, "feed: %s\n", ward_strerror(r));
		free(text);
		return 1;
	}
	same = result.out.size == SIZE && memcmp(result.out.data, text, SIZE) == 0;
	printf("%zu bytes came back, %s\n", result.out.size,
	       same ? "the same" : "others");
	ward_result_free(&result);
	free(text);
	return same ? 0 : 1;
}
