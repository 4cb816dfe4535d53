/* SPDX-License-Identifier: MIT */
/* How a start failed, in the struct that the caller gave for it. */
#include "fail.h"

#include <string.h>

#include "sized.h"

static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = from ? strlen(from) : 0;

	if (n >= size)
		n = size - 1;
	if (n > 0)
		memcpy(to, from, n);
	to[n] = '\0';
}

int ward__fail(struct ward_error *error, int step, int code, int64_t number,
               const char *path)
{
	error->step = step;
	error->code = code;
	error->os_error = -code;
	error->number = number;
	copy_text(error->path, sizeof(error->path), path);
	return code;
}

void ward__fail_tell(struct ward_error *to, struct ward_error *error, int code)
{
	error->code = code;
	error->os_error = error->os_error ? error->os_error : -code;
	ward__sized_write(to, error, sizeof(*error));
}
