/* SPDX-License-Identifier: MIT */
/*
 * The program whose output is taken: bench-writer BYTES [CHUNK] writes so many, 64 KiB or
 * CHUNK at a time; bench-writer echo writes what it reads until there is no more.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buf[65536];

static int write_all(size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = write(STDOUT_FILENO, buf + done, size - done);
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

static int write_bytes(uint64_t bytes, size_t chunk)
{
	size_t size;

	memset(buf, 'x', sizeof(buf));
	while (bytes > 0) {
		size = bytes < chunk ? (size_t)bytes : chunk;
		if (write_all(size) < 0)
			return 1;
		bytes -= size;
	}
	return 0;
}

static int echo(void)
{
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (write_all((size_t)n) < 0)
			return 1;
	return n < 0;
}

int main(int argc, char *argv[])
{
	size_t chunk = sizeof(buf);

	if (argc < 2)
		return 125;
	if (strcmp(argv[1], "echo") == 0)
		return echo();
	if (argc > 2)
		chunk = strtoul(argv[2], NULL, 10);
	if (chunk == 0 || chunk > sizeof(buf))
		return 125;
	return write_bytes(strtoull(argv[1], NULL, 10), chunk);
}
