/* SPDX-License-Identifier: MIT */
/*
 * ward on Windows: HANDLEs in and out, events for any loop, and what CreateProcessW can do
 * that no other system knows. Needs no <windows.h>: a HANDLE is a void pointer.
 *
 * What <ward.h> means on Windows, where it is not plain:
 *
 *  - Strings are UTF-8 in and out. What is not valid UTF-8 is -EILSEQ; a lone surrogate,
 *    which Windows allows in names, is written as its three bytes (WTF-8).
 *  - A descriptor (WARD_FD_GIVEN, opts.fds) is one of the C runtime's, _open's, and of the
 *    one that this library was linked with; the child's runtime finds it under its number,
 *    up to 2047, and leaves its bytes as they are. WARD_FD_HANDLE gives a HANDLE instead.
 *    WARD_FD_INHERIT of 0, 1 and 2 are the standard handles, inheritable or not; of others,
 *    and WARD_SPAWN_INHERIT_FDS, descriptors that are inheritable (not _O_NOINHERIT).
 *    Whatever the caller's handles are, the child gets those it was given and no others,
 *    and none of the caller's becomes inheritable.
 *  - A path is taken as it is; when there is no such file, and its name has no ending, with
 *    each ending of PATHEXT that is .COM or .EXE (or a batch file, where those are allowed).
 *    A file without a directory is looked for in the directories of PATH, as it is when it
 *    has an ending, and with those endings unless it has one of them; never in the current
 *    directory, the program's own or the system's, unless PATH names them. Without a PATH
 *    nothing is found. The names of devices (NUL, COM1) are -EACCES.
 *  - KILL is TerminateProcess with the code 137; a process that ended so is SIGNALED by
 *    KILL. INT and TERM are CTRL_BREAK_EVENT to the group of a process that was started
 *    with WARD_SPAWN_PGROUP on the caller's console, else -ENOTSUP, and ward_stop goes on
 *    to its next step. 0 asks whether it runs. Others are -EINVAL.
 *  - A crash (an exit code that is an error NTSTATUS, 0xC0000005) is SIGNALED with the
 *    nearest signal, and ward_exit.code is the raw code. Other codes are EXITED, 259 too.
 *  - A job is a job object. The events of INT and TERM reach the groups that its wards lead
 *    on the caller's console; its limits are those of ward_job_opts, of committed memory,
 *    processes and processor time. Without `job` on_owner_death is a job object, too, for
 *    the process alone; a ward that is closed before its process ends leaves it open.
 *  - WARD_SPAWN_NICE chooses a priority class, cpus are of the first 64 processors;
 *    exe_fd, umask, uid, gid, groups, user, rlimits, sessions, tty_fd, scheduler
 *    policies, signal masks and death_signal are -ENOTSUP. ward_poll_fd, ward_set_fd and
 *    the functions for sockets are -ENOTSUP: a HANDLE, an event or a packet at a port is
 *    what loops wait for here. Whether Ctrl-C is ignored is inherited always, and with
 *    WARD_SPAWN_PGROUP it is.
 *  - Our ends of pipes are no descriptors: ward_fd and ward_take_fd are -ENOTSUP, and a run
 *    cannot be fed from one (WARD_RUN_INPUT_FD). `wake` is a HANDLE. WARD_FD_SOCKET is a
 *    pipe for both directions. WARD_FD_PTY is a pseudo console (Windows 10 1809, else
 *    -ENOTSUP) of descriptors 0 to 2, without flags; it hangs up when the child has ended.
 *  - A wait's usage has no context switches; minor_faults counts all faults, blocks_in and
 *    blocks_out all that was read and written, from pipes and devices too.
 *
 * Windows 10 and later. Source: learn.microsoft.com, "Process and Thread Functions".
 */
#ifndef WARD_WINDOWS_H
#define WARD_WINDOWS_H

#include "ward.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The console that the process gets. */
enum {
	WARD_CONSOLE_INHERIT = 0,             /* the caller's, if it has one */
	WARD_CONSOLE_HIDDEN = 1,              /* one of its own without a window */
	WARD_CONSOLE_NEW = 2,                 /* one of its own in a new window */
	WARD_CONSOLE_DETACHED = 3             /* none; what it starts may open a window */
};

enum {
	WARD_WINDOWS_BATCH = 1u << 0,         /* run .bat and .cmd files, by cmd.exe: arguments
	                                       * that cannot be passed safely are -EINVAL */
	WARD_WINDOWS_SEARCH_CWD = 1u << 1     /* look into the working directory (the child's)
	                                       * before PATH, as cmd.exe does */
};

/*
 * What `windows` of ward_spawn_opts points at; zero means default.
 */
