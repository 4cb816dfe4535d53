/* SPDX-License-Identifier: MIT */
/* Windows has no first process of a container that orphans would come to. */
#include "../init.h"

#include <errno.h>

bool tool_init_is_first(void)
{
	return false;
}

int tool_init_adopt(void)
{
	return -ENOTSUP;
}

void tool_init_reap(int64_t but)
{
	(void)but;
}

int tool_init_signal_all(int sig)
{
	(void)sig;
	return -ENOTSUP;
}
