/* SPDX-License-Identifier: MIT */
/*
 * macOS: libproc. The start is the clock's time at the fork; the boot has a UUID. Times
 * of others' processes need a right that we may not have: then they are not told.
 */
#ifdef __APPLE__
#define _DARWIN_C_SOURCE 1
#include "../forked/facts.h"

#include <errno.h>
#include <libproc.h>
#include <mach/mach_time.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "../forked/clock.h"
#include "../gate.h"

/* The 1 asks for zombies, too. */
static int read_process(pid_t pid, struct proc_bsdinfo *ret)
{
	int r = ward__gate("proc_pidinfo");

	if (r < 0)
		return r;
	errno = 0;
	r = proc_pidinfo(pid, PROC_PIDTBSDINFO, 1, ret, sizeof(*ret));
	if (r == (int)sizeof(*ret))
		return 0;
	return errno > 0 ? -errno : -ESRCH;
}

static int state_of(const struct proc_bsdinfo *p)
{
	switch (p->pbi_status) {
	case SRUN:
		return WARD_STATE_RUNNING;
	case SSLEEP:
		return WARD_STATE_SLEEPING;
	case SSTOP:
		return p->pbi_flags & PROC_FLAG_TRACED ? WARD_STATE_TRACED :
		                                         WARD_STATE_STOPPED;
	case SZOMB:
		return WARD_STATE_ENDED;
	default:
		return WARD_STATE_UNKNOWN;
	}
}

static int64_t ticks_to_ns(uint64_t ticks)
{
	mach_timebase_info_data_t unit;

	if (mach_timebase_info(&unit) != 0 || unit.denom == 0)
		return -1;
	return (int64_t)(ticks / unit.denom * unit.numer +
	                 ticks % unit.denom * unit.numer / unit.denom);
}

static void fill_task(pid_t pid, struct ward_info *info)
{
	struct proc_taskinfo task;

	if (proc_pidinfo(pid, PROC_PIDTASKINFO, 0, &task, sizeof(task)) !=
	    (int)sizeof(task))
		return;
	info->threads = task.pti_threadnum;
	info->user_ns = ticks_to_ns(task.pti_total_user);
	info->system_ns = ticks_to_ns(task.pti_total_system);
	info->rss_bytes = (int64_t)task.pti_resident_size;
	info->virtual_bytes = (int64_t)task.pti_virtual_size;
}

static void fill(const struct proc_bsdinfo *p, struct ward_info *info)
{
	pid_t pid = (pid_t)p->pbi_pid;

	ward__facts_unknown(info, pid);
	info->ppid = p->pbi_ppid;
	info->pgid = p->pbi_pgid;
	info->sid = getsid(pid);
	info->state = state_of(p);
	info->uid = p->pbi_ruid;
	info->euid = p->pbi_uid;
	info->suid = p->pbi_svuid;
	info->gid = p->pbi_rgid;
	info->egid = p->pbi_gid;
	info->sgid = p->pbi_svgid;
	info->start_unix_ns = ward__ns((int64_t)p->pbi_start_tvsec,
	                               (int64_t)p->pbi_start_tvusec);
	strlcpy(info->name, p->pbi_comm, sizeof(info->name));
}

static uint64_t start_of(const struct proc_bsdinfo *p)
{
	return ward__start((int64_t)p->pbi_start_tvsec, (int64_t)p->pbi_start_tvusec);
}

/* Read in pieces: they are of one process when it is the same after the last one. */
int ward__facts_read(pid_t pid, struct ward__facts *ret)
{
	struct proc_bsdinfo p, again;
	int r = read_process(pid, &p);

	if (r < 0)
		return r;
	fill(&p, &ret->info);
	fill_task(pid, &ret->info);
	r = read_process(pid, &again);
	if (r < 0)
		return r;
	ret->start = start_of(&p);
	return start_of(&again) == ret->start ? 0 : -ESRCH;
}

static int digit(char c)
{
	static const char digits[] = "0123456789ABCDEF0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

/* "XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX" */
bool ward__facts_boot(uint8_t ret[16])
{
	char text[64];
	size_t size = sizeof(text) - 1, n = 0;

	memset(text, 0, sizeof(text));
	if (sysctlbyname("kern.bootsessionuuid", text, &size, NULL, 0) < 0)
		return false;
	memset(ret, 0, 16);
	for (const char *c = text; *c && n < 32; c++) {
		if (*c == '-')
			continue;
		if (digit(*c) < 0)
			return false;
		ret[n / 2] = (uint8_t)(ret[n / 2] << 4 | digit(*c));
		n++;
	}
	return n == 32;
}
#else
typedef int ward__not_macos; /* ISO C wants something in a file */
#endif
