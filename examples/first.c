/* SPDX-License-Identifier: MIT */
/* Start two programs and learn how each ended: one by an exit code, one by a signal. */
#include <stdio.h>
#include <ward.h>

int main(void)
{
	const char *const argv[][4] = { { "true" }, { "sh", "-c", "kill -9 $$" } };
	struct ward_exit end[2] = { WARD_EXIT_INIT, WARD_EXIT_INIT };
	struct ward *w;

	for (int i = 0; i < 2; i++) {
		if (ward_spawn(&w, argv[i], NULL) < 0 ||
		    ward_wait(w, WARD_FOREVER, &end[i]) < 0)
			return 1;
		ward_close(w);
	}
	printf("true: code %d; sh: signal %d\n", (int)end[0].code, (int)end[1].signal);
	return end[0].code == 0 && end[1].signal == 9 ? 0 : 1;
}
