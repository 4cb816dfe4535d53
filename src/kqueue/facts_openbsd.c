/* SPDX-License-Identifier: MIT */
/*
 * OpenBSD: sysctl(2), KERN_PROC_PID. The kernel keeps the start as time since the boot
 * and adds the time of the boot when asked, which moves when somebody sets the clock: it
 * is taken off again. A zombie has no start (p_uvalid is 0).
 */
#ifdef __OpenBSD__
#include "../forked/facts.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "../forked/clock.h"
#include "../gate.h"

static int read_process(pid_t pid, struct kinfo_proc *ret)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid, sizeof(*ret), 1 };
	size_t size = sizeof(*ret);
	int r = ward__gate("sysctl");

	if (r < 0)
		return r;
	if (sysctl(name, 6, ret, &size, NULL, 0) < 0)
		return -errno;
	return size < sizeof(*ret) || ret->p_pid != pid ? -ESRCH : 0;
}

static int read_boot(struct timeval *ret)
{
	int name[] = { CTL_KERN, KERN_BOOTTIME };
	size_t size = sizeof(*ret);

	return sysctl(name, 2, ret, &size, NULL, 0) < 0 ? -errno : 0;
}

static int state_of(const struct kinfo_proc *p)
{
	if (!p->p_uvalid)
		return WARD_STATE_ENDED;
	switch (p->p_stat) {
	case SRUN:
	case SONPROC:
		return WARD_STATE_RUNNING;
	case SSLEEP:
		return WARD_STATE_SLEEPING;
	case SSTOP:
		return p->p_psflags & PS_TRACED ? WARD_STATE_TRACED : WARD_STATE_STOPPED;
	default:
		return WARD_STATE_UNKNOWN;
	}
}

static void fill_times(const struct kinfo_proc *p, struct ward_info *info)
{
	info->start_unix_ns = ward__ns((int64_t)p->p_ustart_sec, p->p_ustart_usec);
	info->user_ns = ward__ns(p->p_uutime_sec, p->p_uutime_usec);
	info->system_ns = ward__ns(p->p_ustime_sec, p->p_ustime_usec);
	info->rss_bytes = (int64_t)p->p_vm_rssize * getpagesize();
	if (p->p_vm_map_size > 0)             /* not every release fills it in */
		info->virtual_bytes = (int64_t)p->p_vm_map_size;
}

static void fill(const struct kinfo_proc *p, struct ward_info *info)
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
	struct kinfo_proc p;
	struct timeval boot, again;
	int r;

	memset(&p, 0, sizeof(p));
	do {
		r = read_boot(&boot);
		if (r == 0)
			r = read_process(pid, &p);
		if (r == 0)
			r = read_boot(&again);
		if (r < 0)
			return r;
	} while (boot.tv_sec != again.tv_sec || boot.tv_usec != again.tv_usec);
	fill(&p, &ret->info);
	ret->start = 0;
	if (p.p_uvalid)
		ret->start = ward__start((int64_t)p.p_ustart_sec, p.p_ustart_usec) -
		             ward__start(boot.tv_sec, boot.tv_usec);
	return 0;
}

bool ward__facts_boot(uint8_t ret[16])
{
	(void)ret;
	return false;
}
#else
typedef int ward__not_openbsd; /* ISO C wants something in a file */
#endif
