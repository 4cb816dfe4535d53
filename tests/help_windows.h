/* SPDX-License-Identifier: MIT */
/* What the tests of what only Windows has do over and over. */
#ifndef HELP_WINDOWS_H
#define HELP_WINDOWS_H

#include "able.h"
#include "help.h"
#include "ward_windows.h"

/* A copy of the helper program under this name. */
static inline const char *folder_helper(const struct folder *f, const char *name,
                                        char *path, size_t size)
{
	wchar_t *from = wide_of(check_child()), *to;

	to = wide_of(folder_file(f, name, path, size));
	REQUIRE(CopyFileW(from, to, FALSE));
	free(to);
	free(from);
	return path;
}

/* Output without the carriage returns that cmd.exe and the runtime write. */
static inline const char *without_returns(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (*from != '\r')
			*to++ = *from;
	*to = '\0';
	return text;
}

static inline void windows_output_of(const char *const argv[],
                                     const struct ward_spawn_opts *opts, char *buf,
                                     size_t size)
{
	output_of(argv, opts, buf, size);
	without_returns(buf);
}

#endif
