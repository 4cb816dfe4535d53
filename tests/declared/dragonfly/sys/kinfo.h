/* SPDX-License-Identifier: MIT */
/*
 * Kinfo_proc. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_KINFO_H
#define DECLARED_SYS_KINFO_H

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>

enum procstat { SIDL = 1, SACTIVE = 2, SSTOP = 3, SZOMB = 4, SCORE = 5 };
enum lwpstat { LSRUN = 1, LSSTOP = 2, LSSLEEP = 3 };

struct kinfo_lwp {
	enum lwpstat kl_stat;
};

struct kinfo_proc {
	enum procstat kp_stat;
	struct timeval kp_start;
	char kp_comm[17];
	uid_t kp_uid, kp_ruid, kp_svuid;
	gid_t kp_groups[16], kp_rgid, kp_svgid;
	pid_t kp_pid, kp_ppid, kp_pgid, kp_sid;
	int kp_nthreads;
	size_t kp_vm_map_size;
	long kp_vm_rssize;
	struct rusage kp_ru;
	struct kinfo_lwp kp_lwp;
};

#endif
