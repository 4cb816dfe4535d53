/* SPDX-License-Identifier: MIT */
/* Run a pipeline, take its output, and learn how each of its commands went. */
#include <stdio.h>
#include <string.h>
#include <ward.h>

int main(void)
{
	const char *const pick[] = { "sh", "-c",
		                     "echo pear; echo apple; echo pear; exit 3", NULL };
	const char *const sort[] = { "sort", NULL }, *const unique[] = { "uniq", NULL };
	const struct ward_stage stages[] = { { pick, NULL },
		                             { sort, NULL },
		                             { unique, NULL } };
	struct ward_result result = WARD_RESULT_INIT;
	int r, right;

	r = ward_run_pipeline(stages, 3, WARD_RUN_OPTS(.timeout_ns = 10 * WARD_NS_PER_S),
	                      &result);
	if (r < 0) {
		fprintf(stderr, "pipeline: %s\n", ward_strerror(r));
		return 1;
	}
	printf("%s", result.out.data);
	for (size_t i = 0; i < result.n_stages; i++) {
		char text[64];

		ward_exit_text(&result.stages[i].exit, text, sizeof(text));
		printf("command %zu %s\n", i, text);
	}

	/* The first that failed decides, and not the last one, as it would in a shell. */
	right = result.failed == 0 && result.exit.code == 3 &&
	        strcmp(result.out.data, "apple\npear\n") == 0;
	ward_result_free(&result);
	return right ? 0 : 1;
}
