/* SPDX-License-Identifier: MIT */
/* Start a program in a loop of libuv, and let the loop tell how it ended. */
#include <stdio.h>
#include <ward/uv.h>

static void ended(ward_uv_t *handle, int status, const struct ward_exit *exit)
{
	char text[64];

	if (status == 0) {
		ward_exit_text(exit, text, sizeof(text));
		printf("sh %s\n", text);
		*(int64_t *)handle->data = exit->code;
	}
	ward_uv_close(handle, NULL);
}

int main(void)
{
	const char *const argv[] = { "sh", "-c", "exit 3", NULL };
	uv_loop_t *loop = uv_default_loop();
	int64_t code = -1;
	ward_uv_t handle;
	struct ward *w;

	if (!loop || ward_spawn(&w, argv, NULL) < 0)
		return 1;
	handle.data = &code;
	if (ward_uv_init(loop, &handle, w) < 0 || ward_uv_start(&handle, ended) < 0)
		return 1;
	uv_run(loop, UV_RUN_DEFAULT);
	uv_loop_close(loop);
	ward_close(w);
	return code == 3 ? 0 : 1;
}
