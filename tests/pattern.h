/* SPDX-License-Identifier: MIT */
/*
 * Bytes that are known by their place: the helper program writes them, the tests and the
 * helper say of what arrived whether it is whole and in order. Every value of a byte is
 * among them, NUL and newline too.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

static inline unsigned char pattern_at(uint64_t place)
{
	return (unsigned char)((place * UINT64_C(0x9E3779B97F4A7C15)) >> 56);
}

static inline void pattern_fill(void *data, size_t size, uint64_t place)
{
	unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		bytes[i] = pattern_at(place + i);
}

/* How many bytes of @data are right, from its begin on; all: @size. */
static inline size_t pattern_match(const void *data, size_t size, uint64_t place)
{
	const unsigned char *bytes = data;
	size_t i = 0;

	while (i < size && bytes[i] == pattern_at(place + i))
		i++;
	return i;
}

/* A sum that depends on the order. Begin with PATTERN_SUM. */
#define PATTERN_SUM UINT64_C(0xCBF29CE484222325)

static inline uint64_t pattern_sum(uint64_t sum, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001B3);
	return sum;
}

/* ... of the first @size bytes of the pattern. */
static inline uint64_t pattern_sum_of(uint64_t size)
{
	unsigned char byte;
	uint64_t sum = PATTERN_SUM;

	for (uint64_t i = 0; i < size; i++) {
		byte = pattern_at(i);
		sum = pattern_sum(sum, &byte, 1);
	}
	return sum;
}

#endif
