/* SPDX-License-Identifier: MIT */
/*
 * The smallest program that says something: 20 bytes, then it ends. As tiny.c, so that
 * what is measured is the run and not the program.
 */
#include "arch.h"

__asm__(".globl _start\n_start:\n\t" ARCH_SAY_20 ARCH_EXIT_0
        "text:\n\t.ascii \"nineteen characters\\n\"\n");
