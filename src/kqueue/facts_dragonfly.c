/* SPDX-License-Identifier: MIT */
/* DragonFly: sysctl(3), KERN_PROC_PID. The start is the clock's time at the fork. */
#ifdef __DragonFly__
#include "../forked/facts.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>
#include <sys/kinfo.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "../forked/clock.h"
#include "../gate.h"

static int read_process(pid_t pid, struct kinfo_proc *ret)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid };
	size_t size = sizeof(*ret);
	int r = ward__gate("sysctl");

	if (r < 0)
		return r;
	if (sysctl(name, 4, ret, &size, NULL, 0) < 0)
		return -errno;
	return size < sizeof(*ret) || ret->kp_pid != pid ? -ESRCH : 0;
}

static int state_of(const struct kinfo_proc *p)
{
	switch (p->kp_stat) {
	case SACTIVE:
		return p->kp_lwp.kl_stat == LSRUN ? WARD_STATE_RUNNING :
		                                    WARD_STATE_SLEEPING;
	case SSTOP:
		return WARD_STATE_STOPPED;
	case SZOMB:
		return WARD_STATE_ENDED;
	default:
		return WARD_STATE_UNKNOWN;
	}
}

static void fill(const struct kinfo_proc *p, struct ward_info *info)
{
	const struct rusage *usage = &p->kp_ru;

	ward__facts_unknown(info, p->kp_pid);
	info->ppid = p->kp_ppid;
	info->pgid = p->kp_pgid;
	info->sid = p->kp_sid;
	info->state = state_of(p);
	info->threads = p->kp_nthreads;
	info->uid = p->kp_ruid;
	info->euid = p->kp_uid;
	info->suid = p->kp_svuid;
	info->gid = p->kp_rgid;
	info->egid = p->kp_groups[0];
	info->sgid = p->kp_svgid;
	info->start_unix_ns = ward__ns(p->kp_start.tv_sec, p->kp_start.tv_usec);
	info->user_ns = ward__ns(usage->ru_utime.tv_sec, usage->ru_utime.tv_usec);
	info->system_ns = ward__ns(usage->ru_stime.tv_sec, usage->ru_stime.tv_usec);
	info->rss_bytes = (int64_t)p->kp_vm_rssize * getpagesize();
	info->virtual_bytes = (int64_t)p->kp_vm_map_size;
	strlcpy(info->name, p->kp_comm, sizeof(info->name));
}

int ward__facts_read(pid_t pid, struct ward__facts *ret)
{
	struct kinfo_proc p;
	int r;

	memset(&p, 0, sizeof(p));
	r = read_process(pid, &p);
	if (r < 0)
		return r;
	fill(&p, &ret->info);
	ret->start = ward__start(p.kp_start.tv_sec, p.kp_start.tv_usec);
	return 0;
}

bool ward__facts_boot(uint8_t ret[16])
{
	(void)ret;
	return false;
}
#else
typedef int ward__not_dragonfly; /* ISO C wants something in a file */
#endif
