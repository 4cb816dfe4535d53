/* SPDX-License-Identifier: MIT */
/*
 * Kinfo_proc. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_KINFO_H
#define DECLARED_KINFO_H

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>

struct kinfo_proc {
	pid_t ki_pid, ki_ppid, ki_pgid, ki_sid;
	uid_t ki_uid, ki_ruid, ki_svuid;
	gid_t ki_rgid, ki_svgid, ki_groups[16];
	unsigned long ki_size;
	long ki_rssize, ki_flag;
	struct timeval ki_start;
	char ki_stat, ki_comm[20];
	int ki_numthreads;
	struct rusage ki_rusage;
};

#endif
