/* SPDX-License-Identifier: MIT */
/*
 * From the kernel's words for an end to ours. The units of struct rusage differ between
 * systems in one place only: ru_maxrss is kilobytes, but bytes on macOS, which is why
 * that factor is asked of the system (ward__maxrss_unit).
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "ending.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "../handle.h"
#include "../memory.h"
#include "../sized.h"
#include "host.h"
#include "ward_posix.h"

void ward__ending_keep_usage(struct ward__ending *ending, const struct rusage *usage)
{
	ending->usage = ward__alloc(sizeof(*ending->usage));
	if (ending->usage)
		*ending->usage = *usage;
}

void ward__ending_drop(struct ward__ending *ending)
{
	ward__free(ending->usage);
	ending->usage = NULL;
}

void ward__ending_from_status(struct ward__ending *ending, int status)
{
	if (WIFEXITED(status)) {
		ending->code = CLD_EXITED;
		ending->status = WEXITSTATUS(status);
		return;
	}
	ending->code = WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED;
	ending->status = WTERMSIG(status);
}

static int64_t to_ns(struct timeval t)
{
	return (int64_t)t.tv_sec * WARD_NS_PER_S + (int64_t)t.tv_usec * 1000;
}

static void fill_usage(const struct rusage *usage, struct ward_exit *ret)
{
	ret->has_usage = 1;
	ret->user_ns = to_ns(usage->ru_utime);
	ret->system_ns = to_ns(usage->ru_stime);
	ret->max_rss_bytes = (int64_t)usage->ru_maxrss * ward__maxrss_unit();
	ret->minor_faults = usage->ru_minflt;
	ret->major_faults = usage->ru_majflt;
	ret->voluntary_switches = usage->ru_nvcsw;
	ret->involuntary_switches = usage->ru_nivcsw;
	ret->blocks_in = usage->ru_inblock;
	ret->blocks_out = usage->ru_oublock;
}

static void fill_no_usage(struct ward_exit *ret)
{
	ret->has_usage = 0;
	ret->user_ns = ret->system_ns = ret->max_rss_bytes = -1;
	ret->minor_faults = ret->major_faults = -1;
	ret->voluntary_switches = ret->involuntary_switches = -1;
	ret->blocks_in = ret->blocks_out = -1;
}

static void fill_status(const struct ward__ending *ending, struct ward_exit *ret)
{
	ret->code = ret->signal = ret->core_dumped = -1;
	if (ending->lost) {
		ret->how = WARD_LOST;
		return;
	}
	ret->core_dumped = ending->code == CLD_DUMPED;
	if (ending->code == CLD_EXITED) {
		ret->how = WARD_EXITED;
		ret->code = ending->status;
		return;
	}
	ret->how = WARD_SIGNALED;
	ret->signal = ending->status;
}

void ward__ending_exit(const struct ward__ending *ending, struct ward_exit *ret)
{
	fill_status(ending, ret);
	if (ending->usage)
		fill_usage(ending->usage, ret);
	else
		fill_no_usage(ret);
}

/* ------------------------------------------------------------------- <ward_posix.h> */

int ward_siginfo(struct ward *w, siginfo_t *ret)
{
	const struct ward__ending *ending;

	if (!w || !ret)
		return -EINVAL;
	ending = ward__process_ending(w->process);
	if (!ending)
		return -EAGAIN;
	if (ending->lost)
		return -ENODATA;
	memset(ret, 0, sizeof(*ret));
	ret->si_signo = SIGCHLD;
	ret->si_code = ending->code;
	ret->si_status = ending->status;
	ret->si_pid = (pid_t)ward__process_pid(w->process);
	ret->si_uid = (uid_t)ending->uid;
	return 0;
}

int ward_rusage(struct ward *w, struct rusage *ret)
{
	const struct ward__ending *ending;

	if (!w || !ret)
		return -EINVAL;
	ending = ward__process_ending(w->process);
	if (!ending)
		return -EAGAIN;
	if (!ending->usage)
		return -ENODATA;
	*ret = *ending->usage;
	return 0;
}

/*
 * W_EXITCODE is not everywhere; the layout is, and a test compares it with <sys/wait.h>.
 */
int ward_wait_status(const struct ward_exit *exit, int *ret)
{
	if (!exit || !ret || ward__sized_check(exit, sizeof(*exit)) < 0)
		return -EINVAL;
	switch (exit->how) {
	case WARD_EXITED:
		if (exit->code < 0)
			return -EINVAL;
		*ret = (int)(exit->code & 0xff) << 8;
		return 0;
	case WARD_SIGNALED:
		if (exit->signal <= 0 || exit->signal > 0x7f)
			return -EINVAL;
		*ret = exit->signal | (exit->core_dumped == 1 ? 0x80 : 0);
		return 0;
	case WARD_LOST:
		return -ENODATA;
	default:
		return -EINVAL;
	}
}
