/* SPDX-License-Identifier: MIT */
/*
 * Kinfo_proc2. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_KINFO_H
#define DECLARED_KINFO_H

#include <stdint.h>

struct kinfo_proc2 {
	int32_t p_flag, p_pid, p_ppid, p_sid, p__pgid;
	uint32_t p_uid, p_ruid, p_gid, p_rgid, p_svuid, p_svgid;
	int8_t p_stat;
	char p_comm[24];
	int32_t p_vm_rssize;
	int64_t p_uvalid;
	uint32_t p_ustart_sec, p_ustart_usec;
	uint32_t p_uutime_sec, p_uutime_usec, p_ustime_sec, p_ustime_usec;
	uint64_t p_nlwps, p_realstat;
	int64_t p_vm_vsize;
};

#endif
