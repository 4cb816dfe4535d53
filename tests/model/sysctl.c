/* SPDX-License-Identifier: MIT */
/*
 * A model of sysctl(3) as far as processes go: from /proc, in each system's struct, of
 * which the declarations have the fields that are asked for. FreeBSD tells all of a
 * zombie and takes the number of a thread for its process; OpenBSD and NetBSD tell of a
 * zombie next to nothing, and find no thread.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#ifdef WARD_TEST_MODEL_FREEBSD
#include <sys/user.h>
#endif
#ifdef WARD_TEST_MODEL_NETBSD
#include <sys/lwp.h>
#endif

#include "model.h"

static struct timeval time_of(uint64_t us)
{
	return (struct timeval){ .tv_sec = (time_t)(us / 1000000),
		                 .tv_usec = (suseconds_t)(us % 1000000) };
}

static bool is_zombie(const struct model_facts *facts)
{
	return facts->state == 'Z' || facts->state == 'X';
}

#if defined(WARD_TEST_MODEL_FREEBSD)
typedef struct kinfo_proc kinfo;

static char state_of(const struct model_facts *facts)
{
	switch (facts->state) {
	case 'R':
		return SRUN;
	case 'T':
	case 't':
		return SSTOP;
	default:
		return is_zombie(facts) ? SZOMB : SSLEEP;
	}
}

static void fill(kinfo *to, const struct model_facts *facts)
{
	to->ki_pid = facts->pid;
	to->ki_ppid = facts->ppid;
	to->ki_pgid = facts->pgid;
	to->ki_sid = facts->sid;
	to->ki_ruid = facts->uid[0];
	to->ki_uid = facts->uid[1];
	to->ki_svuid = facts->uid[2];
	to->ki_rgid = facts->gid[0];
	to->ki_groups[0] = facts->gid[1];
	to->ki_svgid = facts->gid[2];
	to->ki_stat = state_of(facts);
	to->ki_flag = facts->tracer ? P_TRACED : 0;
	to->ki_numthreads = facts->threads;
	to->ki_size = facts->virtual_bytes;
	to->ki_rssize = (long)facts->rss_pages;
	to->ki_start = time_of(model_boot_us() + facts->start_us);
	to->ki_rusage.ru_utime = time_of(facts->user_us);
	to->ki_rusage.ru_stime = time_of(facts->system_us);
	strncpy(to->ki_comm, facts->name, sizeof(to->ki_comm) - 1);
}
#elif defined(WARD_TEST_MODEL_OPENBSD)
typedef struct kinfo_proc kinfo;

static void fill_living(kinfo *to, const struct model_facts *facts)
{
	struct timeval start = time_of(model_boot_us() + facts->start_us);

	to->p_uvalid = 1;
	to->p_stat = facts->state == 'R' ? SONPROC :
	             facts->state == 'T' || facts->state == 't' ? SSTOP :
	                                                          SSLEEP;
	to->p_vm_rssize = (int32_t)facts->rss_pages;
	to->p_vm_map_size = facts->virtual_bytes;
	to->p_ustart_sec = (uint64_t)start.tv_sec;
	to->p_ustart_usec = (uint32_t)start.tv_usec;
	to->p_uutime_sec = (uint32_t)(facts->user_us / 1000000);
	to->p_uutime_usec = (uint32_t)(facts->user_us % 1000000);
	to->p_ustime_sec = (uint32_t)(facts->system_us / 1000000);
	to->p_ustime_usec = (uint32_t)(facts->system_us % 1000000);
}

static void fill(kinfo *to, const struct model_facts *facts)
{
	to->p_pid = facts->pid;
	to->p_ppid = facts->ppid;
	to->p__pgid = facts->pgid;
	to->p_sid = facts->sid;
	to->p_ruid = facts->uid[0];
	to->p_uid = facts->uid[1];
	to->p_svuid = facts->uid[2];
	to->p_rgid = facts->gid[0];
	to->p_gid = facts->gid[1];
	to->p_svgid = facts->gid[2];
	to->p_psflags = facts->tracer ? PS_TRACED : 0;
	strncpy(to->p_comm, facts->name, sizeof(to->p_comm) - 1);
	if (!is_zombie(facts))
		fill_living(to, facts);
}
#else
typedef struct kinfo_proc2 kinfo;

static void fill_living(kinfo *to, const struct model_facts *facts)
{
	struct timeval start = time_of(model_boot_us() + facts->start_us);
	bool stopped = facts->state == 'T' || facts->state == 't';

	to->p_uvalid = 1;
	to->p_stat = (int8_t)(facts->state == 'R' ? LSONPROC :
	                      stopped ? LSSTOP : LSSLEEP);
	to->p_realstat = stopped ? SSTOP : 2;
	to->p_nlwps = (uint64_t)facts->threads;
	to->p_vm_rssize = (int32_t)facts->rss_pages;
	to->p_vm_vsize = (int64_t)(facts->virtual_bytes / 4096);
	to->p_ustart_sec = (uint32_t)start.tv_sec;
	to->p_ustart_usec = (uint32_t)start.tv_usec;
	to->p_uutime_sec = (uint32_t)(facts->user_us / 1000000);
	to->p_uutime_usec = (uint32_t)(facts->user_us % 1000000);
	to->p_ustime_sec = (uint32_t)(facts->system_us / 1000000);
	to->p_ustime_usec = (uint32_t)(facts->system_us % 1000000);
}

static void fill(kinfo *to, const struct model_facts *facts)
{
	to->p_pid = facts->pid;
	to->p_ppid = facts->ppid;
	to->p__pgid = facts->pgid;
	to->p_sid = facts->sid;
	to->p_ruid = facts->uid[0];
	to->p_uid = facts->uid[1];
	to->p_svuid = facts->uid[2];
	to->p_rgid = facts->gid[0];
	to->p_gid = facts->gid[1];
	to->p_svgid = facts->gid[2];
	to->p_flag = facts->tracer ? P_TRACED : 0;
	to->p_realstat = 5;
	strncpy(to->p_comm, facts->name, sizeof(to->p_comm) - 1);
	if (!is_zombie(facts))
		fill_living(to, facts);
}
#endif

static int fail(int error)
{
	errno = error;
	return -1;
}

/* FreeBSD: no such process is an error; the others tell of none. */
static int read_process(int pid, void *old, size_t *size)
{
	struct model_facts facts;
	kinfo all;

	if (*size < sizeof(all))
		return fail(ENOMEM);
	*size = 0;
	if (!model_facts_read(pid, &facts) ||
	    (MODEL_IS != MODEL_FREEBSD && facts.pid != pid))
		return MODEL_IS == MODEL_FREEBSD ? fail(ESRCH) : 0;
	memset(&all, 0, sizeof(all));
	fill(&all, &facts);
	memcpy(old, &all, sizeof(all));
	*size = sizeof(all);
	return 0;
}

