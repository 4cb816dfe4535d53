/* SPDX-License-Identifier: MIT */
/*
 * How a process ended. Whether it has is told by the state of its HANDLE and by nothing
 * else: the code that stands for "still active", 259, is one that any program may exit
 * with. A crash is a code as well, an NTSTATUS, of which the nearest signal is told.
 */
#include <errno.h>
#include <signal.h>

#include "../gate.h"
#include "fate.h"
#include "os_error.h"
#include "process.h"
#include "signals.h"
#include "system.h"
/* after windows.h */
#include <psapi.h>

enum { NS_PER_TICK = 100, BLOCK = 512 };

/* Those with a signal of their own; <ntstatus.h> has the names. */
static const struct {
	uint32_t status;
	int signal;
} crashes[] = {
	{ 0xC0000005, SIGSEGV },      /* ACCESS_VIOLATION */
	{ 0xC0000006, SIGSEGV },      /* IN_PAGE_ERROR */
	{ 0xC000008C, SIGSEGV },      /* ARRAY_BOUNDS_EXCEEDED */
	{ 0xC00000FD, SIGSEGV },      /* STACK_OVERFLOW */
	{ 0xC000001D, SIGILL },       /* ILLEGAL_INSTRUCTION */
	{ 0xC0000096, SIGILL },       /* PRIVILEGED_INSTRUCTION */
	{ 0xC000008D, SIGFPE },       /* FLOAT_DENORMAL_OPERAND */
	{ 0xC000008E, SIGFPE },       /* FLOAT_DIVIDE_BY_ZERO */
	{ 0xC000008F, SIGFPE },       /* FLOAT_INEXACT_RESULT */
	{ 0xC0000090, SIGFPE },       /* FLOAT_INVALID_OPERATION */
	{ 0xC0000091, SIGFPE },       /* FLOAT_OVERFLOW */
	{ 0xC0000092, SIGFPE },       /* FLOAT_STACK_CHECK */
	{ 0xC0000093, SIGFPE },       /* FLOAT_UNDERFLOW */
	{ 0xC0000094, SIGFPE },       /* INTEGER_DIVIDE_BY_ZERO */
	{ 0xC0000095, SIGFPE },       /* INTEGER_OVERFLOW */
	{ 0xC000013A, SIGINT },       /* CONTROL_C_EXIT */
};

/* The four highest bits say: an error, and Microsoft's. exit(-1) has more of them. */
static bool is_crash(uint32_t code)
{
	return code >> 28 == 0xC;
}

/* The others are a runtime's or the loader's own giving up. */
static int nearest_signal(uint32_t status)
{
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		if (crashes[i].status == status)
			return crashes[i].signal;
	return SIGABRT;
}

/* By us: the process alone, or its job. */
static void translate(struct ward_exit *exit, uint32_t code, bool by_us)
{
	*exit = (struct ward_exit){ .size = sizeof(*exit), .code = code, .wall_ns = -1 };
	exit->how = by_us || is_crash(code) ? WARD_SIGNALED : WARD_EXITED;
	exit->signal = -1;
	if (exit->how == WARD_SIGNALED)
		exit->signal = by_us ? WARD__SIGKILL : nearest_signal(code);
}

/* ------------------------------------------------------------------------------ usage */

static int64_t nanoseconds(FILETIME time)
{
	return (int64_t)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) *
	       NS_PER_TICK;
}

static bool ask_times(HANDLE handle, struct ward_exit *exit)
{
	FILETIME born, ended, kernel, user;

	if (ward__gate("GetProcessTimes") < 0 ||
	    !GetProcessTimes(handle, &born, &ended, &kernel, &user))
		return false;
	exit->user_ns = nanoseconds(user);
	exit->system_ns = nanoseconds(kernel);
	return true;
}

/*
 * Windows counts all faults together, and no switches. No process has done with no
 * memory: nothing is what Wine says of one that has ended.
 */
static void ask_memory(HANDLE handle, struct ward_exit *exit)
{
	PROCESS_MEMORY_COUNTERS memory = { .cb = sizeof(memory) };

	if (ward__gate("GetProcessMemoryInfo") < 0 ||
	    !GetProcessMemoryInfo(handle, &memory, sizeof(memory)) ||
	    memory.PeakWorkingSetSize == 0)
		return;
	exit->max_rss_bytes = (int64_t)memory.PeakWorkingSetSize;
	exit->minor_faults = (int64_t)memory.PageFaultCount;
}

/* Whatever was read and written, from a file, a pipe or a device. */
static void ask_io(HANDLE handle, struct ward_exit *exit)
{
	IO_COUNTERS io;

	if (ward__gate("GetProcessIoCounters") < 0 || !GetProcessIoCounters(handle, &io))
		return;
	exit->blocks_in = (int64_t)(io.ReadTransferCount / BLOCK);
	exit->blocks_out = (int64_t)(io.WriteTransferCount / BLOCK);
}

static void ask_usage(HANDLE handle, struct ward_exit *exit)
{
	exit->user_ns = exit->system_ns = exit->max_rss_bytes = -1;
	exit->minor_faults = exit->major_faults = -1;
	exit->voluntary_switches = exit->involuntary_switches = -1;
	exit->blocks_in = exit->blocks_out = -1;
	if (!ask_times(handle, exit))
		return;
	exit->has_usage = 1;
	ask_memory(handle, exit);
	ask_io(handle, exit);
}

/* -------------------------------------------------------------------------------- end */

int ward__process_is_over(const struct ward__process *p)
{
	int r = ward__gate("WaitForSingleObject");

	if (r < 0)
		return r;
	switch (WaitForSingleObject(p->handle, 0)) {
	case WAIT_OBJECT_0:
		return 1;
	case WAIT_TIMEOUT:
		return 0;
	default:
		return ward__last_error();
	}
}

/* With the lock held. */
static int collect(struct ward__process *p)
{
	DWORD code;
	bool killed;
	int r;

	if (atomic_load_explicit(&p->ended, memory_order_relaxed))
		return 1;
	r = ward__process_is_over(p);
	if (r <= 0)
		return r;
	r = ward__gate("GetExitCodeProcess");
	if (r < 0)
		return r;
	if (!GetExitCodeProcess(p->handle, &code))
		return ward__last_error();
	killed = code == WARD__KILLED_CODE &&
	         (p->killed || ward__fate_has_killed(p->fate, p->handle));
	translate(&p->exit, code, killed);
	ask_usage(p->handle, &p->exit);
	atomic_store_explicit(&p->ended, true, memory_order_release);
	return 1;
}

int ward__process_end(struct ward__process *p, struct ward_exit *ret)
{
	int r = 1;

	if (!atomic_load_explicit(&p->ended, memory_order_acquire)) {
		AcquireSRWLockExclusive(&p->lock);
		r = collect(p);
		ReleaseSRWLockExclusive(&p->lock);
	}
	if (r > 0)
		*ret = p->exit;
	return r;
}
