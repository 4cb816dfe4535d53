/* SPDX-License-Identifier: MIT */
/*
 * The kernel's numbers and structs that libc headers may lack or may have in another
 * shape: Debian 12's are older than the kernel they run on. Numbers are those of the
 * generic system call table; they are the same on all architectures from 5.0 on, but for
 * those with offsets (alpha, mips, x32), whose libc headers have them.
 */
#ifndef WARD_LINUX_KERNEL_H
#define WARD_LINUX_KERNEL_H

#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424             /* 5.1 */
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434                    /* 5.3 */
#endif
#ifndef SYS_clone3
#define SYS_clone3 435                        /* 5.3 */
#endif
#ifndef SYS_close_range
#define SYS_close_range 436                   /* 5.9 */
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441                  /* 5.11 */
#endif

enum {
	KERNEL_P_PIDFD = 3,                  /* waitid: 5.4 */
	KERNEL_CLOSE_RANGE_UNSHARE = 1 << 1, /* 5.9 */
	KERNEL_PIDFD_GROUP = 1 << 2,         /* PIDFD_SIGNAL_PROCESS_GROUP: 6.9 */
	KERNEL_PIDFS_MAGIC = 0x50494446,     /* statfs of a pidfd: 6.9 */
	KERNEL_PIDFS_ROOT = -10002,          /* FD_PIDFS_ROOT: 6.17 */
	KERNEL_PIDFS_HANDLE = 0xfe,          /* type of a pidfd's file handle: 6.14 */
	KERNEL_SCM_PIDFD = 4,                /* 6.5 */
	KERNEL_SO_PEERPIDFD = 77 /* 6.5; parisc and sparc have others: pass.c */
};

#define KERNEL_CLONE_PIDFD UINT64_C(0x00001000)          /* 5.2 */
#define KERNEL_CLONE_CLEAR_SIGHAND UINT64_C(0x100000000) /* 5.5 */

#define KERNEL_CLONE_INTO_CGROUP UINT64_C(0x200000000)   /* 5.7 */

/* clone3: 64 bytes in its first release (5.3), then set_tid (5.5) and cgroup (5.7). */
enum { KERNEL_CLONE_ARGS_FIRST = 64 };
struct kernel_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

/* PIDFD_GET_INFO (6.13): the 64 bytes of its first release. */
struct kernel_pidfd_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};
#define KERNEL_PIDFD_GET_INFO _IOWR(0xff, 11, struct kernel_pidfd_info)
enum {
	KERNEL_INFO_PID = 1 << 0,
	KERNEL_INFO_CREDS = 1 << 1,
	KERNEL_INFO_CGROUP = 1 << 2,
	KERNEL_INFO_EXIT = 1 << 3 /* 6.15: wait status in exit_code, once reaped */
};

/* One of what getdents64 lists. */
struct kernel_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/*
 * struct rusage as the kernel writes it: its times are longs, while a 32-bit libc with
 * 64-bit time has wider ones.
 */
struct kernel_rusage {
	struct {
		long sec, usec;
	} utime, stime;
	long maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd,
		msgrcv, nsignals, nvcsw, nivcsw;
};

/* A write without SIGPIPE (6.18); the other side of a terminal (4.13). */
enum { KERNEL_RWF_NOSIGNAL = 0x100 };
#define KERNEL_TIOCGPTPEER _IO('T', 0x41)

/* A signal set as the kernel has it: 64 signals, 128 on mips. */
#ifdef __mips__
enum { KERNEL_SIGNALS = 128 };
#else
enum { KERNEL_SIGNALS = 64 };
#endif
enum { KERNEL_SIGSET_BYTES = KERNEL_SIGNALS / 8 };

#endif
