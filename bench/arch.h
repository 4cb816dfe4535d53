/* SPDX-License-Identifier: MIT */
/*
 * All that the benchmark has to know of a processor: how a program without a libc writes
 * the 20 bytes at `text` and ends, how one written in C begins and calls the system, and
 * how a thread makes a child that runs a function on a stack of its own. The latter
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

#define ARCH_SAY_20 \
	"mov $1, %eax\n\tmov $1, %edi\n\tlea text(%rip), %rsi\n\tmov $20, %edx\n\t" \
	"syscall\n\t"
#define ARCH_EXIT_0 "mov $231, %eax\n\txor %edi, %edi\n\tsyscall\n"
/* To a C function `begin` with the stack as the program found it. */
#define ARCH_BEGIN "mov %rsp, %rdi\n\tcall begin\n"

static inline long arch_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long d_ __asm__("r10") = d;
	register long e_ __asm__("r8") = e;
	register long f_ __asm__("r9") = f;
	long r = number;

	__asm__ volatile("syscall"
	                 : "+a"(r)
	                 : "D"(a), "S"(b), "d"(c), "r"(d_), "r"(e_), "r"(f_)
	                 : "rcx", "r11", "memory");
	return r;
}

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

#define ARCH_SAY_20 \
	"mov x8, #64\n\tmov x0, #1\n\tadr x1, text\n\tmov x2, #20\n\tsvc #0\n\t"
#define ARCH_EXIT_0 "mov x8, #94\n\tmov x0, #0\n\tsvc #0\n"
#define ARCH_BEGIN "mov x0, sp\n\tbl begin\n"

static inline long arch_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r __asm__("x0") = a;
	register long b_ __asm__("x1") = b;
	register long c_ __asm__("x2") = c;
	register long d_ __asm__("x3") = d;
	register long e_ __asm__("x4") = e;
	register long f_ __asm__("x5") = f;
	register long number_ __asm__("x8") = number;

	__asm__ volatile("svc #0"
	                 : "+r"(r)
	                 : "r"(b_), "r"(c_), "r"(d_), "r"(e_), "r"(f_), "r"(number_)
	                 : "memory");
	return r;
}

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

#define ARCH_SAY_20 "li a7, 64\n\tli a0, 1\n\tlla a1, text\n\tli a2, 20\n\tecall\n\t"
#define ARCH_EXIT_0 "li a7, 94\n\tli a0, 0\n\tecall\n"
#define ARCH_BEGIN "mv a0, sp\n\tcall begin\n"

static inline long arch_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r __asm__("a0") = a;
	register long b_ __asm__("a1") = b;
	register long c_ __asm__("a2") = c;
	register long d_ __asm__("a3") = d;
	register long e_ __asm__("a4") = e;
	register long f_ __asm__("a5") = f;
	register long number_ __asm__("a7") = number;

	__asm__ volatile("ecall"
	                 : "+r"(r)
	                 : "r"(b_), "r"(c_), "r"(d_), "r"(e_), "r"(f_), "r"(number_)
	                 : "memory");
	return r;
}

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
