/* SPDX-License-Identifier: MIT */
/*
 * All that the benchmark has to know of a processor: how a program without a libc ends,
 * and how a thread makes a child that runs a function on a stack of its own. The latter
 * cannot be written in C: child and parent come back from the same instruction, and the
 * child's new stack holds no frame to return into.
 */
#ifndef BENCH_ARCH_H
#define BENCH_ARCH_H

#include <stddef.h>
#include <stdint.h>

/* The first version of the kernel's struct clone_args: <linux/sched.h> may be too old. */
struct arch_clone {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

#if defined(__x86_64__)

#define ARCH_EXIT_0 "mov $231, %eax\n\txor %edi, %edi\n\tsyscall\n"

static inline long arch_clone3(struct arch_clone *args, int (*call)(void *), void *arg)
{
	register int (*call_) (void *) __asm__("r8") = call;
	register void *arg_ __asm__("r9") = arg;
	long r = 435;

	__asm__ volatile("syscall\n\t"
	                 "test %%rax, %%rax\n\t"
	                 "jnz 1f\n\t"
	                 "xor %%ebp, %%ebp\n\t"
	                 "mov %%r9, %%rdi\n\t"
	                 "call *%%r8\n\t"
	                 "ud2\n"
	                 "1:"
	                 : "+a"(r)
	                 : "D"(args), "S"(sizeof(*args)), "r"(call_), "r"(arg_)
	                 : "rcx", "r11", "cc", "memory");
	return r;
}

#elif defined(__aarch64__)

#define ARCH_EXIT_0 "mov x8, #94\n\tmov x0, #0\n\tsvc #0\n"

static inline long arch_clone3(struct arch_clone *args, int (*call)(void *), void *arg)
{
	register long r __asm__("x0") = (long)args;
	register size_t size __asm__("x1") = sizeof(*args);
	register int (*call_) (void *) __asm__("x2") = call;
	register void *arg_ __asm__("x3") = arg;
	register long number __asm__("x8") = 435;

	__asm__ volatile("svc #0\n\t"
	                 "cbnz x0, 1f\n\t"
	                 "mov x29, #0\n\t"
	                 "mov x0, x3\n\t"
	                 "blr x2\n\t"
	                 "brk #0\n"
	                 "1:"
	                 : "+r"(r)
	                 : "r"(size), "r"(call_), "r"(arg_), "r"(number)
	                 : "cc", "memory");
	return r;
}

#elif defined(__riscv) && __riscv_xlen == 64

#define ARCH_EXIT_0 "li a7, 94\n\tli a0, 0\n\tecall\n"

static inline long arch_clone3(struct arch_clone *args, int (*call)(void *), void *arg)
{
	register long r __asm__("a0") = (long)args;
	register size_t size __asm__("a1") = sizeof(*args);
	register int (*call_) (void *) __asm__("a2") = call;
	register void *arg_ __asm__("a3") = arg;
	register long number __asm__("a7") = 435;

	__asm__ volatile("ecall\n\t"
	                 "bnez a0, 1f\n\t"
	                 "mv s0, zero\n\t"
	                 "mv a0, a3\n\t"
	                 "jalr a2\n\t"
	                 "ebreak\n"
	                 "1:"
	                 : "+r"(r)
	                 : "r"(size), "r"(call_), "r"(arg_), "r"(number)
	                 : "memory");
	return r;
}

#else
#error "bench/arch.h: this processor is not known to the benchmark yet; add it here"
#endif

#endif
