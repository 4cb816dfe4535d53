/* SPDX-License-Identifier: MIT */
/*
 * The entry into clone3 with CLONE_VM: between the system call and the first function of
 * the child there must be no use of the old stack, which C cannot promise, so it is
 * written in assembly for each architecture. The child starts at the top of its stack
 * (16-byte aligned by the caller) with all registers as they were but the result; x86-64
 * loses rcx and r11 to the syscall instruction. Architectures without an entry use
 * libc's clone.
 */
#include "clone3.h"

#include <errno.h>
#include <stdbool.h>

long ward__clone3_entry(const struct kernel_clone_args *args, size_t size,
                        int (*run)(void *), void *arg);

#if defined(__x86_64__) && !defined(__ILP32__)
#define HAVE_ENTRY 1
__asm__(".text\n"
        ".p2align 4\n"
        ".globl ward__clone3_entry\n"
        ".hidden ward__clone3_entry\n"
        ".type ward__clone3_entry, @function\n"
        "ward__clone3_entry:\n"
        "	.cfi_startproc\n"
        "	endbr64\n"
        "	mov	%rcx, %r8\n" /* arg: rcx does not survive syscall */
        "	mov	$435, %eax\n"
        "	syscall\n"
        "	test	%rax, %rax\n"
        "	jz	1f\n"
        "	ret\n"
        "1:	.cfi_undefined rip\n" /* the child's outermost frame */
        "	xor	%ebp, %ebp\n"
        "	mov	%r8, %rdi\n"
        "	call	*%rdx\n"
        "	hlt\n"
        "	.cfi_endproc\n"
        ".size ward__clone3_entry, . - ward__clone3_entry\n");
#elif defined(__aarch64__)
#define HAVE_ENTRY 1
__asm__(".text\n"
        ".p2align 4\n"
        ".globl ward__clone3_entry\n"
        ".hidden ward__clone3_entry\n"
        ".type ward__clone3_entry, %function\n"
        "ward__clone3_entry:\n"
        "	.cfi_startproc\n"
        "	hint	#34\n" /* bti c */
        "	mov	x8, #435\n"
        "	svc	#0\n"
        "	cbz	x0, 1f\n"
        "	ret\n"
        "1:	.cfi_undefined x30\n"
        "	mov	x29, #0\n"
        "	mov	x0, x3\n"
        "	blr	x2\n"
        "	brk	#1\n"
        "	.cfi_endproc\n"
        ".size ward__clone3_entry, . - ward__clone3_entry\n");
#elif defined(__riscv) && __riscv_xlen == 64
#define HAVE_ENTRY 1
__asm__(".text\n"
        ".p2align 2\n"
        ".globl ward__clone3_entry\n"
        ".hidden ward__clone3_entry\n"
        ".type ward__clone3_entry, %function\n"
        "ward__clone3_entry:\n"
        "	.cfi_startproc\n"
        "	li	a7, 435\n"
        "	ecall\n"
        "	beqz	a0, 1f\n"
        "	ret\n"
        "1:	.cfi_undefined ra\n"
        "	li	s0, 0\n"
        "	mv	a0, a3\n"
        "	jalr	a2\n"
        "	ebreak\n"
        "	.cfi_endproc\n"
        ".size ward__clone3_entry, . - ward__clone3_entry\n");
#endif

/* The system call's result is a negative errno already, with no errno in between. */
long ward__clone3(const struct kernel_clone_args *args, int (*run)(void *), void *arg)
{
#ifdef HAVE_ENTRY
	bool whole = (args->flags & KERNEL_CLONE_INTO_CGROUP) != 0;

	return ward__clone3_entry(args, whole ? sizeof(*args) : KERNEL_CLONE_ARGS_FIRST,
	                          run, arg);
#else
	(void)args;
	(void)run;
	(void)arg;
	return -ENOSYS;
#endif
}
