/* SPDX-License-Identifier: MIT */
/*
 * Procctl(2). Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_PROCCTL_H
#define DECLARED_SYS_PROCCTL_H

#include <sys/types.h>
#include <sys/wait.h>

#define PROC_PDEATHSIG_CTL 11
#define PROC_NO_NEW_PRIVS_CTL 19
#define PROC_NO_NEW_PRIVS_ENABLE 1

#define PROC_REAP_ACQUIRE 2
#define PROC_REAP_STATUS 4
#define PROC_REAP_GETPIDS 5
#define PROC_REAP_KILL 6

struct procctl_reaper_status {
	unsigned rs_flags, rs_children, rs_descendants;
	pid_t rs_reaper, rs_pid;
	unsigned rs_pad0[15];
};

struct procctl_reaper_pidinfo {
	pid_t pi_pid, pi_subtree;
	unsigned pi_flags, pi_pad0[15];
};

#define REAPER_PIDINFO_VALID 0x00000001
#define REAPER_PIDINFO_CHILD 0x00000002
#define REAPER_PIDINFO_REAPER 0x00000004
#define REAPER_PIDINFO_ZOMBIE 0x00000008

struct procctl_reaper_pids {
	unsigned rp_count, rp_pad0[15];
	struct procctl_reaper_pidinfo *rp_pids;
};

struct procctl_reaper_kill {
	int rk_sig;
	unsigned rk_flags;
	pid_t rk_subtree;
	unsigned rk_killed;
	pid_t rk_fpid;
	unsigned rk_pad0[15];
};

int procctl(idtype_t kind, id_t id, int command, void *data);

#endif
