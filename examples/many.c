/* SPDX-License-Identifier: MIT */
/* Run very many commands, eight at a time: `many 100000`. */
#include <stdio.h>
#include <stdlib.h>
#include <ward.h>

int main(int argc, char *argv[])
{
	const char *const command[] = { "true", NULL };
	long n = argc > 1 ? strtol(argv[1], NULL, 10) : 200, done = 0;
	struct ward_event e = WARD_EVENT_INIT;
	struct ward_set *set;

	if (ward_set_new(&set, WARD_SET_OPTS(.max_alive = 8)) < 0)
		return 1;
	for (long i = 0; i < n; i++)
		ward_set_spawn(set, command, NULL, NULL, NULL);
	while (ward_set_count(set) > 0 && ward_set_wait(set, WARD_FOREVER, &e) > 0) {
		if (e.what != WARD_EVENT_ENDED)
			continue;
		done += e.exit.how == WARD_EXITED && e.exit.code == 0;
		ward_close(e.ward);
	}
	ward_set_close(set);
	printf("%ld of %ld succeeded\n", done, n);
	return done == n ? 0 : 1;
}
