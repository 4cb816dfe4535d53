/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, in names for programs and in words for people. The words say what to
 * do where there is something to do; they are ours and not strerror's, so that they are
 * the same everywhere and safe in threads.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "sized.h"

#define NAMED(code) code, #code

static const struct {
	int code;
	const char *name, *text;
} errors[] = {
	{ NAMED(EPERM), "not permitted" },
	{ NAMED(ENOENT), "no such file or directory" },
	{ NAMED(ESRCH), "no such process: it has ended" },
	{ NAMED(EINTR), "interrupted by a signal" },
	{ NAMED(EIO), "input/output error" },
	{ NAMED(ENXIO), "no such device" },
	{ NAMED(E2BIG), "arguments and environment are too long together" },
	{ NAMED(ENOEXEC),
	  "not a program this system can run (a script needs a #! line)" },
	{ NAMED(EBADF), "no such descriptor" },
	{ NAMED(ECHILD), "not a child of this process" },
	{ NAMED(EAGAIN),
	  "out of processes or threads for now (ulimit -u, pids.max), or not ready" },
	{ NAMED(ENOMEM), "out of memory" },
	{ NAMED(EACCES), "permission denied" },
	{ NAMED(EFAULT), "bad address" },
	{ NAMED(EBUSY), "busy" },
	{ NAMED(EEXIST), "it exists already" },
	{ NAMED(EXDEV), "on another file system" },
	{ NAMED(ENODEV), "no such device" },
	{ NAMED(ENOTDIR), "a part of the path is not a directory" },
	{ NAMED(EISDIR), "it is a directory" },
	{ NAMED(EINVAL), "invalid argument" },
	{ NAMED(ENFILE), "the system is out of descriptors" },
	{ NAMED(EMFILE), "this process is out of descriptors (ulimit -n)" },
	{ NAMED(ENOTTY), "not a terminal" },
	{ NAMED(ETXTBSY), "the program's file is open for writing" },
	{ NAMED(EFBIG), "file too large" },
	{ NAMED(ENOSPC), "no space left" },
	{ NAMED(ESPIPE), "cannot seek" },
	{ NAMED(EROFS), "read-only file system" },
	{ NAMED(EMLINK), "too many links" },
	{ NAMED(EPIPE), "the other end is closed" },
	{ NAMED(ERANGE), "out of range" },
	{ NAMED(EDEADLK), "would wait for itself" },
	{ NAMED(ENAMETOOLONG), "name too long" },
	{ NAMED(ENOSYS), "this kernel does not have it, or forbids it here" },
	{ NAMED(ELOOP), "too many symbolic links" },
	{ NAMED(EPROTO), "protocol error" },
	{ NAMED(EBADMSG), "what came was not a ward" },
	{ NAMED(EOVERFLOW), "value too large" },
	{ NAMED(ENOTSOCK), "not a socket" },
	{ NAMED(EMSGSIZE), "message too long" },
	{ NAMED(ENOTSUP), "this system cannot do it" },
	{ NAMED(ECONNRESET), "the other end is gone" },
	{ NAMED(ENOBUFS), "out of buffers" },
	{ NAMED(ENOTCONN), "not connected" },
	{ NAMED(ETIMEDOUT), "time-out" },
	{ NAMED(ECONNREFUSED), "connection refused" },
	{ NAMED(EALREADY), "already done, or under way" },
	{ NAMED(EINPROGRESS), "under way" },
	{ NAMED(ECANCELED), "cancelled: it ended while it was being started" },
#ifdef ENODATA
	{ NAMED(ENODATA), "not known" },
#else
	{ NAMED(ENOMSG), "not known" },
#endif
#ifdef ESTALE
	{ NAMED(ESTALE), "stale file handle" },
#endif
#ifdef EDQUOT
	{ NAMED(EDQUOT), "quota exceeded" },
#endif
#ifdef EUSERS
	{ NAMED(EUSERS), "too many users" },
#endif
#ifdef ELIBBAD
	{ NAMED(ELIBBAD), "its ELF interpreter is broken" },
#endif
#ifdef EREMOTE
	{ NAMED(EREMOTE), "in another pid namespace" },
#endif
};

enum { N_ERRORS = sizeof(errors) / sizeof(errors[0]) };

static int positive(int code)
{
	return code < 0 && code > -INT32_MAX ? -code : code;
}

const char *ward_error_name(int code)
{
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].code == positive(code))
			return errors[i].name;
	return NULL;
}

const char *ward_strerror(int code)
{
	if (code == 0)
		return "success";
	for (size_t i = 0; i < N_ERRORS; i++)
		if (errors[i].code == positive(code))
			return errors[i].text;
	return "error of the system without a text here";
}

/* ---------------------------------------------------------------------------- steps */