struct ward_windows_opts {
	size_t size;                          /* sizeof(struct ward_windows_opts) */
	uint32_t flags;                       /* WARD_WINDOWS_* */
	uint32_t console;                     /* WARD_CONSOLE_* */
	void *job;                            /* HANDLE of a job that the process is born in,
	                                       * with JOB_OBJECT_ASSIGN_PROCESS; none */
	uint64_t reserved[6];
};
#define WARD_WINDOWS_OPTS(...)                                        \
	(&(struct ward_windows_opts){                                 \
		.size = sizeof(struct ward_windows_opts), __VA_ARGS__ })

/*
 * ward_windows_take(ret, handle):
 * Hold the process that a HANDLE refers to. On success the ward owns @handle and closes it;
 * on failure it stays the caller's.
 *
 * @handle  with SYNCHRONIZE and PROCESS_QUERY_LIMITED_INFORMATION; PROCESS_TERMINATE for
 *          KILL. Not a pseudo handle.
 * Returns 0; -EBADF, not a process; -EACCES, those rights are missing.   Since 0.1.
 */
WARD_API int ward_windows_take(struct ward **ret, void *handle);

/*
 * ward_windows_handle(w):
 * Lend the HANDLE: valid until the ward is closed; do not close it.
 * Returns the HANDLE; NULL when @w is NULL.   Since 0.1.
 */
WARD_API void *ward_windows_handle(const struct ward *w);

/*
 * ward_windows_event(w, ret):
 * A manual-reset event that is set when the process has ended, for any loop that waits for
 * HANDLEs. Lent, the same each time: do not set or close it, and take it out of your loop
 * before ward_close. (The process's own HANDLE is set as well; the event is one that a wait
 * of the system's thread pool sets, so that thousands cost no thread.)
 *
 * Returns 0; -ENOMEM; -EINVAL.   Since 0.1.
 */
WARD_API int ward_windows_event(struct ward *w, void **ret);

/*
 * ward_windows_post(w, port, key, overlapped):
 * Post one packet to an I/O completion port when the process has ended (at once when it
 * has): PostQueuedCompletionStatus(port, 0, key, overlapped).
 *
 * @port        HANDLE of the port; stays the caller's and must live until the packet came
 *              or the ward was closed. After ward_close no packet comes any more; only
 *              of an opened ward that was closed while another thread was inside a call
 *              on it, one may come until that call returns.
 * @overlapped  handed through untouched; may be NULL.
 * Returns 0; -EBUSY, it has been asked for already; -ENOMEM; -EINVAL.   Since 0.1.
 */
WARD_API int ward_windows_post(struct ward *w, void *port, uintptr_t key,
                               void *overlapped);

/*
 * ward_windows_set_event(set, ret):
 * A manual-reset event that is set while ward_set_wait(set, 0, ...) is worth a call: for an
 * event of the set and for everything that it has to do in time. The twin of ward_set_fd:
 * lent, the same each time; do not set, reset or close it, and take it out of your loop
 * before ward_set_close. Call ward_set_wait until it returns 0, or come back soon.
 *
 * Returns 0; -ENOMEM; -EINVAL.   Since 0.1.
 */
WARD_API int ward_windows_set_event(struct ward_set *set, void **ret);

/*
 * ward_windows_set_post(set, port, key, overlapped):
 * Post one packet to an I/O completion port when ward_set_wait(set, 0, ...) is worth a call
 * (at once when it is): PostQueuedCompletionStatus(port, 0, key, overlapped). One packet
 * for all that has come: take it, call ward_set_wait until it returns 0, and ask for the
 * next. A packet for which the system has no memory comes later.
 *
 * @port        HANDLE of the port; stays the caller's and must live until the packet came
 *              or the set was closed. After ward_set_close no packet comes any more.
 * @overlapped  handed through untouched; may be NULL.
 * Returns 0; -EBUSY, it has been asked for and has not come; -ENOMEM; -EINVAL.   Since 0.1.
 */
WARD_API int ward_windows_set_post(struct ward_set *set, void *port, uintptr_t key,
                                   void *overlapped);

/*
 * ward_windows_job_handle(job):
 * Lend the HANDLE of the job object, for limits and messages that only Windows knows: valid
 * until the job is closed; do not close it, and leave KILL_ON_JOB_CLOSE as it is.
 * Returns the HANDLE; NULL when @job is NULL.   Since 0.1.
 */
WARD_API void *ward_windows_job_handle(const struct ward_job *job);

/*
 * ward_windows_job_event(job, ret):
 * A manual-reset event that is set when ward_job_wait_empty(job, 0) is worth a call, which
 * may then find somebody in it all the same, and resets it. The twin of ward_job_poll_fd:
 * lent, the same each time; do not set, reset or close it, and take it out of your loop
 * before ward_job_close.
 *
 * Returns 0; -ENOMEM; -EINVAL.   Since 0.1.
 */
WARD_API int ward_windows_job_event(struct ward_job *job, void **ret);

#ifdef __cplusplus
}
#endif
#endif
