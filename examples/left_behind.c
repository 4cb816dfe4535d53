/* SPDX-License-Identifier: MIT */
/* Run a program that leaves a daemon behind, which holds its output and never ends. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <ward.h>

int main(void)
{
	const char *const argv[] = { "sh", "-c", "(read -r x <&3) & echo started", NULL };
	struct ward_result result = WARD_RESULT_INIT;
	struct ward_fd third = { .fd = 3, .from = { .kind = WARD_FD_GIVEN } };
	int life[2], cut, r;

	/* The daemon lives until somebody writes to this pipe, or nobody can any more. */
	if (pipe(life) < 0)
		return 1;
	third.from.fd = life[0];
	r = ward_run(argv,
	             WARD_RUN_OPTS(.spawn = WARD_SPAWN_OPTS(.fds = &third, .n_fds = 1),
	                           .drain_ns = 100 * WARD_NS_PER_MS),
	             &result);
	close(life[0]);
	close(life[1]);
	if (r < 0) {
		fprintf(stderr, "left_behind: %s\n", ward_strerror(r));
		return 1;
	}

	/* The program has ended with 0, and what it wrote is there. Its output has not ended. */
	cut = (result.out.flags & WARD_OUTPUT_CUT) != 0;
	printf("code %d, output %s, %s", (int)result.exit.code,
	       cut ? "held by somebody else" : "whole", result.out.data);
	r = ward_result_ok(&result, NULL, 0) && strcmp(result.out.data, "started\n") == 0;
	ward_result_free(&result);
	return r && cut ? 0 : 1;
}
