/* SPDX-License-Identifier: MIT */
/* Run a program and take what it prints; when it fails, say why, in its own words. */
#include <stdio.h>
#include <ward.h>

int main(void)
{
	const char *const argv[] = { "ls", "/", "/no/such/place", NULL };
	struct ward_result result = WARD_RESULT_INIT;
	char why[512];

	if (ward_run(argv, WARD_RUN_OPTS(.timeout_ns = 10 * WARD_NS_PER_S), &result) < 0)
		return 1;
	printf("%zu bytes of output\n", result.out.size);
	if (!ward_result_ok(&result, why, sizeof(why)))
		printf("%s\n", why);
	ward_result_free(&result);
	return result.failed == 0 ? 0 : 1;
}
