/* SPDX-License-Identifier: MIT */
/*
 * A tree of processes: tree N FAN makes N in all, each with FAN children at most, so
 * that it is as shallow as such a tree can be. Each writes one byte to descriptor 1 when
 * it has made its own ('F', a fork failed) and sleeps until descriptor 0 has come to its
 * end, which is when the benchmark is gone; or ten minutes. No libc, no loader: ten
 * thousand have to fit, and what is measured is how they are ended.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/poll.h>
#include <sys/syscall.h>
#include <time.h>

#include "arch.h"

enum { SLEEP_S = 600 };

_Noreturn void begin(const long *stack);

static long call(long number, long a, long b, long c, long d, long e)
{
	return arch_call(number, a, b, c, d, e, 0);
}

static _Noreturn void end(long status)
{
	for (;;)
		call(SYS_exit_group, status, 0, 0, 0, 0);
}

static long number_of(const char *text)
{
	long r = 0;

	while (*text >= '0' && *text <= '9')
		r = 10 * r + (*text++ - '0');
	return r;
}

/* The byte is on the stack: there is no page of data, then. */
static _Noreturn void say_and_sleep(char what)
{
	struct timespec time = { .tv_sec = SLEEP_S };
	struct pollfd life = { .events = POLLIN };
	char text[1] = { what };

	call(SYS_write, 1, (long)text, 1, 0, 0);
	call(SYS_ppoll, (long)&life, 1, (long)&time, 0, 0);
	end(0);
}

/* The others of @n are shared out among the children, who begin in the same way. */
static _Noreturn void grow(long n, long fan)
{
	long below = n - 1, left = fan, share, pid;
	char what = '.';

	while (below > 0 && left > 0) {
		share = (below + left - 1) / left;
		pid = call(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		if (pid < 0)
			what = 'F';
		below = pid == 0 ? share - 1 : below - share;
		left = pid == 0 ? fan : left - 1;
	}
	say_and_sleep(what);
}

/* @stack: the count of arguments, then they. */
_Noreturn void begin(const long *stack)
{
	const char *const *argv = (const char *const *)(stack + 1);

	if (stack[0] != 3)
		end(2);
	grow(number_of(argv[1]), number_of(argv[2]));
}

__asm__(".globl _start\n_start:\n\t" ARCH_BEGIN);
