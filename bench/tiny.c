/* SPDX-License-Identifier: MIT */
/*
 * The smallest program that there is to start: it ends at once, without libc, loader,
 * stack or data. What a start of it costs is the price of starting, not of the program.
 * Linked with -static -nostdlib into a few hundred bytes.
 */
#include "arch.h"

__asm__(".globl _start\n_start:\n\t" ARCH_EXIT_0);
