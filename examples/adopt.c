/* SPDX-License-Identifier: MIT */
/* Take hold of a child that a plain fork made, and wait for it with a time-out. */
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>
#include <ward.h>

int main(void)
{
	const char *const holds[] = { "a number", "our child", "a kernel handle" };
	struct ward_exit end = WARD_EXIT_INIT;
	struct ward *w;
	char text[64];
	pid_t pid = fork();
	int r;

	if (pid < 0)
		return 1;
	if (pid == 0)
		_exit(7);

	/* Nobody has waited for it: the number is still its own, even if it has ended. */
	r = ward_open(&w, pid, WARD_OPEN_CHILD);
	if (r < 0) {
		fprintf(stderr, "adopt: %s\n", ward_strerror(r));
		return 1;
	}
	printf("held by %s\n", holds[ward_hold(w)]);
	r = ward_wait(w, 10 * WARD_NS_PER_S, &end);
	ward_close(w);
	if (r != 1)
		return 1;

	ward_exit_text(&end, text, sizeof(text));
	printf("the child %s\n", text);
	return end.how == WARD_EXITED && end.code == 7 ? 0 : 1;
}