static const struct {
	const char *name, *doing;     /* "cannot ..." */
} steps[] = {
	[WARD_STEP_NONE] = { "none", "start the program" },
	[WARD_STEP_OPTIONS] = { "options", "use these options" },
	[WARD_STEP_MEMORY] = { "memory", "get memory for the start" },
	[WARD_STEP_PIPE] = { "pipe", "make a pipe for descriptor" },
	[WARD_STEP_PTY] = { "pty", "make a terminal for descriptor" },
	[WARD_STEP_USER] = { "user", "look up the user" },
	[WARD_STEP_PROCESS] = { "process", "make a process" },
	[WARD_STEP_HOLD] = { "hold", "take hold of the new process" },
	[WARD_STEP_JOB] = { "job", "put the new process into the job" },
	[WARD_STEP_OPEN] = { "open", "open" },
	[WARD_STEP_SESSION] = { "session", "make a new session" },
	[WARD_STEP_PGROUP] = { "pgroup", "enter the process group" },
	[WARD_STEP_FD] = { "fd", "put in place descriptor" },
	[WARD_STEP_CLOSE] = { "close", "close the other descriptors" },
	[WARD_STEP_TTY] = { "tty", "take the terminal at descriptor" },
	[WARD_STEP_RLIMIT] = { "rlimit", "set the resource limit" },
	[WARD_STEP_NICE] = { "nice", "set the niceness" },
	[WARD_STEP_SCHED] = { "sched", "set the scheduler policy" },
	[WARD_STEP_AFFINITY] = { "affinity", "choose the CPUs" },
	[WARD_STEP_GROUPS] = { "groups", "set the supplementary groups" },
	[WARD_STEP_GID] = { "gid", "become group" },
	[WARD_STEP_UID] = { "uid", "become user" },
	[WARD_STEP_CHDIR] = { "chdir", "change to the directory" },
	[WARD_STEP_NO_NEW_PRIVS] = { "no_new_privs", "give up new privileges" },
	[WARD_STEP_DEATH_SIGNAL] = { "death_signal",
	                             "set the signal at the parent's death" },
	[WARD_STEP_SIGNALS] = { "signals", "set the signals" },
	[WARD_STEP_EXEC] = { "exec", "run" },
	[WARD_STEP_INTERPRETER] = { "interpreter", "run" },
	[WARD_STEP_BATCH] = { "batch", "run the batch file" },
};

enum { N_STEPS = sizeof(steps) / sizeof(steps[0]) };

const char *ward_step_name(int step)
{
	return step >= 0 && step < N_STEPS ? steps[step].name : NULL;
}

static const char *rlimit_name(int64_t resource)
{
	static const char *const names[WARD_RLIMIT_COUNT_] = {
		"cpu",      "fsize",  "data",    "stack",  "core",  "rss",
		"nproc",    "nofile", "memlock", "as",     "locks", "sigpending",
		"msgqueue", "nice",   "rtprio",  "rttime",
	};

	return resource >= 0 && resource < WARD_RLIMIT_COUNT_ ? names[resource] : "?";
}

static void put_object(const struct ward_error *e, char *buf, size_t size)
{
	buf[0] = '\0';
	if (e->path[0])
		snprintf(buf, size, " '%.511s'", e->path);
	else if (e->step == WARD_STEP_RLIMIT)
		snprintf(buf, size, " '%s'", rlimit_name(e->number));
	else if (e->number >= 0)
		snprintf(buf, size,
		         e->step == WARD_STEP_OPTIONS || e->step == WARD_STEP_EXEC ?
		                 " (descriptor %lld)" :
		                 " %lld",
		         (long long)e->number);
}

/* A few codes mean something special at their step. */
static const char *reason(const struct ward_error *e)
{
	if (e->step == WARD_STEP_INTERPRETER)
		return "the file is there, its interpreter (#! line or ELF loader) is "
		       "not";
	if (e->step == WARD_STEP_USER && e->code == -ENOENT)
		return "no such user";
	if (e->step == WARD_STEP_PTY && (e->code == -ENOSPC || e->code == -EAGAIN))
		return "the system is out of terminals (Linux: kernel.pty.max)";
	if (e->step == WARD_STEP_BATCH && e->code == -EACCES)
		return "cmd.exe reads arguments by rules of its own, so that it has to "
		       "be allowed (WARD_WINDOWS_BATCH)";
	if (e->step == WARD_STEP_BATCH && e->code == -EINVAL)
		return "an argument cannot be passed through cmd.exe safely";
	return ward_strerror(e->code);
}

int ward_error_text(const struct ward_error *error, char *buf, size_t size)
{
	struct ward_error e;
	char object[sizeof(e.path) + 4];

	if (!error || !buf || size == 0 ||
	    ward__sized_read(&e, sizeof(e), error, sizeof(e)) < 0 ||
	    !ward_step_name(e.step))
		return -EINVAL;
	if (e.step == WARD_STEP_JOB && e.path[0])
		return snprintf(buf, size, "cannot contain it in a job: %s", e.path);
	put_object(&e, object, sizeof(object));
	return snprintf(buf, size, "cannot %s%s: %s", steps[e.step].doing, object,
	                reason(&e));
}

/* ----------------------------------------------------------------------------- ends */

static int signal_text(char *buf, size_t size, const struct ward_exit *exit)
{
	const char *name = ward_signal_name(exit->signal);

	return snprintf(buf, size, "killed by signal %d%s%s%s%s", exit->signal,
	                name ? " (" : "", name ? name : "", name ? ")" : "",
	                exit->core_dumped == 1 ? ", core dumped" : "");
}

int ward_exit_text(const struct ward_exit *exit, char *buf, size_t size)
{
	if (!exit || !buf || size == 0 || ward__sized_check(exit, sizeof(*exit)) < 0)
		return -EINVAL;
	switch (exit->how) {
	case WARD_EXITED:
		return snprintf(buf, size, "exited with code %lld",
		                (long long)exit->code);
	case WARD_SIGNALED:
		return signal_text(buf, size, exit);
	case WARD_LOST:
		return snprintf(buf, size, "ended, but its status is lost");
	default:
		return -EINVAL;
	}
}
