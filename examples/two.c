/* SPDX-License-Identifier: MIT */
/* Start two programs at once, wait until both have ended, tell their results apart. */
#include <stdio.h>
#include <ward.h>

int main(void)
{
	const char *const argv[][2] = { { "true" }, { "false" } };
	struct ward *w[2] = { NULL, NULL };
	int failed = 1, r = 0;

	for (int i = 0; i < 2 && r == 0; i++)
		r = ward_spawn(&w[i], argv[i], NULL);
	if (r == 0)
		r = ward_wait_all(w, 2, 10 * WARD_NS_PER_S);
	if (r < 0)
		fprintf(stderr, "two: %s\n", ward_strerror(r));
	if (r == 1)
		failed = 0;

	for (int i = 0; i < 2 && !failed; i++) {
		struct ward_exit end = WARD_EXIT_INIT;
		char text[64];

		/* It has ended: this does not block, and the answer is remembered. */
		failed = ward_wait(w[i], 0, &end) != 1 || end.code != i;
		ward_exit_text(&end, text, sizeof(text));
		printf("%s %s\n", argv[i][0], text);
	}
	for (int i = 0; i < 2; i++)
		ward_close(w[i]);
	return failed;
}
