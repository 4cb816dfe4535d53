/* SPDX-License-Identifier: MIT */
/*
 * NetBSD: sysctl(3), KERN_PROC2. The start is the clock's time at the fork, which the
 * kernel keeps as it was. A zombie has none (p_uvalid is 0).
 */
#ifdef __NetBSD__
#define _NETBSD_SOURCE 1
#include "../forked/facts.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <sys/lwp.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "../forked/clock.h"
#include "../gate.h"

static int read_process(pid_t pid, struct kinfo_proc2 *ret)
{
	int name[] = { CTL_KERN, KERN_PROC2, KERN_PROC_PID, (int)pid, sizeof(*ret), 1 };
	size_t size = sizeof(*ret);
	int r = ward__gate("sysctl");

	if (r < 0)
		return r;
	if (sysctl(name, 6, ret, &size, NULL, 0) < 0)
		return -errno;
	return size < sizeof(*ret) || ret->p_pid != pid ? -ESRCH : 0;
}

static int state_of(const struct kinfo_proc2 *p)
{
	if (!p->p_uvalid)
		return WARD_STATE_ENDED;
	if (p->p_realstat == SSTOP)
		return p->p_flag & P_TRACED ? WARD_STATE_TRACED : WARD_STATE_STOPPED;
	switch (p->p_stat) {
	case LSRUN:
	case LSONPROC:
		return WARD_STATE_RUNNING;
	case LSSLEEP:
		return WARD_STATE_SLEEPING;
	case LSSTOP:
		return WARD_STATE_STOPPED;
	default:
		return WARD_STATE_UNKNOWN;
	}
}

static void fill_times(const struct kinfo_proc2 *p, struct ward_info *info)
{
	info->start_unix_ns = ward__ns(p->p_ustart_sec, p->p_ustart_usec);
	info->user_ns = ward__ns(p->p_uutime_sec, p->p_uutime_usec);
	info->system_ns = ward__ns(p->p_ustime_sec, p->p_ustime_usec);
	info->rss_bytes = (int64_t)p->p_vm_rssize * getpagesize();
	info->virtual_bytes = p->p_vm_vsize * getpagesize();
	info->threads = (int32_t)p->p_nlwps;
}

static void fill(const struct kinfo_proc2 *p, struct ward_info *info)
{
	ward__facts_unknown(info, p->p_pid);
	info->ppid = p->p_ppid;
	info->pgid = p->p__pgid;
	info->sid = p->p_sid;
	info->state = state_of(p);
	info->uid = p->p_ruid;
	info->euid = p->p_uid;
	info->suid = p->p_svuid;
	info->gid = p->p_rgid;
	info->egid = p->p_gid;
	info->sgid = p->p_svgid;
	if (p->p_uvalid)
		fill_times(p, info);
	strlcpy(info->name, p->p_comm, sizeof(info->name));
}

int ward__facts_read(pid_t pid, struct ward__facts *ret)
{
	struct kinfo_proc2 p;
	int r;

	memset(&p, 0, sizeof(p));
	r = read_process(pid, &p);
	if (r < 0)
		return r;
	fill(&p, &ret->info);
	ret->start = p.p_uvalid ? ward__start(p.p_ustart_sec, p.p_ustart_usec) : 0;
	return 0;
}

bool ward__facts_boot(uint8_t ret[16])
{
	(void)ret;
	return false;
}
#else
typedef int ward__not_netbsd; /* ISO C wants something in a file */
#endif
