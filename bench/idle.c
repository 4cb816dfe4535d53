/* SPDX-License-Identifier: MIT */
/*
 * The child of which there are many: idle SLOT PARENT sleeps until its slot says go,
 * notes the time there and ends. It dies with the thread that started it, whatever becomes
 * of that. No libc, no loader: a hundred thousand of them have to fit.
 */
#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "arch.h"
#include "slot.h"

/* Near to the program, so that no page table is needed but the one that is there. */
static const long near_us = 0x500000;

_Noreturn void begin(const long *stack);

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	return arch_call(number, a, b, c, d, e, f);
}

static _Noreturn void end(long status)
{
	for (;;)
		call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

static long number_of(const char *text)
{
	long r = 0;

	while (*text >= '0' && *text <= '9')
		r = 10 * r + (*text++ - '0');
	return r;
}

static void wait_for_go(struct slot *slot)
{
	__atomic_store_n(&slot->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&slot->go, __ATOMIC_ACQUIRE))
		call(SYS_futex, (long)&slot->go, FUTEX_WAIT, 0, 0, 0, 0);
}

static void note_end(struct slot *slot)
{
	struct timespec now;

	call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0, 0, 0);
	slot->ended_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* @stack: the count of arguments, then they. Descriptor 0: the memory with the slots. */
_Noreturn void begin(const long *stack)
{
	const char *const *argv = (const char *const *)(stack + 1);
	struct slot *piece;
	long slot, at;

	if (stack[0] != 3)
		end(2);
	call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
	if (call(SYS_getppid, 0, 0, 0, 0, 0, 0) != number_of(argv[2]))
		end(3);
	slot = number_of(argv[1]);
	at = call(SYS_mmap, near_us, SLOT_PIECE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
	          0, slot / SLOTS_IN_PIECE * SLOT_PIECE_BYTES);
	if (at < 0 && at > -4096)
		end(4);
	piece = (struct slot *)at;
	wait_for_go(&piece[slot % SLOTS_IN_PIECE]);
	note_end(&piece[slot % SLOTS_IN_PIECE]);
	end(0);
}

__asm__(".globl _start\n_start:\n\t" ARCH_BEGIN);
