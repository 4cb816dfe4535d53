/* SPDX-License-Identifier: MIT */
/*
 * FreeBSD: sysctl(3), KERN_PROC_PID, also of zombies. The kernel keeps the start as time
 * since the boot and adds the time of the boot when asked, which moves when somebody sets
 * the clock: it is taken off again. The boot has a random name (kern.boot_id).
 */
#include "../forked/facts.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/user.h>
#include <unistd.h>

#include "../forked/clock.h"
#include "../gate.h"

/* The number of a thread gives the process that it is one of. */
static int read_process(pid_t pid, struct kinfo_proc *ret)
{
	int name[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid };
	size_t size = sizeof(*ret);
	int r = ward__gate("sysctl");

	if (r < 0)
		return r;
	if (sysctl(name, 4, ret, &size, NULL, 0) < 0)
		return -errno;
	if (size < sizeof(*ret))
		return -ESRCH;
	return ret->ki_pid == pid ? 0 : -EINVAL;
}

static int read_boot(struct timeval *ret)
{
	int name[] = { CTL_KERN, KERN_BOOTTIME };
	size_t size = sizeof(*ret);

	return sysctl(name, 2, ret, &size, NULL, 0) < 0 ? -errno : 0;
}

static int state_of(const struct kinfo_proc *p)
{
	switch (p->ki_stat) {
	case SRUN:
		return WARD_STATE_RUNNING;
	case SSLEEP:
	case SWAIT:
	case SLOCK:
		return WARD_STATE_SLEEPING;
	case SSTOP:
		return p->ki_flag & P_TRACED ? WARD_STATE_TRACED : WARD_STATE_STOPPED;
	case SZOMB:
		return WARD_STATE_ENDED;
	default:
		return WARD_STATE_UNKNOWN;
	}
}

static void fill_times(const struct kinfo_proc *p, struct ward_info *info)
{
	const struct rusage *usage = &p->ki_rusage;

	info->start_unix_ns = ward__ns(p->ki_start.tv_sec, p->ki_start.tv_usec);
	info->user_ns = ward__ns(usage->ru_utime.tv_sec, usage->ru_utime.tv_usec);
	info->system_ns = ward__ns(usage->ru_stime.tv_sec, usage->ru_stime.tv_usec);
	info->rss_bytes = (int64_t)p->ki_rssize * getpagesize();
	info->virtual_bytes = (int64_t)p->ki_size;
}

static void fill(const struct kinfo_proc *p, struct ward_info *info)
{
	ward__facts_unknown(info, p->ki_pid);
	info->ppid = p->ki_ppid;
	info->pgid = p->ki_pgid;
	info->sid = p->ki_sid;
	info->state = state_of(p);
	info->threads = p->ki_numthreads;
	info->uid = p->ki_ruid;
	info->euid = p->ki_uid;
	info->suid = p->ki_svuid;
	info->gid = p->ki_rgid;
	info->egid = p->ki_groups[0];
	info->sgid = p->ki_svgid;
	fill_times(p, info);
	strlcpy(info->name, p->ki_comm, sizeof(info->name));
}

int ward__facts_read(pid_t pid, struct ward__facts *ret)
{
	struct timeval boot, again;
	struct kinfo_proc p;
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
	ret->start = ward__start(p.ki_start.tv_sec, p.ki_start.tv_usec) -
	             ward__start(boot.tv_sec, boot.tv_usec);
	return 0;
}

bool ward__facts_boot(uint8_t ret[16])
{
	size_t size = 16;

	return sysctlbyname("kern.boot_id", ret, &size, NULL, 0) == 0 && size == 16;
}
