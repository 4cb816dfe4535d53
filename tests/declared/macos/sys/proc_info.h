/* SPDX-License-Identifier: MIT */
/*
 * Libproc. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_PROC_INFO_H
#define DECLARED_SYS_PROC_INFO_H

#include <stdint.h>
#include <sys/types.h>

#define PROC_PIDTBSDINFO 3
#define PROC_PIDTASKINFO 4
#define PROC_FLAG_TRACED 2

struct proc_bsdinfo {
	uint32_t pbi_flags, pbi_status, pbi_pid, pbi_ppid, pbi_pgid;
	uid_t pbi_uid, pbi_ruid, pbi_svuid;
	gid_t pbi_gid, pbi_rgid, pbi_svgid;
	char pbi_comm[17];
	uint64_t pbi_start_tvsec, pbi_start_tvusec;
};

struct proc_taskinfo {
	uint64_t pti_virtual_size, pti_resident_size, pti_total_user, pti_total_system;
	int32_t pti_threadnum;
};

#endif
