/* SPDX-License-Identifier: MIT */
/* Structs whose size travels with them. */
#include "sized.h"

#include <errno.h>
#include <string.h>

static size_t size_of(const void *sized)
{
	size_t size;

	memcpy(&size, sized, sizeof(size));
	return size;
}

int ward__sized_read(void *to, size_t size, const void *from, size_t first)
{
	size_t theirs = size_of(from);

	if (theirs < first)
		return -EINVAL;
	for (size_t i = size; i < theirs; i++)
		if (((const char *)from)[i])
			return -E2BIG;
	memset(to, 0, size);
	memcpy(to, from, theirs < size ? theirs : size);
	memcpy(to, &size, sizeof(size));
	return 0;
}

int ward__sized_check(const void *to, size_t first)
{
	return to && size_of(to) < first ? -EINVAL : 0;
}

void ward__sized_write(void *to, const void *from, size_t size)
{
	size_t theirs;

	if (!to)
		return;
	theirs = size_of(to);
	memcpy(to, from, theirs < size ? theirs : size);
	memcpy(to, &theirs, sizeof(theirs));
}

bool ward__all_zero(const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i])
			return false;
	return true;
}
