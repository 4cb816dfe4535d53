/* SPDX-License-Identifier: MIT */
/*
 * Small models of what the kernels of FreeBSD, OpenBSD and NetBSD do, on top of Linux, so
 * that the library's code for them can be run where they are not. They follow the manual
 * pages and what was seen on those systems, the nasty parts above all; they are not the
 * systems. Calls that Linux has, too, are put in their way by the linker (--wrap).
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum model_system { MODEL_FREEBSD, MODEL_OPENBSD, MODEL_NETBSD };

#if defined(WARD_TEST_MODEL_FREEBSD)
#define MODEL_IS MODEL_FREEBSD
#elif defined(WARD_TEST_MODEL_OPENBSD)
#define MODEL_IS MODEL_OPENBSD
#elif defined(WARD_TEST_MODEL_NETBSD)
#define MODEL_IS MODEL_NETBSD
#endif

/* ------------------------------------------------------------------------- linux.c */

/* A pidfd, or -1 with errno: ESRCH also for the number of a thread. */
int model_pidfd(pid_t pid);
bool model_is_pidfd(int fd);
bool model_pidfd_has_ended(int pidfd);

/* The status as of wait4(2) of what has ended, whoever has collected it. */
int model_pidfd_status(int pidfd, pid_t pid);

/* The same descriptor under a number that is not in anybody's way. Closes @fd. */
int model_hide(int fd);

/* What /proc says; false: there is no such process. */
struct model_facts {
	pid_t pid, ppid, pgid, sid, tracer; /* pid: of the process that a thread is of */
	char state;
	char name[32];
	int threads;
	uint32_t uid[3], gid[3];            /* real, effective, saved */
	uint64_t user_us, system_us, start_us; /* start: since the boot */
	uint64_t rss_pages, virtual_bytes;
};
bool model_facts_read(pid_t pid, struct model_facts *ret);
uint64_t model_boot_us(void);

/* ------------------------------------------------------------------------ kqueue.c */

/* About what poll(2) found: the end of a process is told before it can be collected. */
void model_kqueue_seen(int fd);
bool model_is_too_early(pid_t pid);

/* No kqueue is inherited: before, in the parent, in the child. */
void model_fork_before(void);
void model_fork_parent(void);
void model_fork_child(void);

/* Before @fd is closed. */
void model_kqueue_close(int fd);

/* ---------------------------------------------------------------------- procdesc.c */

/* The number of the process that it describes; -1: it is none. */
pid_t model_described(int fd);

/* Has this child of ours a process descriptor, so that a plain wait does not see it? */
bool model_is_described(pid_t pid);
void model_procdesc_close(int fd);

/* fork(2) without what libc does before and after it. */
pid_t model_bare_fork(void);

/* ------------------------------------------------------------------------ reaper.c */

/* PROC_REAP_*; and in a new process, whose number may have been a reaper's. */
int model_reaper(pid_t pid, int command, void *data);
void model_reaper_forget(void);

#endif