static bool is_about_process(const int *name, unsigned n)
{
	if (MODEL_IS == MODEL_FREEBSD)
		return n == 4 && name[1] == KERN_PROC && name[2] == KERN_PROC_PID;
	if (n != 6 || name[2] != KERN_PROC_PID || name[4] != (int)sizeof(kinfo) ||
	    name[5] != 1)
		return false;
	return name[1] == (MODEL_IS == MODEL_NETBSD ? KERN_PROC2 : KERN_PROC);
}

int sysctl(const int *name, unsigned n, void *old, size_t *old_size, const void *to,
           size_t size)
{
	(void)size;
	if (to || name[0] != CTL_KERN)
		return fail(EINVAL);
	if (n == 2 && name[1] == KERN_BOOTTIME) {
		struct timeval boot = time_of(model_boot_us());

		memcpy(old, &boot, sizeof(boot));
		*old_size = sizeof(boot);
		return 0;
	}
	return is_about_process(name, n) ? read_process(name[3], old, old_size) :
	                                   fail(EINVAL);
}

/* Only the name of the boot is asked for by name, on FreeBSD. */
int sysctlbyname(const char *name, void *old, size_t *old_size, const void *to,
                 size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned byte;
	size_t n = 0;

	(void)to;
	(void)size;
	if (strcmp(name, "kern.boot_id") != 0 || !f) {
		if (f)
			fclose(f);
		return fail(ENOENT);
	}
	while (n < *old_size && (fscanf(f, "-"), fscanf(f, "%2x", &byte) == 1))
		((unsigned char *)old)[n++] = (unsigned char)byte;
	fclose(f);
	*old_size = n;
	return 0;
}
