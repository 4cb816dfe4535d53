/* SPDX-License-Identifier: MIT */
/*
 * The part of the helper program that reads and writes: `child play STEP...`, where a
 * step is a word and its arguments. One source for all systems, so that the tests of
 * output and input are the same ones everywhere. What is hard: nothing may be written but
 * what was asked for, since every byte is counted; trouble shows in the exit code.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef _WIN32
#include <io.h>
#include <process.h>
#include <windows.h>
#else
#include <poll.h>
#endif

#include "child.h"
#include "pattern.h"

/* Exit codes. */
enum { NO_READER = 97, NO_SUCH_STEP = 98 };

enum { PIECE = 65536 };

#ifdef _WIN32
typedef int amount;
#define SYSTEM_SIZE(n) ((unsigned)(n))
#else
typedef ssize_t amount;
#define SYSTEM_SIZE(n) (n)
#endif

static unsigned char piece[PIECE];

static uint64_t size_of(const char *text)
{
	return strtoull(text, NULL, 10);
}

static void put(int fd, const void *data, size_t size)
{
	const char *bytes = data;
	amount n;

	while (size > 0) {
		n = write(fd, bytes, SYSTEM_SIZE(size));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(NO_READER);
		bytes += n;
		size -= (size_t)n;
	}
}

/* 0 at the end, and when nobody can write any more. */
static size_t get(int fd, void *buf, size_t size)
{
	amount n;

	do
		n = read(fd, buf, SYSTEM_SIZE(size));
	while (n < 0 && errno == EINTR);
	return n > 0 ? (size_t)n : 0;
}

/* ---------------------------------------------------------------------------- output */

/* out TEXT: write it to stdout. */
static void step_out(char *args[])
{
	put(1, args[0], strlen(args[0]));
}

/* err TEXT: ... to stderr. */
static void step_err(char *args[])
{
	put(2, args[0], strlen(args[0]));
}

/* bytes FD TEXT: each byte in a write of its own. */
static void step_bytes(char *args[])
{
	for (const char *c = args[1]; *c; c++)
		put(child_number(args[0]), c, 1);
}

/* nul FD N: bytes that are 0. */
static void step_nul(char *args[])
{
	for (uint64_t n = size_of(args[1]); n > 0; n--)
		put(child_number(args[0]), "", 1);
}

/* fill FD N: the first N bytes of the pattern. */
static void step_fill(char *args[])
{
	uint64_t size = size_of(args[1]), n;

	for (uint64_t at = 0; at < size; at += n) {
		n = size - at < PIECE ? size - at : PIECE;
		pattern_fill(piece, (size_t)n, at);
		put(child_number(args[0]), piece, (size_t)n);
	}
}

/* letters FD N: a to z over and over, no newline. */
static void step_letters(char *args[])
{
	uint64_t size = size_of(args[1]), n;

	for (size_t i = 0; i < PIECE; i++)
		piece[i] = (unsigned char)('a' + i % 26);
	for (uint64_t at = 0; at < size; at += n) {
		n = size - at < PIECE / 26 * 26 ? size - at : PIECE / 26 * 26;
		put(child_number(args[0]), piece, (size_t)n);
	}
}

/* pour FD: the letter y in lines, for ever. */
static void step_pour(char *args[])
{
	for (size_t i = 0; i < PIECE; i++)
		piece[i] = i % 2 ? '\n' : 'y';
	for (;;)
		put(child_number(args[0]), piece, PIECE);
}

/* tick FD MS: a letter every MS milliseconds, for ever. */
static void step_tick(char *args[])
{
	for (;;) {
		put(child_number(args[0]), "t", 1);
#ifdef _WIN32
		Sleep((DWORD)child_number(args[1]));
#else
		poll(NULL, 0, child_number(args[1]));
#endif
	}
}

/* close FD */
static void step_close(char *args[])
{
	close(child_number(args[0]));
}

/* ----------------------------------------------------------------------------- input */

/* eat N: read N bytes of stdin. */
static void step_eat(char *args[])
{
	uint64_t size = size_of(args[0]), n = 1;

	for (; size > 0 && n > 0; size -= n)
		n = get(0, piece, size < PIECE ? (size_t)size : PIECE);
}

/* cat: stdin to stdout, to its end. */
static void step_cat(char *args[])
{
	size_t n;

	(void)args;
	while ((n = get(0, piece, PIECE)) > 0)
		put(1, piece, n);
}

