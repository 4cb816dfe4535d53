/* SPDX-License-Identifier: MIT */
/*
 * Structs whose size travels with them: an old program with a new library, and a new
 * program with an old one, must both mean what they say.
 */
#ifndef WARD_SIZED_H
#define WARD_SIZED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read options: copy what both sides know into @to (@size bytes, the library's), zero
 * the rest. -EINVAL: shorter than @first, the struct of the first release. -E2BIG:
 * longer than ours and not zero there.
 */
int ward__sized_read(void *to, size_t size, const void *from, size_t first);

/*
 * Write results: copy what both sides know, keep the caller's size. Nothing is done when
 * @to is NULL. -EINVAL as above.
 */
int ward__sized_check(const void *to, size_t first);
void ward__sized_write(void *to, const void *from, size_t size);

/* Reserved words that say nothing. */
bool ward__all_zero(const uint64_t *words, size_t n);

#endif
