/* SPDX-License-Identifier: MIT */
/*
 * The keeper's program, made of the section that its code is in: a header for the
 * kernel's loader, a few instructions that call the first function with the stack and
 * the place of its memory, and a copy of the section. It is a file without a name in
 * memory, made for each start, since no descriptor is kept open between two of them.
 */
#define _GNU_SOURCE 1
#include "keeper_image.h"

#include <errno.h>

#include "keeper_code.h"

#if WARD__KEEPER_HAS_IMAGE
#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../gate.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010u /* 6.3; before, and without a policy, all could be executed */
#endif

/* The linker knows where a section is whose name is a word of C. */
extern const char __start_ward_keeper[] __attribute__((visibility("hidden")));
extern const char __stop_ward_keeper[] __attribute__((visibility("hidden")));

enum { ENTRY_AT = 0x100, CODE_AT = 0x200, SEGMENTS = 3 };
#define BASE UINT64_C(0x10000000)
#define STATE (BASE + UINT64_C(0x1000000))
#define PAGE UINT64_C(0x10000) /* the largest there is */

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64, STATE_AT = 11, FIRST_AT = 21 };
static const unsigned char entry[] = {
	0x31, 0xed,                                /* xor ebp, ebp */
	0x48, 0x89, 0xe7,                          /* mov rdi, rsp */
	0x48, 0x83, 0xe4, 0xf0,                    /* and rsp, -16 */
	0x48, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0,        /* mov rsi, state */
	0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,        /* mov rax, first function */
	0xff, 0xd0, 0xf4                           /* call rax; hlt */
};
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64, STATE_AT = 24, FIRST_AT = 32 };
static const unsigned char entry[] = {
	0xe0, 0x03, 0x00, 0x91,                    /* mov x0, sp */
	0xa1, 0x00, 0x00, 0x58,                    /* ldr x1, state */
	0xc2, 0x00, 0x00, 0x58,                    /* ldr x2, first function */
	0x40, 0x00, 0x3f, 0xd6,                    /* blr x2 */
	0x20, 0x00, 0x20, 0xd4,                    /* brk #1 */
	0x1f, 0x20, 0x03, 0xd5,                    /* nop */
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0
};
#else
enum { MACHINE = EM_RISCV, STATE_AT = 24, FIRST_AT = 32 };
static const unsigned char entry[] = {
	0x13, 0x05, 0x01, 0x00,                    /* mv a0, sp */
	0x97, 0x02, 0x00, 0x00,                    /* auipc t0, 0 */
	0x83, 0xb5, 0x42, 0x01,                    /* ld a1, state */
	0x03, 0xb3, 0xc2, 0x01,                    /* ld t1, first function */
	0xe7, 0x00, 0x03, 0x00,                    /* jalr t1 */
	0x73, 0x00, 0x10, 0x00,                    /* ebreak */
	0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0
};
#endif

struct head {
	Elf64_Ehdr file;
	Elf64_Phdr segments[SEGMENTS];
};

static void fill_head(struct head *head, uint64_t size)
{
	Elf64_Ehdr *file = &head->file;

	memcpy(file->e_ident, ELFMAG, SELFMAG);
	file->e_ident[EI_CLASS] = ELFCLASS64;
	file->e_ident[EI_DATA] = ELFDATA2LSB;
	file->e_ident[EI_VERSION] = EV_CURRENT;
	file->e_type = ET_EXEC;
	file->e_machine = MACHINE;
	file->e_version = EV_CURRENT;
	file->e_entry = BASE + ENTRY_AT;
	file->e_phoff = offsetof(struct head, segments);
	file->e_ehsize = sizeof(*file);
	file->e_phentsize = sizeof(Elf64_Phdr);
	file->e_phnum = SEGMENTS;
	head->segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		                          .p_vaddr = BASE, .p_paddr = BASE,
		                          .p_filesz = CODE_AT + size,
		                          .p_memsz = CODE_AT + size, .p_align = PAGE };
	head->segments[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
		                          .p_vaddr = STATE, .p_paddr = STATE,
		                          .p_memsz = sizeof(struct ward__keeper_state),
		                          .p_align = PAGE };
	head->segments[2] = (Elf64_Phdr){ .p_type = PT_GNU_STACK,
		                          .p_flags = PF_R | PF_W, .p_align = 16 };
}

static void fill_entry(char *to)
{
	const uint64_t state = STATE;
	uint64_t first = BASE + CODE_AT + ((uintptr_t)ward__keeper_enter -
	                                   (uintptr_t)__start_ward_keeper);

	memcpy(to, entry, sizeof(entry));
	memcpy(to + STATE_AT, &state, sizeof(state));
	memcpy(to + FIRST_AT, &first, sizeof(first));
}

static int make_file(void)
{
	int r = ward__gate("memfd_create"), fd;

	if (r < 0)
		return r;
	fd = memfd_create("ward-keeper", MFD_CLOEXEC | MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("ward-keeper", MFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int write_file(int fd, const struct iovec parts[2])
{
	ssize_t n = ward__gate("writev");

	if (n == 0)
		n = writev(fd, parts, 2);
	else
		return (int)n;
	if (n < 0)
		return -errno;
	return (size_t)n == parts[0].iov_len + parts[1].iov_len ? 0 : -ENOSPC;
}

int ward__keeper_image(void)
{
	/* cppcheck-suppress comparePointers ; the linker makes one section of it */
	size_t size = (size_t)(__stop_ward_keeper - __start_ward_keeper);
	_Alignas(16) char head[CODE_AT] = { 0 };
	struct iovec parts[2] = { { head, sizeof(head) },
		                  { (void *)(uintptr_t)__start_ward_keeper, size } };
	int fd = make_file(), r;

	if (fd < 0)
		return fd;
	fill_head((void *)head, size);
	fill_entry(head + ENTRY_AT);
	r = write_file(fd, parts);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}
#else
int ward__keeper_image(void)
{
	return -ENOTSUP;
}
#endif
