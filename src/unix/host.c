/* SPDX-License-Identifier: MIT */
/*
 * The names of the system around us: limits, scheduler policies, signals, environment,
 * clock. Which of them exist is told by the preprocessor, not by the name of a system.
 */
#define _GNU_SOURCE 1
#define _NETBSD_SOURCE 1
#define _DARWIN_C_SOURCE 1
#include "host.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../platform.h"

#ifdef __APPLE__
/* A shared library there cannot see the program's variable. */
#include <crt_externs.h>
#define environ (*_NSGetEnviron())
#else
extern char **environ;
#endif

int ward__environ(const char *const **ret, void **memory)
{
	static const char *const empty[] = { NULL };

	*ret = environ ? (const char *const *)environ : empty;
	*memory = NULL;
	return 0;
}

bool ward__same_variable(const char *a, const char *b, size_t n)
{
	return !strncmp(a, b, n);
}

bool ward__is_path(const char *file)
{
	return strchr(file, '/') != NULL;
}

int64_t ward__now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * WARD_NS_PER_S + now.tv_nsec;
}

int ward__cancel_disable(void)
{
	int before = PTHREAD_CANCEL_ENABLE;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	return before;
}

void ward__cancel_restore(int before)
{
	pthread_setcancelstate(before, &(int){ 0 });
}

/* macOS counts ru_maxrss in bytes, everybody else in kilobytes. */
int64_t ward__maxrss_unit(void)
{
#ifdef __APPLE__
	return 1;
#else
	return 1024;
#endif
}

int ward__host_rlimit(int resource)
{
	static const int numbers[WARD_RLIMIT_COUNT_] = {
		[WARD_RLIMIT_CPU] = RLIMIT_CPU,
		[WARD_RLIMIT_FSIZE] = RLIMIT_FSIZE,
		[WARD_RLIMIT_DATA] = RLIMIT_DATA,
		[WARD_RLIMIT_STACK] = RLIMIT_STACK,
		[WARD_RLIMIT_CORE] = RLIMIT_CORE,
		[WARD_RLIMIT_NOFILE] = RLIMIT_NOFILE,
#ifdef RLIMIT_RSS
		[WARD_RLIMIT_RSS] = RLIMIT_RSS,
#else
		[WARD_RLIMIT_RSS] = -1,
#endif
#ifdef RLIMIT_NPROC
		[WARD_RLIMIT_NPROC] = RLIMIT_NPROC,
#else
		[WARD_RLIMIT_NPROC] = -1,
#endif
#ifdef RLIMIT_MEMLOCK
		[WARD_RLIMIT_MEMLOCK] = RLIMIT_MEMLOCK,
#else
		[WARD_RLIMIT_MEMLOCK] = -1,
#endif
#ifdef RLIMIT_AS
		[WARD_RLIMIT_AS] = RLIMIT_AS,
#else
		[WARD_RLIMIT_AS] = -1,
#endif
#ifdef RLIMIT_LOCKS
		[WARD_RLIMIT_LOCKS] = RLIMIT_LOCKS,
#else
		[WARD_RLIMIT_LOCKS] = -1,
#endif
#ifdef RLIMIT_SIGPENDING
		[WARD_RLIMIT_SIGPENDING] = RLIMIT_SIGPENDING,
#else
		[WARD_RLIMIT_SIGPENDING] = -1,
#endif
#ifdef RLIMIT_MSGQUEUE
		[WARD_RLIMIT_MSGQUEUE] = RLIMIT_MSGQUEUE,
#else
		[WARD_RLIMIT_MSGQUEUE] = -1,
#endif
#ifdef RLIMIT_NICE
		[WARD_RLIMIT_NICE] = RLIMIT_NICE,
#else
		[WARD_RLIMIT_NICE] = -1,
#endif
#ifdef RLIMIT_RTPRIO
		[WARD_RLIMIT_RTPRIO] = RLIMIT_RTPRIO,
#else
		[WARD_RLIMIT_RTPRIO] = -1,
#endif
#ifdef RLIMIT_RTTIME
		[WARD_RLIMIT_RTTIME] = RLIMIT_RTTIME,
#else
		[WARD_RLIMIT_RTTIME] = -1,
#endif
	};

	return resource >= 0 && resource < WARD_RLIMIT_COUNT_ ? numbers[resource] : -1;
}

int ward__host_sched(int policy)
{
	switch (policy) {
	case WARD_SCHED_OTHER:
		return SCHED_OTHER;
	case WARD_SCHED_FIFO:
		return SCHED_FIFO;
	case WARD_SCHED_RR:
		return SCHED_RR;
#ifdef SCHED_BATCH
	case WARD_SCHED_BATCH:
		return SCHED_BATCH;
#endif
#ifdef SCHED_IDLE
	case WARD_SCHED_IDLE:
		return SCHED_IDLE;
#endif
	default:
		return -1;
	}
}

/* --------------------------------------------------------------------- signal names */

const struct ward__signal ward__signals[] = {
	{ SIGHUP, "HUP" },
	{ SIGINT, "INT" },
	{ SIGQUIT, "QUIT" },
	{ SIGILL, "ILL" },
	{ SIGTRAP, "TRAP" },
	{ SIGABRT, "ABRT" },
	{ SIGBUS, "BUS" },
	{ SIGFPE, "FPE" },
	{ SIGKILL, "KILL" },
	{ SIGUSR1, "USR1" },
	{ SIGSEGV, "SEGV" },
	{ SIGUSR2, "USR2" },
	{ SIGPIPE, "PIPE" },
	{ SIGALRM, "ALRM" },
	{ SIGTERM, "TERM" },
	{ SIGCHLD, "CHLD" },
	{ SIGCONT, "CONT" },
	{ SIGSTOP, "STOP" },
	{ SIGTSTP, "TSTP" },
	{ SIGTTIN, "TTIN" },
	{ SIGTTOU, "TTOU" },
	{ SIGURG, "URG" },
	{ SIGXCPU, "XCPU" },
	{ SIGXFSZ, "XFSZ" },
	{ SIGVTALRM, "VTALRM" },
	{ SIGPROF, "PROF" },
	{ SIGSYS, "SYS" },
#ifdef SIGWINCH
	{ SIGWINCH, "WINCH" },
#endif
#ifdef SIGIO
	{ SIGIO, "IO" },
#endif
#ifdef SIGPOLL
	{ SIGPOLL, "POLL" },
#endif
#ifdef SIGSTKFLT
	{ SIGSTKFLT, "STKFLT" },
#endif
#ifdef SIGPWR
	{ SIGPWR, "PWR" },
#endif
#ifdef SIGEMT
	{ SIGEMT, "EMT" },
#endif
#ifdef SIGINFO
	{ SIGINFO, "INFO" },
#endif
	{ 0, NULL },
};

bool ward__signal_realtime(int *first, int *last)
{
#ifdef SIGRTMIN
	*first = SIGRTMIN;
	*last = SIGRTMAX;
	return true;
#else
	(void)first;
	(void)last;
	return false;
#endif
}
