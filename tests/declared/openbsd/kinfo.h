/* SPDX-License-Identifier: MIT */
/*
 * Kinfo_proc. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_KINFO_H
#define DECLARED_KINFO_H

#include <stdint.h>

struct kinfo_proc {
	int32_t p_pid, p_ppid, p_sid, p__pgid;
	uint32_t p_uid, p_ruid, p_svuid, p_gid, p_rgid, p_svgid;
	int8_t p_stat;
	uint32_t p_psflags;
	char p_comm[24];
	int32_t p_vm_rssize;
	int64_t p_uvalid;
	uint64_t p_vm_map_size;
	uint64_t p_ustart_sec;
	uint32_t p_ustart_usec;
	uint32_t p_uutime_sec, p_uutime_usec, p_ustime_sec, p_ustime_usec;
};

#endif