/* count FD: read stdin to its end; say how many bytes, and their sum, in a line. */
static void step_count(char *args[])
{
	uint64_t sum = PATTERN_SUM;
	unsigned long long size = 0;
	char line[64];
	size_t n;

	for (; (n = get(0, piece, PIECE)) > 0; size += n)
		sum = pattern_sum(sum, piece, n);
	snprintf(line, sizeof(line), "%llu %016llx\n", size, (unsigned long long)sum);
	put(child_number(args[0]), line, strlen(line));
}

/* wait FD: until it ends. */
static void step_wait(char *args[])
{
	while (get(child_number(args[0]), piece, 1) > 0)
		;
}

/* byte FD: until one comes. */
static void step_byte(char *args[])
{
	get(child_number(args[0]), piece, 1);
}

/* --------------------------------------------------------------------------- process */

/* deaf: do not end when asked to. */
static void step_deaf(char *args[])
{
	(void)args;
	signal(SIGTERM, SIG_IGN);
}

/* leave FD: leave a process behind, of no session of ours, that holds our stdin, stdout
 * and stderr until FD ends. */
static void step_leave(char *args[])
{
#ifdef _WIN32
	char path[1024];
	const char *again[] = { "child", "hold", args[0], NULL };

	if (!GetModuleFileNameA(NULL, path, sizeof(path)) ||
	    _spawnv(_P_NOWAIT, path, again) < 0)
		child_die("_spawnv");
#else
	pid_t pid = fork();

	if (pid < 0)
		child_die("fork");
	if (pid > 0)
		return;
	setsid();
	step_wait(args);
	_exit(0);
#endif
}

/* fds FD: say which descriptors are open, in a line. */
static void step_fds(char *args[])
{
	char line[4096] = "";
	size_t len = 0;

	for (int fd = 0; fd < 1024 && len < sizeof(line) - 8; fd++)
#ifdef _WIN32
		if (_get_osfhandle(fd) != -1 && _get_osfhandle(fd) != -2)
#else
		if (fcntl(fd, F_GETFD) >= 0)
#endif
			len += (size_t)snprintf(line + len, 8, "%d ", fd);
	line[len] = '\n';
	put(child_number(args[0]), line, len + 1);
}

/* die: by a signal that nobody can ignore; Windows: as a crash does. */
static void step_die(char *args[])
{
	(void)args;
#ifdef _WIN32
	TerminateProcess(GetCurrentProcess(), 0xC0000005);
#else
	raise(SIGKILL);
#endif
}

/* exit CODE */
static void step_exit(char *args[])
{
	_exit(child_number(args[0]));
}

/* ----------------------------------------------------------------------------- steps */

static const struct {
	const char *name;
	int n_args;
	void (*run)(char *args[]);
} steps[] = {
	{ "out", 1, step_out },     { "err", 1, step_err },
	{ "bytes", 2, step_bytes }, { "nul", 2, step_nul },
	{ "fill", 2, step_fill },   { "letters", 2, step_letters },
	{ "pour", 1, step_pour },   { "tick", 2, step_tick },
	{ "close", 1, step_close }, { "eat", 1, step_eat },
	{ "cat", 0, step_cat },     { "count", 1, step_count },
	{ "wait", 1, step_wait },   { "byte", 1, step_byte },
	{ "deaf", 0, step_deaf },   { "leave", 1, step_leave },
	{ "fds", 1, step_fds },     { "die", 0, step_die },
	{ "exit", 1, step_exit },
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

/* One step; the arguments that come after it. */
static char **play_one(char *args[])
{
	for (size_t i = 0; i < STEPS; i++) {
		if (strcmp(steps[i].name, args[0]) != 0)
			continue;
		for (int n = 1; n <= steps[i].n_args; n++)
			if (!args[n])
				_exit(NO_SUCH_STEP);
		steps[i].run(args + 1);
		return args + 1 + steps[i].n_args;
	}
	fprintf(stderr, "child: no such step: %s\n", args[0]);
	_exit(NO_SUCH_STEP);
}

static int verb_play(char *args[])
{
	while (*args)
		args = play_one(args);
	return 0;
}

const struct child_verb child_play_verbs[] = {
	{ "play", verb_play },
	{ NULL, NULL },
};
