/* SPDX-License-Identifier: MIT */
/*
 * Memory for much output. The first touch of a page is what it costs to take a gigabyte:
 * from a size on blocks are mappings of their own, which grow by moving pages instead of
 * bytes, and are backed by huge pages where the system allows it.
 */
#define _GNU_SOURCE 1
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../gate.h"
#include "../platform.h"

enum { MAPPED_FROM = 1 << 20 };

static void *advised(void *block, size_t size)
{
	if (block == MAP_FAILED)
		return NULL;
	madvise(block, size, MADV_HUGEPAGE);
	return block;
}

static void *map(size_t size)
{
	return advised(mmap(NULL, size, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
	               size);
}

void *ward__block_resize(void *old, size_t size, size_t new_size)
{
	void *block;

	if (ward__gate(new_size < MAPPED_FROM ? "malloc" : "mmap") < 0)
		return NULL;
	if (new_size < MAPPED_FROM)
		return realloc(old, new_size);
	if (size >= MAPPED_FROM)
		return advised(mremap(old, size, new_size, MREMAP_MAYMOVE), new_size);
	block = map(new_size);
	if (block && old) {
		memcpy(block, old, size);
		free(old);
	}
	return block;
}

void ward__block_free(void *block, size_t size)
{
	if (size >= MAPPED_FROM)
		munmap(block, size);
	else
		free(block);
}
