/* SPDX-License-Identifier: MIT */
/* Ask for a start that cannot succeed, and be told which step of it failed, and why. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <ward.h>

int main(void)
{
	const char *const argv[] = { "ls", NULL };
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w;
	char text[768];
	int r, wrong;

	r = ward_spawn(&w, argv,
	               WARD_SPAWN_OPTS(.cwd = "/no/such/place",
	                               .out = { .kind = WARD_FD_NULL }, .error = &error));
	if (r == 0) {
		fprintf(stderr, "why: it did start\n");
		ward_close(w);
		return 1;
	}
	ward_error_text(&error, text, sizeof(text));
	printf("%s\n", text);
	wrong = r != -ENOENT || error.code != r || error.step != WARD_STEP_CHDIR;
	return wrong || strcmp(error.path, "/no/such/place") != 0;
}
