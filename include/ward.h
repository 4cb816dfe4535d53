/* SPDX-License-Identifier: MIT */
/*
 * ward: hold processes, so that they cannot be lost, leaked, mistaken or raced.
 *
 * A ward is one process in your care. You get it from ward_spawn (it starts) or ward_open
 * (it runs already), and from then on every question, signal and wait reaches that process
 * and never another one that was given the same number.
 *
 * What holds for every function here, unless its own text says otherwise:
 *
 *  - 0 or a positive number is success; failure is a negative errno value, such as -ESRCH,
 *    with the numbers of <errno.h>. The variable errno is left as it was.
 *  - What a pointer named `ret` points at is written on success only.
 *  - Times are int64_t nanoseconds on the monotonic clock: 0 does not block, a negative
 *    number (WARD_FOREVER) waits for ever. A signal handler that runs meanwhile neither
 *    shortens nor lengthens the wait.
 *  - Any thread may call any function on the same ward at the same time, ward_close
 *    included. No function installs a signal handler, and none changes the signal mask,
 *    the umask, the working directory or the environment of the caller. None is a
 *    cancellation point, and none may be called from a signal handler.
 *  - A struct that has a `size` must have it set (the _INIT and _OPTS macros do): 0 or less
 *    than the first release's size is -EINVAL. Structs of options may be longer than the
 *    library knows as long as the rest is zero, else -E2BIG; unknown flags and reserved
 *    words that are not zero are -EINVAL. Of structs of results the library fills what both
 *    sides know.
 *
 * ward(7) tells the story; docs/guarantees.md says which system can promise what.
 */
#ifndef WARD_H
#define WARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#if defined(__GNUC__) && !defined(__clang__)
/* As stat(2), some functions are named as the struct that they fill: GCC warns of each. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#endif

#define WARD_VERSION_MAJOR 0
#define WARD_VERSION_MINOR 1
#define WARD_VERSION_PATCH 0

/*
 * WARD_STATIC: the program takes the library into itself, and does not export it. Who uses
 * the DLL needs no mark and links either kind.
 */
#if defined(WARD_STATIC)
#define WARD_API
#elif defined(_WIN32) && defined(WARD_BUILDING)
#define WARD_API __declspec(dllexport)
#elif defined(__GNUC__) && !defined(_WIN32)
#define WARD_API __attribute__((visibility("default")))
#else
#define WARD_API
#endif

#define WARD_FOREVER INT64_C(-1)              /* a time-out that never comes */
#define WARD_NS_PER_MS INT64_C(1000000)
#define WARD_NS_PER_S INT64_C(1000000000)

struct ward;                                  /* one process, held */

/*
 * ward_version():
 * The version of the library that runs, "0.1.0". The string is static.   Since 0.1.
 */
WARD_API const char *ward_version(void);

/* -------------------------------------------------------------- how a process ended */

enum {
	WARD_EXITED = 1,                      /* it called exit: `code` */
	WARD_SIGNALED = 2,                    /* a signal ended it: `signal`, `core_dumped` */
	WARD_LOST = 3                         /* it ended, and nobody can tell how any more */
};

/*
 * How a process ended. The exit code, the signal and the core dump are kept apart, and a
 * field that does not apply is -1, so that nothing can be read as success by accident:
 * success is `how == WARD_EXITED && code == 0`.
 */
struct ward_exit {
	size_t size;                          /* sizeof(struct ward_exit) */
	int32_t how;                          /* WARD_EXITED, WARD_SIGNALED or WARD_LOST */
	int32_t signal;                       /* the signal's number; -1 unless SIGNALED */
	int64_t code;                         /* 0..255 (POSIX), 0..2^32-1 (Windows); else -1,
	                                       * but for SIGNALED on Windows: the raw code */
	int32_t core_dumped;                  /* 1 or 0; -1 when LOST */
	int32_t has_usage;                    /* 1: the fields from user_ns on are the kernel's */
	int64_t wall_ns;                      /* from its start until this library saw the end;
	                                       * -1 for a process that ward did not start */
	int64_t user_ns;                      /* processor time of it and of its waited-for */
	int64_t system_ns;                    /* children; from here on -1 without has_usage */
	int64_t max_rss_bytes;                /* largest resident set; Linux counts what the
	                                       * starting process had, before exec, as well */
	int64_t minor_faults, major_faults;
	int64_t voluntary_switches, involuntary_switches;
	int64_t blocks_in, blocks_out;        /* block input and output, units of 512 bytes */
};
#define WARD_EXIT_INIT { sizeof(struct ward_exit), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/*
 * ward_exit_text(exit, buf, size):
 * Say in words how a process ended: "exited with code 3", "killed by signal 9 (KILL)",
 * "killed by signal 6 (ABRT), core dumped", "ended, but its status is lost".
 *
 * @buf, @size  where to write; @size bytes, at least 1. Longer text is cut, always with a
 *              NUL. 64 bytes are enough for every text.
 * Returns the length of the whole text without the NUL, or -EINVAL.   Since 0.1.
 */
WARD_API int ward_exit_text(const struct ward_exit *exit, char *buf, size_t size);

/* ------------------------------------------------------------------------- failures */

/* The steps of a start, in the order in which they happen. */
enum {
	WARD_STEP_NONE = 0,
	WARD_STEP_OPTIONS,                    /* an argument or an option makes no sense */
	WARD_STEP_MEMORY,                     /* memory for the start */
	WARD_STEP_PIPE,                       /* make a pipe for a descriptor; `number` */
	WARD_STEP_PTY,                        /* make a terminal for it; `number` */
	WARD_STEP_USER,                       /* look the user name up */
	WARD_STEP_PROCESS,                    /* make the process: clone, fork */
	WARD_STEP_HOLD,                       /* take hold of it: pidfd, death pipe */
	WARD_STEP_JOB,                        /* put it into the job; make the job: `path` may
	                                       * have the reason in words */
	WARD_STEP_OPEN,                       /* open a path for a descriptor; `path` */
	WARD_STEP_SESSION,                    /* new session */
	WARD_STEP_PGROUP,                     /* process group */
	WARD_STEP_FD,                         /* put a descriptor in place; `number` */
	WARD_STEP_CLOSE,                      /* close everything else */
	WARD_STEP_TTY,                        /* controlling terminal, foreground */
	WARD_STEP_RLIMIT,                     /* resource limit; `number`: WARD_RLIMIT_* */
	WARD_STEP_NICE,                       /* niceness */
	WARD_STEP_SCHED,                      /* scheduler policy and priority */
	WARD_STEP_AFFINITY,                   /* the CPUs it may run on */
	WARD_STEP_GROUPS,                     /* supplementary groups */
	WARD_STEP_GID,                        /* group */
	WARD_STEP_UID,                        /* user */
	WARD_STEP_CHDIR,                      /* working directory, as the new user; `path` */
	WARD_STEP_NO_NEW_PRIVS,
	WARD_STEP_DEATH_SIGNAL,               /* signal at the parent's death */
	WARD_STEP_SIGNALS,                    /* dispositions and mask */
	WARD_STEP_EXEC,                       /* run the program; `path` */
	WARD_STEP_INTERPRETER,                /* ... it is there, its #! interpreter (or ELF
	                                       * loader) is not; `path`: the program */
	WARD_STEP_BATCH,                      /* run a batch file (Windows), which has to be
	                                       * allowed; `path` */
	WARD_STEP_COUNT_                      /* not a step: how many there are */
};

/*
 * Why a start failed. Point `error` of the options at one.
 */
struct ward_error {
	size_t size;                          /* sizeof(struct ward_error) */
	int32_t step;                         /* WARD_STEP_* */
	int32_t code;                         /* what the call returned: a negative errno */
	int64_t os_error;                     /* the system's own number: errno, GetLastError */
	int64_t number;                       /* the descriptor or limit concerned, else -1 */
	char path[512];                       /* the path concerned, cut if longer; else "" */
};
#define WARD_ERROR_INIT { sizeof(struct ward_error), 0, 0, 0, 0, { 0 } }

/*
 * ward_error_text(error, buf, size):
 * Say in one line, for people, what failed and why: "cannot change to the directory
 * '/srv/x': no such file or directory".
 *
 * Returns as ward_exit_text. 768 bytes are enough for every text.   Since 0.1.
 */
WARD_API int ward_error_text(const struct ward_error *error, char *buf, size_t size);

/*
 * ward_strerror(code):
 * What a (negative or positive) errno value means when ward returns it, in words that say
 * what to do where there is something to do. The string is static and in English; unlike
 * strerror it is the same on every system and safe in threads.   Since 0.1.
 */
WARD_API const char *ward_strerror(int code);

/*
 * ward_error_name(code), ward_step_name(step), ward_signal_name(signal):
 * "ENOENT", "chdir", "TERM" (without SIG; "RTMIN+3" for real-time signals). Static strings;
 * NULL for a number that has no name.   Since 0.1.
 */
WARD_API const char *ward_error_name(int code);
WARD_API const char *ward_step_name(int step);
WARD_API const char *ward_signal_name(int signal);

/*
 * ward_signal_number(name):
 * The number of a signal from "TERM", "SIGTERM", "sigterm", "15" or "RTMIN+3".
 *
 * Returns the number (0 for "0" and "EXIT"), or -EINVAL for anything else.   Since 0.1.
 */
WARD_API int ward_signal_number(const char *name);

/* ---------------------------------------------------------------------------- spawn */

/* What becomes of the process when its last ward is closed. */
enum {
	WARD_LEAVE = 0,                       /* it lives on. If it has ended it is collected
	                                       * (no zombie); if not, it is from now on the
	                                       * program's own child, to be waited for (on
	                                       * FreeBSD its reaper's, most often init's) */
	WARD_KILL = 1,                        /* killed; collected by the next ward_spawn or
	                                       * ward_close that finds it ended */
	WARD_KILL_WAIT = 2                    /* killed and waited for: it is gone on return.
	                                       * One that may not be killed any more (by a
	                                       * set-uid program) is left, as by LEAVE */
};

/* Where a descriptor of the child comes from. */
enum {
	WARD_FD_INHERIT = 0,                  /* the caller's of the same number, as exec would
	                                       * pass it: closed if it is closed or CLOEXEC */
	WARD_FD_NULL = 1,                     /* the null device, for reading and writing */
	WARD_FD_PATH = 2,                     /* `path`, opened with `flags` and `mode` */
	WARD_FD_GIVEN = 3,                    /* `fd`, a descriptor of the caller, CLOEXEC or not */
	WARD_FD_CHILD = 4,                    /* the same as `fd`, another one of the child's */
	WARD_FD_CLOSED = 5,                   /* closed */
	WARD_FD_HANDLE = 6,                   /* Windows: `handle`, a HANDLE of the caller,
	                                       * inheritable or not */
	WARD_FD_PIPE = 7,                     /* a pipe to the ward (ward_fd): the child reads
	                                       * from its 0 and writes to the others, unless
	                                       * `flags` says READ or WRITE */
	WARD_FD_SOCKET = 8,                   /* a pair of connected stream sockets, one for
	                                       * the ward: both directions */
	WARD_FD_PTY = 9,                      /* a terminal of its own, to the ward; the same
	                                       * one for all that say so. See `pty` */
	WARD_FD_MEMORY = 10                   /* to read: `data`, `data_size` bytes; `flags`
	                                       * may say WARD_MEMORY_FILE */
};

/* How a path is opened; 0 means READ for stdin, WRITE|CREATE|TRUNCATE for stdout and
 * stderr, READ|WRITE for others. */
enum {
	WARD_FILE_READ = 1u << 0,
	WARD_FILE_WRITE = 1u << 1,
	WARD_FILE_APPEND = 1u << 2,
	WARD_FILE_CREATE = 1u << 3,
	WARD_FILE_TRUNCATE = 1u << 4,
	WARD_FILE_EXCLUSIVE = 1u << 5         /* with CREATE: it must not exist yet */
};

/* How MEMORY is given. */
enum {
	WARD_MEMORY_FILE = 1u << 8            /* as a file that nobody else has (Linux: a
	                                       * sealed memfd), not through a pipe */
};

/*
 * One source of a descriptor. A path is opened by the caller's identity, working directory
 * and umask, before any of them changes for the child; it is never made the controlling
 * terminal. What a pipe does not take of MEMORY at once is fed to it by every call that waits
 * for the process, that reads from it or writes to it, and by ward_feed.
 */
struct ward_stdio {
	uint32_t kind;                        /* WARD_FD_* */
	int32_t fd;                           /* GIVEN, CHILD */
	const char *path;                     /* PATH */
	uint32_t flags;                       /* PATH, PIPE: WARD_FILE_*; MEMORY */
	uint32_t mode;                        /* PATH, CREATE: permission bits; 0: 0666 */
	uint64_t handle;                      /* HANDLE: as (uint64_t)(uintptr_t)handle */
	const void *data;                     /* MEMORY: copied, not needed after the start */
	size_t data_size;
	uint64_t reserved[2];
};

/* One further descriptor of the child: it gets `from` under the number `fd`. */
struct ward_fd {
	int32_t fd;                           /* the number in the child, 0..2^20-1 */
	uint32_t reserved;
	struct ward_stdio from;
};

/*
 * Resource limits, as setrlimit(2) names them. -ENOTSUP where a system has no such limit.
 */
enum {
	WARD_RLIMIT_CPU = 0,                  /* seconds */
	WARD_RLIMIT_FSIZE,                    /* bytes */
	WARD_RLIMIT_DATA,                     /* bytes */
	WARD_RLIMIT_STACK,                    /* bytes */
	WARD_RLIMIT_CORE,                     /* bytes */
	WARD_RLIMIT_RSS,                      /* bytes */
	WARD_RLIMIT_NPROC,                    /* processes of the user */
	WARD_RLIMIT_NOFILE,                   /* highest descriptor + 1 */
	WARD_RLIMIT_MEMLOCK,                  /* bytes */
	WARD_RLIMIT_AS,                       /* bytes */
	WARD_RLIMIT_LOCKS,
	WARD_RLIMIT_SIGPENDING,
	WARD_RLIMIT_MSGQUEUE,                 /* bytes */
	WARD_RLIMIT_NICE,                     /* 20 - nice */
	WARD_RLIMIT_RTPRIO,
	WARD_RLIMIT_RTTIME,                   /* microseconds */
	WARD_RLIMIT_COUNT_                    /* not a limit: how many there are */
};
#define WARD_RLIMIT_INFINITY UINT64_MAX
#define WARD_RLIMIT_KEEP (UINT64_MAX - 1)     /* leave this half as the caller's */

struct ward_rlimit {
	int32_t resource;                     /* WARD_RLIMIT_* */
	uint32_t reserved;
	uint64_t soft, hard;
};

/* Scheduler policies. */
enum {
	WARD_SCHED_OTHER = 0,
	WARD_SCHED_FIFO = 1,
	WARD_SCHED_RR = 2,
	WARD_SCHED_BATCH = 3,
	WARD_SCHED_IDLE = 5
};

/* `flags` of the options. A value below whose flag is not set must be 0. */
enum {
	WARD_SPAWN_EXE_FD = 1u << 0,          /* run the program open at `exe_fd`; a script is
	                                       * -ENOENT, its interpreter could not open it */
	WARD_SPAWN_UMASK = 1u << 1,           /* `umask` */
	WARD_SPAWN_UID = 1u << 2,             /* `uid` */
	WARD_SPAWN_GID = 1u << 3,             /* `gid` */
	WARD_SPAWN_GROUPS = 1u << 4,          /* `groups`, `n_groups`; 0 of them: none at all */
	WARD_SPAWN_NO_NEW_PRIVS = 1u << 5,    /* no set-uid program below it gains anything */
	WARD_SPAWN_NICE = 1u << 6,            /* `nice` */
	WARD_SPAWN_SCHED = 1u << 7,           /* `sched_policy`, `sched_priority` */
	WARD_SPAWN_SESSION = 1u << 8,         /* leader of a new session (and group) */
	WARD_SPAWN_PGROUP = 1u << 9,          /* `pgroup` */
	WARD_SPAWN_TTY = 1u << 10,            /* `tty_fd` becomes the controlling terminal of
	                                       * the new session; needs SESSION */
	WARD_SPAWN_FOREGROUND = 1u << 11,     /* its group becomes the terminal's foreground
	                                       * group; `tty_fd` is a terminal in the child */
	WARD_SPAWN_INHERIT_MASK = 1u << 12,   /* keep the calling thread's signal mask */
	WARD_SPAWN_INHERIT_SIGNALS = 1u << 13,/* keep ignored signals ignored, as exec does;
	                                       * also the quickest start */
	WARD_SPAWN_INHERIT_FDS = 1u << 14     /* leave open what is not CLOEXEC; racy against
	                                       * other threads, and against make's jobserver
	                                       * it is what you need */
};

/* Settings of a terminal that the child gets. */
enum {
	WARD_PTY_RAW = 1u << 0,               /* bytes go through as they are: no echo, no
	                                       * lines, no signals from keys, and so no end
	                                       * of input either */
	WARD_PTY_NO_ECHO = 1u << 1            /* what is written to it is not echoed */
};

/*
 * The terminal of the descriptors that say WARD_FD_PTY. The child leads a new session whose
 * controlling terminal it is: WARD_SPAWN_TTY, FOREGROUND and PGROUP are refused beside it.
 */
struct ward_pty_opts {
	size_t size;                          /* sizeof(struct ward_pty_opts) */
	uint32_t flags;                       /* WARD_PTY_*; a terminal as people have it */
	uint16_t rows, columns;               /* 24 and 80 */
};
#define WARD_PTY_OPTS(...) \
	(&(struct ward_pty_opts){ .size = sizeof(struct ward_pty_opts), __VA_ARGS__ })

struct ward_windows_opts;
struct ward_job;                              /* a tree of processes, contained: see below */

/*
 * Options of a start; zero means default everywhere. The comments give the default.
 */
struct ward_spawn_opts {
	size_t size;                          /* sizeof(struct ward_spawn_opts) */
	uint64_t flags;                       /* WARD_SPAWN_*; none */
	const char *file;                     /* the program; argv[0]. See ward_spawn */
	const char *cwd;                      /* working directory; the caller's */
	const char *const *env;               /* "NAME=value", NULL-ended, instead of the
	                                       * caller's; an empty list empties it */
	const char *const *env_unset;         /* names to take away, NULL-ended; none */
	const char *const *env_set;           /* "NAME=value" to add or replace, after unset */
	struct ward_stdio in, out, err;       /* descriptors 0, 1, 2; the caller's */
	const struct ward_fd *fds;            /* further descriptors; none. All are assigned */
	size_t n_fds;                         /* at once, so any swap is right */
	const char *user;                     /* this user's uid, gid and groups, looked up in
	                                       * the caller before the child exists; UID, GID
	                                       * and GROUPS replace a part */
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t n_groups;
	const struct ward_rlimit *rlimits;
	size_t n_rlimits;
	const uint32_t *cpus;                 /* CPU numbers it may run on; the caller's */
	size_t n_cpus;
	int32_t exe_fd;
	uint32_t umask;                       /* 0..0777 */
	int32_t nice;                         /* absolute, -20..19 */
	int32_t sched_policy;                 /* WARD_SCHED_* */
	int32_t sched_priority;               /* FIFO and RR: 1..99, else 0 */
	int32_t tty_fd;                       /* a descriptor of the child's */
	int64_t pgroup;                       /* 0: a new group of its own; else join that one */
	int32_t death_signal;                 /* sent to it when the thread (the thread!) that
	                                       * started it ends; 0: none. Linux, FreeBSD */
	uint32_t on_close;                    /* WARD_LEAVE, WARD_KILL, WARD_KILL_WAIT */
	struct ward_error *error;             /* filled when the start fails; NULL */
	const struct ward_windows_opts *windows; /* <ward_windows.h>: console, job, batch
	                                       * files; NULL. -ENOTSUP elsewhere */
	const struct ward_pty_opts *pty;      /* of WARD_FD_PTY; NULL: the defaults */
	struct ward_job *job;                 /* it and all that it starts are in this job;
	                                       * NULL: in the caller's, if any */
	uint32_t on_owner_death;              /* WARD_LEAVE, or WARD_KILL: it is killed when this
	                                       * program ends, however that happens, or runs
	                                       * another one in its place; ward_owner_death
	                                       * tells by which means. With `job` the job's
	                                       * own option is for that */
	uint32_t reserved0;
	uint64_t reserved[5];
};
#define WARD_SPAWN_OPTS(...) \
	(&(struct ward_spawn_opts){ .size = sizeof(struct ward_spawn_opts), __VA_ARGS__ })

/*
 * ward_spawn_opts_init(opts):
 * Fill @opts with defaults, for C++ and for foreign-function interfaces; the macro does the
 * same in C.   Since 0.1.
 */
#define ward_spawn_opts_init(opts) \
	ward_spawn_opts_init_sized((opts), sizeof(struct ward_spawn_opts))
WARD_API void ward_spawn_opts_init_sized(struct ward_spawn_opts *opts, size_t size);

/*
 * ward_spawn(ret, argv, opts):
 * Start a program and hold it. On return the program runs (its exec succeeded), or no child
 * exists and the failure says which step of the start went wrong.
 *
 * @argv  NULL-ended, at least one string. argv[0] is what the program sees as its name;
 *        the program itself is opts->file, or argv[0] when that is NULL.
 * @opts  NULL for all defaults.
 *
 * A file name with a slash is a path, seen from the child's working directory. One without
 * is looked for in the directories of PATH: of the child's environment where that has a
 * PATH, else of the caller's, else "/usr/bin:/bin". Empty entries are skipped, so the
 * working directory is never searched unless PATH names it.
 *
 * The child gets descriptors 0, 1, 2 and those in opts->fds, and nothing else; no signal
 * blocked, none ignored, none handled; everything else as the caller has it.
 *
 * Returns 0, or the negative errno of the failed step, which opts->error then tells. Errors
 * you can act on: -ENOENT, not found (or the directory of cwd, or an interpreter: see the
 * step); -EACCES, not permitted to run or enter it, or a directory; -ENOEXEC, not a
 * program (no #! line); -E2BIG, arguments and environment are too long together;
 * -EMFILE, -ENFILE, out of descriptors; -EAGAIN, a limit on processes is reached (ulimit
 * -u, pids.max of the cgroup); -ECANCELED, the child was killed on its way (or its parent,
 * with death_signal, ended); -ENOTSUP, this system has no such attribute.
 * The caller's thread is blocked until the exec; other threads run on.   Since 0.1.
 */
WARD_API int ward_spawn(struct ward **ret, const char *const argv[],
                        const struct ward_spawn_opts *opts);

/* ----------------------------------------------------------------- input and output */

/*
 * ward_fd(w, fd):
 * Our end of the child's descriptor @fd, which was started as PIPE, SOCKET, PTY or MEMORY:
 * non-blocking, CLOEXEC, for poll, read and write, or for your event loop. All descriptors
 * of a PTY have the same one. It is lent: do not close it. Writing to it directly, mind
 * SIGPIPE; ward_write never raises it.
 *
 * ward_stdin_fd(w), ward_stdout_fd(w), ward_stderr_fd(w): the same for 0, 1 and 2.
 *
 * Returns the descriptor; -EBADF, @fd is none of these, or our end was closed; -ENOTSUP,
 * the system's pipes are no descriptors (Windows).   Since 0.1.
 */
WARD_API int ward_fd(struct ward *w, int fd);
#define ward_stdin_fd(w) ward_fd((w), 0)
#define ward_stdout_fd(w) ward_fd((w), 1)
#define ward_stderr_fd(w) ward_fd((w), 2)

/*
 * ward_read(w, fd, buf, size, timeout_ns), ward_write(w, fd, buf, size, timeout_ns):
 * Read what the child wrote to its descriptor @fd; write what it is to read from it.
 *
 * @size        bytes, 1 or more. ward_read returns as soon as there are some; ward_write
 *              goes on until all are written.
 * @timeout_ns  as for ward_wait; 0 takes what can be had without blocking.
 *
 * Return how many bytes; ward_read 0 at the end: nobody has the other end any more (a
 * terminal: nobody had it). That is not the end of the process, nor does the end of the
 * process end the output while a process that it left behind holds on to it. ward_write
 * may return fewer than @size when its time is up. Errors you can act on: -ETIMEDOUT, not
 * one byte; -EPIPE, nobody reads (never a SIGPIPE); -EBADF, @fd is nothing that we can read
 * from, or write to, or our end was closed.   Since 0.1.
 */
WARD_API int64_t ward_read(struct ward *w, int fd, void *buf, size_t size,
                           int64_t timeout_ns);
WARD_API int64_t ward_write(struct ward *w, int fd, const void *buf, size_t size,
                            int64_t timeout_ns);

/*
 * ward_feed(w, timeout_ns):
 * Go on writing MEMORY that the child has not taken yet.
 *
 * Returns 1, all of it is written (or nobody reads it, or there was none); 0, time-out.
 *                                                                          Since 0.1.
 */
WARD_API int ward_feed(struct ward *w, int64_t timeout_ns);

/*
 * ward_end_input(w, fd):
 * Tell the child that no more comes: a pipe is closed, a socket is shut down for writing, a
 * terminal gets its end-of-file character (Ctrl-D; seen by who reads lines).
 *
 * ward_close_fd(w, fd):
 * Close our end. A call that another thread has under way on it goes on to its own end, and
 * the other side sees the closing only then.
 *
 * ward_take_fd(w, fd):
 * Our end is the caller's from now on, to be used and closed without the ward, as
 * by fdopen. It is still non-blocking.
 *
 * Return 0, ward_take_fd the descriptor. -EBADF as ward_fd; -EBUSY, a call is under way on
 * it, or it stands for several (PTY); -EAGAIN, the terminal takes no character
 * now.   Since 0.1.
 */
WARD_API int ward_end_input(struct ward *w, int fd);
WARD_API int ward_close_fd(struct ward *w, int fd);
WARD_API int ward_take_fd(struct ward *w, int fd);

/*
 * ward_resize(w, rows, columns):
 * Change the size of the child's terminal; its foreground group gets SIGWINCH.
 *
 * @rows, @columns  1..65535 (Windows: 32767).
 * Returns 0; -ENOTTY, it was not started with WARD_FD_PTY; -EBADF, our end was
 * closed.   Since 0.1.
 */
WARD_API int ward_resize(struct ward *w, int rows, int columns);

/* ------------------------------------------------------------------------------ run */

/* Where output goes. */
enum {
	WARD_TO_MEMORY = 0,                   /* into the result; not where the options of the
	                                       * start send it elsewhere */
	WARD_TO_NOWHERE = 1,                  /* read, counted, shown to the callbacks */
	WARD_TO_FD = 2,                       /* to `fd`, a descriptor of the caller, without
	                                       * a copy where the system can (splice); no
	                                       * callbacks, and no TAIL or ENDS */
	WARD_TO_OUT = 3,                      /* err only: where out goes, in order */
	WARD_TO_SPAWN = 4                     /* as the options of the start have it: by
	                                       * default the caller's own. Not seen by us */
};

/* What is kept of more than the limit. */
enum {
	WARD_KEEP_HEAD = 0,                   /* the first bytes; the rest is read and lost */
	WARD_KEEP_TAIL = 1,                   /* the last bytes */
	WARD_KEEP_ENDS = 2,                   /* half of the limit from either end */
	WARD_KEEP_CLOSE = 3,                  /* the first bytes; then our end is closed, as
	                                       * by head(1): it may die by SIGPIPE */
	WARD_KEEP_KILL = 4                    /* the first bytes; the commands are stopped */
};

/* How a line came. */
enum {
	WARD_LINE_MORE = 1u << 0,             /* a piece; the line goes on in the next call */
	WARD_LINE_OPEN = 1u << 1              /* the last one, without a newline */
};

/*
 * Called as output arrives, in the thread that waits, in order; @stage is the index of
 * the command, or -1 where several write to one pipe; @fd is 1 or 2. A line comes
 * without its newline, and its bytes are gone after the call. They may call any function
 * of ward but those of their own pipeline that wait or close. Return 0; -EPIPE closes our
 * end of that output, as WARD_KEEP_CLOSE does; any other negative number stops the
 * commands and is what the run returns.
 */
typedef int ward_chunk_fn(void *context, int64_t stage, int fd, const void *data, size_t size);
typedef int ward_line_fn(void *context, int64_t stage, int fd, const char *line, size_t size,
                         uint32_t flags);

/* What is done with one stream of output. Zero is a default everywhere. */
struct ward_output_opts {
	uint32_t to;                          /* WARD_TO_*; MEMORY */
	uint32_t keep;                        /* WARD_KEEP_*, needs a limit; HEAD */
	uint64_t limit;                       /* bytes; 0: none. Of what is kept, moved */
	int32_t fd;                           /* WARD_TO_FD */
	uint32_t reserved;
	ward_chunk_fn *on_chunk;              /* every byte, also beyond the limit; NULL */
	ward_line_fn *on_line;                /* every line, also beyond the limit; NULL */
	size_t line_limit;                    /* bytes of a piece of a line; 0: 65536 */
};

enum {
	WARD_RUN_INPUT_FD = 1u << 0,          /* `input_fd` */
	WARD_RUN_WAKE = 1u << 1,              /* `wake` */
	WARD_RUN_STAGE_ERRORS = 1u << 2       /* the standard error of each command apart, in
	                                       * its stage's result, each with the limit */
};

/* Options of a run; zero means default everywhere. The comments give the default. */
struct ward_run_opts {
	size_t size;                          /* sizeof(struct ward_run_opts) */
	uint64_t flags;                       /* WARD_RUN_*; none */
	const struct ward_spawn_opts *spawn;  /* of every command that has none of its own;
	                                       * defaults. Its in, out and err are used where
	                                       * no other thing is said here; PTY is one */
	const void *input;                    /* what the first command reads; NULL: as its */
	size_t input_size;                    /* options have it. Not copied */
	struct ward_output_opts out, err;
	int64_t timeout_ns;                   /* until the commands are stopped; 0: none */
	int64_t idle_timeout_ns;              /* ... since the last byte of output that came
	                                       * through here; 0: none */
	int64_t drain_ns;                     /* how long to read on after the last command
	                                       * has ended, should somebody else hold the
	                                       * pipe; 0: 1 s; WARD_FOREVER: until its end.
	                                       * timeout_ns ends it as well; after a stop
	                                       * past that time it is 1 s at most */
	const struct ward_stop_step *stop;    /* how they are stopped, all at once; NULL: TERM
	                                       * (and CONT), 5 s. KILL comes last, always;
	                                       * to the job, too, if a step is for that */
	size_t n_stop;
	void *context;                        /* for the callbacks */
	struct ward_error *error;             /* filled when a start fails; NULL */
	int32_t input_fd;                     /* WARD_RUN_INPUT_FD: a descriptor of ours whose
	                                       * bytes the first command reads. POSIX */
	uint32_t reserved0;
	int64_t wake;                         /* WARD_RUN_WAKE: a descriptor (Windows: HANDLE)
	                                       * that ends ward_pipeline_wait when readable;
	                                       * not looked at by ward_run */
	uint64_t reserved[6];
};
#define WARD_RUN_OPTS(...) \
	(&(struct ward_run_opts){ .size = sizeof(struct ward_run_opts), __VA_ARGS__ })

/*
 * ward_run_opts_init(opts): as ward_spawn_opts_init.   Since 0.1.
 */
#define ward_run_opts_init(opts) ward_run_opts_init_sized((opts), sizeof(struct ward_run_opts))
WARD_API void ward_run_opts_init_sized(struct ward_run_opts *opts, size_t size);

enum {
	WARD_OUTPUT_CUT = 1u << 0             /* we stopped reading before the end: somebody
	                                       * still held the pipe, or KEEP_CLOSE, or nobody
	                                       * took it (-EPIPE of a callback or of `fd`) */
};

/* What came out. */
struct ward_output {
	char *data;                           /* what was kept; NULL unless to MEMORY. There
	                                       * is a NUL behind it, not counted */
	size_t size;                          /* bytes of it */
	uint64_t total;                       /* bytes that were read */
	uint64_t lost;                        /* of these, beyond the limit, or not moved */
	size_t gap;                           /* where in `data` they are missing: `size` for
	                                       * HEAD, 0 for TAIL, in between for ENDS */
	uint32_t flags;                       /* WARD_OUTPUT_* */
	uint32_t reserved;
	size_t room;                          /* the library's own */
};

/* How one command of a pipeline went. */
struct ward_stage_result {
	struct ward_exit exit;
	int64_t pid;
	struct ward_output err;               /* WARD_RUN_STAGE_ERRORS */
};

enum {
	WARD_RESULT_TIMED_OUT = 1u << 0,      /* stopped: timeout_ns */
	WARD_RESULT_IDLE = 1u << 1,           /* stopped: idle_timeout_ns */
	WARD_RESULT_LIMIT = 1u << 2,          /* stopped: WARD_KEEP_KILL */
	WARD_RESULT_STOPPED = 1u << 3,        /* stopped: ward_pipeline_stop */
	WARD_RESULT_INPUT_LEFT = 1u << 4      /* not all of the input was read; no failure */
};

/* How a run went. Begins as WARD_RESULT_INIT and ends with ward_result_free. */
struct ward_result {
	size_t size;                          /* sizeof(struct ward_result) */
	uint32_t flags;                       /* WARD_RESULT_* */
	int32_t stopped_by;                   /* the last signal that a stop sent; 0: none */
	struct ward_exit exit;                /* of the first command that failed, else of
	                                       * the last one */
	int64_t failed;                       /* its index; -1: all exited with 0 */
	struct ward_output out;               /* of the last command */
	struct ward_output err;               /* of all, unless WARD_RUN_STAGE_ERRORS */
	uint64_t input_written;               /* bytes that were put into the input's pipe */
	struct ward_stage_result *stages;     /* one for each command */
	size_t n_stages;
	char command[64];                     /* name of the command that `exit` is of, cut */
};
#define WARD_OUTPUT_INIT { NULL, 0, 0, 0, 0, 0, 0, 0 }
#define WARD_RESULT_INIT                                                                       \
	{ sizeof(struct ward_result), 0, 0, WARD_EXIT_INIT, 0, WARD_OUTPUT_INIT,               \
	  WARD_OUTPUT_INIT, 0, NULL, 0, { 0 } }

/*
 * ward_run(argv, opts, ret):
 * Run a program to its end in one call: start it, feed it, take its output, bound it in
 * time and size. Nothing can hang it: neither a full pipe in either direction, nor a
 * process that the program left behind and that holds its output. Who does not take what
 * is moved to a descriptor (WARD_TO_FD) is waited for until timeout_ns.
 *
 * @argv  as for ward_spawn.
 * @opts  NULL: output and errors into memory, no bounds but that of the drain.
 * @ret   begins as WARD_RESULT_INIT, or NULL; ward_result_free when 0 was returned.
 *
 * What the program does is no failure of this call: ret->exit has it, and ward_result_ok
 * asks for success. Returns 0; or as ward_spawn when it could not be started (opts->error
 * tells); -ENOMEM, no memory for what it wrote; or what a callback returned. On failure no
 * process of it runs any more.   Since 0.1.
 */
WARD_API int ward_run(const char *const argv[], const struct ward_run_opts *opts,
                      struct ward_result *ret);

/* ward_result_free(ret): give back what a result holds; NULL is fine.   Since 0.1. */
WARD_API void ward_result_free(struct ward_result *ret);

/*
 * ward_result_ok(result, buf, size):
 * Did it succeed: every command exited with 0, nothing was stopped? If not, say why for
 * people, in lines: "'make' exited with code 2", then the end of what it wrote to standard
 * error where that is in memory.
 *
 * @buf, @size  where to write; cut, always with a NUL ("" on success); NULL and 0: only
 *              ask.
 * Returns 1 or 0, or -EINVAL.   Since 0.1.
 */
WARD_API int ward_result_ok(const struct ward_result *result, char *buf, size_t size);

/* ------------------------------------------------------------------------- pipeline */

/* One command of a pipeline. */
struct ward_stage {
	const char *const *argv;
	const struct ward_spawn_opts *opts;   /* NULL: those of the run. Its `in` and `out`
	                                       * are used at the ends of the pipeline only */
};

struct ward_pipeline;                         /* commands under way, as one thing; for one
                                               * thread at a time, callbacks included */

/*
 * ward_pipeline_start(ret, stages, n, opts):
 * Start @n commands, the output of each being the input of the next. All run, or none: a
 * command that cannot be started leaves none behind, and opts->error tells which failed
 * by its path. No command has an end of another's pipe. The input must stay until the end,
 * the rest of @opts until the return.
 *
 * @n  1 or more. The limit is that of descriptors (one or two for each).
 * Returns as ward_spawn.   Since 0.1.
 */
WARD_API int ward_pipeline_start(struct ward_pipeline **ret, const struct ward_stage stages[],
                                 size_t n, const struct ward_run_opts *opts);

/*
 * ward_pipeline_wait(p, timeout_ns, ret):
 * Feed them, take their output, watch the clock, until all have ended and their output
 * has, or its drain is over. Nothing moves outside of this call. One thread at a time.
 *
 * @timeout_ns  of this call alone; the run has its own. As ward_wait.
 * @ret         as for ward_run, filled when all is over; once.
 *
 * Returns 1, over; 0, time-out, or `wake` is readable; -EALREADY, the result was taken; or
 * as ward_run, and then no process of it runs any more.   Since 0.1.
 */
WARD_API int ward_pipeline_wait(struct ward_pipeline *p, int64_t timeout_ns,
                                struct ward_result *ret);

/*
 * ward_pipeline_stop(p): begin to stop the commands, as a time-out would; ward_pipeline_wait
 * goes on with it. Returns 0.
 * ward_pipeline_ward(p, i): the ward of command @i, lent, to signal, ask, or resize; NULL,
 * there is none.   Since 0.1.
 */
WARD_API int ward_pipeline_stop(struct ward_pipeline *p);
WARD_API struct ward *ward_pipeline_ward(struct ward_pipeline *p, size_t i);

/*
 * ward_pipeline_close(p):
 * Give it up; NULL is fine. Commands that still run are killed and waited for (but for one
 * that may not be killed, such as a set-uid program: it is left).
 *                                                                          Since 0.1.
 */
WARD_API void ward_pipeline_close(struct ward_pipeline *p);

/*
 * ward_run_pipeline(stages, n, opts, ret): all of it in one call, as ward_run.   Since 0.1.
 */
WARD_API int ward_run_pipeline(const struct ward_stage stages[], size_t n,
                               const struct ward_run_opts *opts, struct ward_result *ret);

/* ----------------------------------------------------------------------------- open */

enum {
	WARD_OPEN_CHILD = 1u << 0,            /* must be a child of this process: -ECHILD else */
	WARD_OPEN_WEAK = 1u << 1              /* accept a mere number (WARD_HOLD_PID) where the
	                                       * system has nothing better */
};

/*
 * ward_open(ret, pid, flags):
 * Take hold of a process that runs already: a child started by other means, or any process.
 *
 * @pid    a process id, 1 or more; not a thread's.
 * @flags  WARD_OPEN_CHILD, WARD_OPEN_WEAK.
 *
 * The number is looked up once, now. For a child that nobody has waited for that is exact;
 * for others the number may have passed to another process before the call (compare
 * ward_identity or ward_info, or use ward_open_id). From now on it is that very process.
 * Closing the ward leaves the process alone. Waiting for a child collects it, so its owner
 * must not wait for it by other means.
 *
 * Returns 0. Errors you can act on: -ESRCH, no such process (any more); -EINVAL, @pid is 0,
 * negative or beyond the system's range, or belongs to a thread, not a process; -ECHILD,
 * CHILD was asked for; -ENOTSUP, this system cannot hold a stranger (WARD_OPEN_WEAK
 * accepts less); -EMFILE.   Since 0.1.
 */
WARD_API int ward_open(struct ward **ret, int64_t pid, uint32_t flags);

/*
 * ward_ref(w):
 * Another owner of the same ward; each calls ward_close once. Returns @w.   Since 0.1.
 */
WARD_API struct ward *ward_ref(struct ward *w);

/*
 * ward_close(w):
 * Give the ward up; NULL is fine. The last owner's call does what opts.on_close said
 * (nothing for wards that were not spawned). A call that another thread has under way
 * on the same ward ends as if nothing had happened; a call that begins after the last
 * close is a bug in the caller. With WARD_KILL_WAIT it blocks until the kernel has ended
 * the process, otherwise never. Cannot fail; preserves errno.   Since 0.1.
 */
WARD_API void ward_close(struct ward *w);

/* ----------------------------------------------------------------------------- wait */

/*
 * ward_wait(w, timeout_ns, ret):
 * Wait until the process has ended, and learn how.
 *
 * @timeout_ns  nanoseconds, monotonic; 0 asks without blocking, negative waits for ever.
 * @ret         may be NULL.
 *
 * Stopping and continuing are not ends. The answer is remembered: ask as often and from as
 * many threads as you like. If somebody else collected the child (SIGCHLD ignored, another
 * wait in the same program) the true status is recovered where the kernel keeps it (Linux
 * 6.15), without usage; else `how` is WARD_LOST. A process that is not our child has ended
 * for this call once its own parent has collected it, since only then its status is told
 * (Linux 6.15; LOST from 6.9 on); on older kernels when it ended, LOST.
 *
 * Returns 1 ended, 0 time-out. Errors you can act on: -ENOTSUP, the ward is only a number
 * (WARD_HOLD_PID) and this system cannot wait for it.   Since 0.1.
 */
WARD_API int ward_wait(struct ward *w, int64_t timeout_ns, struct ward_exit *ret);

/*
 * ward_wait_any(w, n, timeout_ns), ward_wait_all(w, n, timeout_ns):
 * Wait until one of several processes has ended, or all of them.
 *
 * @w, @n  wards; NULLs among them are passed over.
 *
 * ward_wait_any returns the lowest index of a ward whose process has ended (now, or long
 * ago), or -ETIMEDOUT; -EINVAL when there is none to wait for. ward_wait_all returns 1 when
 * all have ended (also when there is none), 0 on time-out. How they ended is for ward_wait
 * to tell. Also: -ENOMEM with more than 64 wards.   Since 0.1.
 */
WARD_API int ward_wait_any(struct ward *const w[], size_t n, int64_t timeout_ns);
WARD_API int ward_wait_all(struct ward *const w[], size_t n, int64_t timeout_ns);

/*
 * ward_poll_fd(w):
 * A descriptor for poll, select, epoll or kqueue that becomes readable when the process has
 * ended; ward_wait(w, 0, ...) then tells how. It is lent: do not read, set or close it, and
 * take it out of your loop before ward_close. (Readable and ward_wait says 0: a debugger
 * holds the status back; ask again a little later.)
 *
 * Returns the descriptor, the same one each time; -ENOTSUP where the system has none;
 * -EMFILE, -ENFILE, -ENOMEM where it is made at the first call.   Since 0.1.
 */
WARD_API int ward_poll_fd(struct ward *w);

/* ------------------------------------------------------------------ signal and stop */

/*
 * ward_signal(w, sig):
 * Send a signal to the process, and to no other.
 *
 * @sig  a signal of <signal.h>; 0 sends nothing but checks permission.
 * Returns 0. Errors you can act on: -ESRCH, it has ended and was collected (a process that
 * has ended but was not yet waited for still takes signals, without effect); -EPERM, it
 * belongs to somebody else; -EINVAL, no such signal.   Since 0.1.
 */
WARD_API int ward_signal(struct ward *w, int sig);

/*
 * ward_signal_group(w, sig):
 * Send a signal to every process of the group that the process leads (WARD_SPAWN_PGROUP,
 * WARD_SPAWN_SESSION). On Linux 6.9 the group stays reachable, and only it, after its
 * leader has ended; elsewhere until the leader was waited for.
 *
 * Returns 0; -ESRCH, it leads no group or nobody is left in it; -ENOTSUP, this system cannot
 * do it without risking to hit a stranger; else as ward_signal.   Since 0.1.
 */
WARD_API int ward_signal_group(struct ward *w, int sig);

enum {
	WARD_STOP_GROUP = 1u << 0,            /* to the group that it leads */
	WARD_STOP_CONTINUE = 1u << 1,         /* followed by SIGCONT, so that a stopped process
	                                       * gets to see it */
	WARD_STOP_JOB = 1u << 2               /* to all in the job of `spawn`, once: in a step
	                                       * of ward_run and of a pipeline only */
};

/* One step of stopping: send a signal, give it time. */
struct ward_stop_step {
	int32_t signal;                       /* 0: only wait */
	uint32_t flags;                       /* WARD_STOP_* */
	int64_t timeout_ns;                   /* how long to wait before the next step */
};

/*
 * ward_stop(w, steps, n, ret):
 * End the process step by step, as gently as it allows.
 *
 * @steps, @n  what to do in turn; NULL and 0: SIGTERM (and SIGCONT) and 5 s, then SIGKILL
 *             and for ever.
 * @ret        how it ended; may be NULL.
 *
 * Returns the number of the step, from 1, after which it ended; 0, it had ended before;
 * -ETIMEDOUT, it still runs after the last one; or the error of a signal (-EPERM). A step
 * whose signal the system cannot send (-ENOTSUP) is passed over, but not the last one.
 *                                                                          Since 0.1.
 */
WARD_API int ward_stop(struct ward *w, const struct ward_stop_step steps[], size_t n,
                       struct ward_exit *ret);

/* ------------------------------------------------------------------------------ job */

/*
 * By which means a job holds everything that is started in it.
 */
enum {
	WARD_MEANS_BEST = 0,                  /* the strongest of those that the processes in
	                                       * it do not see */
	WARD_MEANS_GROUP = 1,                 /* a process group for each ward; setsid and
	                                       * setpgid get away from it. POSIX */
	WARD_MEANS_KEEPER = 2,                /* a small process of the library's between the
	                                       * caller and each ward, to which comes what its
	                                       * descendants leave behind. Linux */
	WARD_MEANS_REAPER = 3,                /* the same, found and killed by the kernel.
	                                       * FreeBSD */
	WARD_MEANS_PIDNS = 4,                 /* a pid namespace for each ward, which sees other
	                                       * numbers; without privileges a user namespace,
	                                       * too. Only when asked for. Linux */
	WARD_MEANS_CGROUP = 5,                /* a cgroup of its own. Linux, cgroup v2. Where a
	                                       * user may make none, in a scope of the user's
	                                       * systemd: see ward_job_new */
	WARD_MEANS_OBJECT = 6,                /* a job object. Windows */
	WARD_MEANS_COUNT_                     /* not a means: how many there are */
};

/* What can get away from it. */
enum {
	WARD_STRENGTH_GROUP = 1,              /* whatever makes a group or session of its own */
	WARD_STRENGTH_TREE = 2,               /* nothing, as long as nobody kills the keeper */
	WARD_STRENGTH_KERNEL = 3              /* nothing but what has the privilege to leave a
	                                       * cgroup, or asks a service to be started outside */
};

enum {
	WARD_JOB_SHARE_GROUP = 1u << 0        /* its wards stay in the caller's process group
	                                       * unless their own options say otherwise: for
	                                       * commands in front of a terminal. Without it
	                                       * each ward leads a group. Not with GROUP */
};

/* Options of a job; zero means default everywhere. The comments give the default. */
struct ward_job_opts {
	size_t size;                          /* sizeof(struct ward_job_opts) */
	uint64_t flags;                       /* WARD_JOB_*; none */
	uint32_t means;                       /* WARD_MEANS_*; the best there is */
	uint32_t at_least;                    /* WARD_STRENGTH_*; any */
	uint32_t on_close;                    /* what becomes of who is in it: WARD_LEAVE,
	                                       * WARD_KILL, WARD_KILL_WAIT (10 s at most) */
	uint32_t on_owner_death;              /* ... when this program ends without closing it,
	                                       * or runs another one in its place: WARD_LEAVE or
	                                       * WARD_KILL */
	uint64_t memory_max;                  /* bytes of all together; 0: no limit */
	uint64_t pids_max;                    /* processes and threads (Windows: processes) at
	                                       * once; 0: no limit */
	uint64_t cpu_max;                     /* processor time in a time, in thousandths of one
	                                       * processor: 1500 is one and a half; 0: no limit */
	struct ward_error *error;             /* filled when there is no such job; NULL */
	uint64_t reserved[6];
};
#define WARD_JOB_OPTS(...) \
	(&(struct ward_job_opts){ .size = sizeof(struct ward_job_opts), __VA_ARGS__ })

/*
 * ward_job_opts_init(opts): as ward_spawn_opts_init.   Since 0.1.
 */
#define ward_job_opts_init(opts) ward_job_opts_init_sized((opts), sizeof(struct ward_job_opts))
WARD_API void ward_job_opts_init_sized(struct ward_job_opts *opts, size_t size);

/*
 * ward_job_new(ret, opts):
 * An empty job. Wards are started in it with the option `job` of ward_spawn, and whatever they
 * start is in it, too. Any thread may use it at any time.
 *
 * In a copy of the program that fork made a job is good for ward_job_close only, which then
 * leaves the processes alone; all else is -ECHILD there.
 *
 * Linux: a user who may not make a cgroup below the own one gets one in a transient scope of
 * the user's systemd, if libsystemd can be loaded and a bus leads there. Each call of it has
 * 5 s. A start in such a job and ward_job_add ask systemd, too, the start from a thread that
 * lasts as long as the start does. What is in it ends with the user's systemd, which may end
 * when the user has logged out ("lingering" keeps it).
 *
 * @opts  NULL: the best means there is, no limits.
 * Returns 0. Errors you can act on: -ENOTSUP, there is no such means here, none that is strong
 * enough, or none that can limit or end it so (opts->error has the reason in words in its
 * `path`); -EACCES, -EMFILE, -ENFILE, -ENOMEM, -EAGAIN.   Since 0.1.
 */
WARD_API int ward_job_new(struct ward_job **ret, const struct ward_job_opts *opts);

/*
 * ward_job_means(job), ward_job_strength(job):
 * What holds it, WARD_MEANS_*, and how strong that is, WARD_STRENGTH_*, as it is now: when
 * somebody has killed a keeper it is GROUP from then on. ward_means_name and
 * ward_strength_name tell "cgroup", "kernel"; NULL for a number without a name.   Since 0.1.
 */
WARD_API int ward_job_means(struct ward_job *job);
WARD_API int ward_job_strength(struct ward_job *job);
WARD_API const char *ward_means_name(int means);
WARD_API const char *ward_strength_name(int strength);

/*
 * ward_job_add(job, w):
 * Take a running process into the job; what it has started before stays where it is.
 *
 * Returns 0; -ENOTSUP, these means cannot; -EPERM, -EACCES, not permitted; -ESRCH, it has
 * ended.   Since 0.1.
 */
WARD_API int ward_job_add(struct ward_job *job, struct ward *w);

/*
 * ward_job_signal(job, sig):
 * Signal every process in the job once. Who is started meanwhile may be missed: only KILL
 * misses nobody (ward_job_kill).
 *
 * Returns 0, somebody got it; -ESRCH, nobody is in it; -EPERM, nobody of it may be signalled
 * by us; -EINVAL; -ENOTSUP.   Since 0.1.
 */
WARD_API int ward_job_signal(struct ward_job *job, int sig);

/*
 * ward_job_kill(job):
 * Kill everything in the job, whatever it is just starting included. Does not wait:
 * ward_job_wait_empty does, and may find that somebody has survived (in the kernel, where not
 * even KILL acts; by a set-uid program of another user). The job can be used again.
 *
 * Returns 0, also when it is empty; -EPERM, there is somebody who may not be killed.
 *                                                                          Since 0.1.
 */
WARD_API int ward_job_kill(struct ward_job *job);

/*
 * ward_job_wait_empty(job, timeout_ns):
 * Wait until no process is in the job. One that has ended and waits to be collected (a
 * zombie) is not in it any more, but with GROUP: there it is until its parent has waited
 * for it (for your wards this call does, and remembers how they ended; before Linux 6.9 and
 * on plain POSIX only after KILL, since who is left is reached by them alone).
 *
 * Returns 1 empty, 0 time-out; -ENOTSUP with GROUP, its leader was waited for, and there is
 * somebody left who cannot be told from others any more.   Since 0.1.
 */
WARD_API int ward_job_wait_empty(struct ward_job *job, int64_t timeout_ns);

/*
 * ward_job_poll_fd(job):
 * A descriptor that is readable when ward_job_wait_empty(job, 0) is worth a call, which may
 * then find it full all the same. Lent, the same one each time.
 *
 * Returns the descriptor; -ENOTSUP with GROUP and on Windows; -EMFILE, -ENFILE.   Since 0.1.
 */
WARD_API int ward_job_poll_fd(struct ward_job *job);

/* How a job was stopped. */
struct ward_job_result {
	size_t size;                          /* sizeof(struct ward_job_result) */
	int32_t step;                         /* the step, from 1, after which it was empty; 0:
	                                       * it was before; -1: it is not */
	int32_t means;                        /* WARD_MEANS_*, what held it at the end */
	int64_t n_first;                      /* processes that were in it at the first step;
	                                       * here and below -1: the means cannot tell */
	int64_t n_killed;                     /* ... and when KILL was sent first; 0: it was not */
	int64_t n_survivors;                  /* ... and at the end */
	size_t n_names;                       /* how many of these are filled */
	struct ward_job_name {
		int64_t pid;
		int32_t state;                /* WARD_STATE_*, as it was then */
		uint32_t survived;            /* 0: it was killed, 1: it still is there */
		char name[64];                /* short name of its program, cut */
	} names[16];                          /* some of those that were killed, survivors first */
	uint64_t reserved[4];
};
#define WARD_JOB_RESULT_INIT { .size = sizeof(struct ward_job_result) }

/*
 * ward_job_stop(job, steps, n, ret):
 * End the whole tree step by step: each step goes to everybody in the job, and the next
 * follows when somebody is left at its time.
 *
 * @steps, @n  as for ward_stop, without WARD_STOP_GROUP; NULL and 0: TERM (and CONT), 5 s,
 *             then KILL and 10 s.
 * @ret        who needed KILL and who survived; may be NULL.
 *
 * Returns as ward_stop; -ETIMEDOUT, somebody has survived, which @ret tells as well.
 *                                                                          Since 0.1.
 */
WARD_API int ward_job_stop(struct ward_job *job, const struct ward_stop_step steps[], size_t n,
                           struct ward_job_result *ret);

/*
 * ward_job_members(job, ret, n), ward_job_members_free(list, n):
 * Hold every process that is in the job now. It was in the job when it was taken hold of;
 * those that are started meanwhile may be missed.
 *
 * Returns 0 with a list of @n wards, each yours to close (the second function closes them all
 * and frees the list; NULL is fine); -ENOMEM; -EMFILE; -ENOTSUP with GROUP.   Since 0.1.
 */
WARD_API int ward_job_members(struct ward_job *job, struct ward ***ret, size_t *n);
WARD_API void ward_job_members_free(struct ward **list, size_t n);

/* ward_job_count(job): how many processes are in it now; or as ward_job_members.  Since 0.1. */
WARD_API int64_t ward_job_count(struct ward_job *job);

/* What the whole tree has used, those that have ended included. -1: the means cannot tell. */
struct ward_job_usage {
	size_t size;                          /* sizeof(struct ward_job_usage) */
	int64_t user_ns, system_ns;           /* processor time */
	int64_t memory_bytes;                 /* now */
	int64_t memory_peak_bytes;            /* of all together; with KEEPER -1 */
	int64_t max_rss_bytes;                /* of the largest process that has ended */
	int64_t read_bytes, written_bytes;    /* to and from block devices */
	int64_t processes;                    /* in it now */
};
#define WARD_JOB_USAGE_INIT { sizeof(struct ward_job_usage), 0, 0, 0, 0, 0, 0, 0, 0 }

/*
 * ward_job_usage(job, ret): ask what it has used so far. Returns 0.   Since 0.1.
 */
WARD_API int ward_job_usage(struct ward_job *job, struct ward_job_usage *ret);

/*
 * ward_job_freeze(job), ward_job_thaw(job):
 * Let nothing in the job run, let it run on. With CGROUP the processes do not notice; with
 * other means each is stopped by a signal (STOP), until nobody is left that runs, and a
 * shell may see that. A frozen job can be killed. Thaw also continues who was stopped
 * by others.
 *
 * Returns 0; -ENOTSUP; -EPERM.   Since 0.1.
 */
WARD_API int ward_job_freeze(struct ward_job *job);
WARD_API int ward_job_thaw(struct ward_job *job);

/*
 * ward_job_close(job):
 * Give the job up; NULL is fine. What becomes of its processes on_close has said. Wards that
 * were started in it stay yours. No thread may be in a call on it.   Since 0.1.
 */
WARD_API void ward_job_close(struct ward_job *job);

/*
 * ward_descendants(w, ret, n):
 * Hold every process that descends from @w now, whether or not it is in a job: its children,
 * theirs, and so on, each found as the child of one that is held as well. What a parent has
 * left behind by ending does not descend from @w any more and is not found; of what is
 * started meanwhile, some may be missed.
 *
 * Returns as ward_job_members, with a list for ward_job_members_free; -ESRCH, it has ended;
 * -ENOTSUP, this system cannot tell.   Since 0.1.
 */
WARD_API int ward_descendants(struct ward *w, struct ward ***ret, size_t *n);

/* ------------------------------------------------------------------------------ set */

struct ward_set;                              /* many wards, watched together */

/* What an event tells. */
enum {
	WARD_EVENT_STARTED = 1,               /* of ward_set_spawn: it runs, and `ward` is
	                                       * yours to close */
	WARD_EVENT_FAILED = 2,                /* of ward_set_spawn: it could not be started,
	                                       * `code` and `step` say why; `ward` is NULL */
	WARD_EVENT_DELAYED = 3,               /* starts are held back, since the system is out
	                                       * of something: `code`, as -EAGAIN or -EMFILE.
	                                       * Told once, until one succeeds again. No ward */
	WARD_EVENT_OUTPUT = 4,                /* `length` bytes of `fd` are in your buffer */
	WARD_EVENT_LINE = 5,                  /* a line of `fd`, without its newline; `flags`
	                                       * may have WARD_LINE_MORE or WARD_LINE_OPEN */
	WARD_EVENT_OUTPUT_ENDED = 6,          /* nobody writes to `fd` any more; or, `code`, it
	                                       * cannot be read */
	WARD_EVENT_DEADLINE = 7,              /* its time is up; if it has stop steps they have
	                                       * begun */
	WARD_EVENT_ENDED = 8,                 /* the process has ended: `exit`; or, `code`, its
	                                       * end cannot be waited for any more */
	WARD_EVENT_EMPTY = 9                  /* of ward_set_add_job: nobody is in `job`; or,
	                                       * `code`, that cannot be told. No ward */
};

enum {
	WARD_EVENT_LAST = 1u << 8             /* nothing more comes of this ward: it is not in
	                                       * the set any more */
};

/* One event. Begins as WARD_EVENT_INIT, and may be used again and again. */
struct ward_event {
	size_t size;                          /* sizeof(struct ward_event) */
	void *buffer;                         /* yours, for OUTPUT and LINE; NULL is fine as */
	size_t room;                          /* long as no output is watched */
	/* From here on it is filled. */
	struct ward *ward;
	void *cookie;                         /* as given to ward_set_add or ward_set_spawn */
	int32_t what;                         /* WARD_EVENT_* */
	int32_t fd;                           /* the child's number of it; else -1 */
	size_t length;                        /* of what is in the buffer */
	uint32_t flags;                       /* WARD_EVENT_LAST, WARD_LINE_* */
	int32_t code;                         /* 0, or a negative errno */
	int32_t step;                         /* FAILED: WARD_STEP_* */
	uint32_t reserved0;
	struct ward_job *job;                 /* EMPTY */
	uint64_t reserved[2];
	struct ward_exit exit;                /* ENDED */
};
#define WARD_EVENT_INIT                                                                        \
	{ sizeof(struct ward_event), NULL, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, NULL, { 0 },    \
	  WARD_EXIT_INIT }

/* Options of a set; zero means default everywhere. */
struct ward_set_opts {
	size_t size;                          /* sizeof(struct ward_set_opts) */
	uint64_t flags;                       /* none are defined */
	size_t max_alive;                     /* of those it starts, this many run at once;
	                                       * 0: no limit */
	uint32_t starts_per_second;           /* on average; 0: no limit */
	uint32_t reserved0;
	uint64_t reserved[4];
};
#define WARD_SET_OPTS(...) \
	(&(struct ward_set_opts){ .size = sizeof(struct ward_set_opts), __VA_ARGS__ })

enum {
	WARD_WATCH_OUTPUT = 1u << 0,          /* OUTPUT of all that we can read of it */
	WARD_WATCH_LINES = 1u << 1,           /* LINE instead; not both */
	WARD_WATCH_TELL = 1u << 2,            /* the deadline is only told of */
	WARD_WATCH_THREAD = 1u << 3           /* ward_set_spawn: start it on a thread of its
	                                       * own, so that a file system that hangs holds up
	                                       * nobody. Not with `death_signal`, which would
	                                       * come at the end of that thread */
};

/* How a ward of a set is watched; zero means default everywhere. */
struct ward_watch_opts {
	size_t size;                          /* sizeof(struct ward_watch_opts) */
	uint64_t flags;                       /* WARD_WATCH_* */
	int64_t timeout_ns;                   /* until its deadline, from now (of ward_set_spawn:
	                                       * from its start); 0: none */
	const struct ward_stop_step *stop;    /* what is done to it then; NULL: as ward_stop.
	                                       * Copied */
	size_t n_stop;
	size_t line_limit;                    /* bytes of a piece of a line; 0: 65536 */
	uint64_t reserved[4];
};
#define WARD_WATCH_OPTS(...) \
	(&(struct ward_watch_opts){ .size = sizeof(struct ward_watch_opts), __VA_ARGS__ })

/*
 * ward_set_new(ret, opts):
 * An empty set. Any thread may use it at any time, several may wait on it at once, and
 * each event goes to one of them.
 *
 * In a copy of the program that fork made a set is good for ward_set_close only; all else
 * is -ECHILD there, and the set of the parent does not notice.
 *
 * @opts  NULL: no limits.
 * Returns 0; -EMFILE, -ENFILE, -ENOMEM. It takes two descriptors; on plain POSIX two more and
 * a thread once ward_set_fd is called.   Since 0.1.
 */
WARD_API int ward_set_new(struct ward_set **ret, const struct ward_set_opts *opts);

/*
 * ward_set_add(set, w, cookie, opts):
 * Watch a ward in the set. It stays yours; ward_close takes it out of all sets. One that has
 * ended already is told of like any other.
 *
 * @cookie  comes back with every event of it.
 * @opts    NULL: only its end.
 *
 * What it was to be fed (WARD_FD_MEMORY) is fed while somebody waits on the set; what it
 * writes is read then, so that with OUTPUT or LINES nobody else should read it.
 * Returns 0. Errors you can act on: -EEXIST, it is in this set (it may be in others); and
 * then nothing has changed: -ENOMEM, -ENOSPC (Linux: fs.epoll.max_user_watches), -ENOTSUP,
 * it cannot be waited for; -EMFILE.   Since 0.1.
 */
WARD_API int ward_set_add(struct ward_set *set, struct ward *w, void *cookie,
                          const struct ward_watch_opts *opts);

/*
 * ward_set_remove(set, w):
 * Watch it no longer. No event of it comes after this, not even one that is there already,
 * so this is safe at any time. Returns 0; -ENOENT, it is not in the set.   Since 0.1.
 */
WARD_API int ward_set_remove(struct ward_set *set, struct ward *w);

/*
 * ward_set_add_job(set, job, cookie):
 * Watch a job in the set, until nobody is in it: one event, EMPTY, and it is out of the set
 * again. A job that is empty now is told of at once, so add it when something was started in
 * it. ward_job_close takes it out of all sets; ward_set_remove_job does so earlier, and no
 * event of it comes after that.
 *
 * The first returns 0; -EEXIST, it is in this set; -ENOMEM, -ENOSPC, -EMFILE. The second 0, or
 * -ENOENT.   Since 0.1.
 */
WARD_API int ward_set_add_job(struct ward_set *set, struct ward_job *job, void *cookie);
WARD_API int ward_set_remove_job(struct ward_set *set, struct ward_job *job);

/*
 * ward_set_spawn(set, argv, opts, cookie, watch):
 * Start a program as soon as the limits of the set allow, at once or in some call of
 * ward_set_wait, and watch it. Its first event is STARTED or FAILED. From STARTED on its
 * ward is yours to close: most programs do that at ENDED. When the system is out of something
 * for now (processes, descriptors, memory) no start fails: it is tried again when one of the
 * set's has ended, and after a pause of 1 ms, doubled each time up to 1 s.
 *
 * @argv, @opts  as for ward_spawn. They are copied, but the descriptors that they name must
 *               stay open, and opts->error (which FAILED fills), opts->job and
 *               opts->windows in place, until STARTED or FAILED.
 * @watch        as for ward_set_add.
 *
 * Returns 0; -EINVAL; -ENOMEM.   Since 0.1.
 */
WARD_API int ward_set_spawn(struct ward_set *set, const char *const argv[],
                            const struct ward_spawn_opts *opts, void *cookie,
                            const struct ward_watch_opts *watch);

/*
 * ward_set_wait(set, timeout_ns, ret):
 * The next event. Events are fetched from the system in batches and handed out one by one:
 * what is removed or closed while a batch is handled has no event left in it.
 *
 * @timeout_ns  as for ward_wait.
 * @ret         with ret->size set, and a buffer where output is watched.
 *
 * The events of one ward come in their order; several threads have to keep it among
 * themselves. Returns 1, an event; 0, time-out, or ward_set_wake; -ENOBUFS, there is output
 * and no buffer for it; -ENOMEM.   Since 0.1.
 */
WARD_API int ward_set_wait(struct ward_set *set, int64_t timeout_ns, struct ward_event *ret);

/*
 * ward_set_count(set): how many wards are in it, with the programs that are still to be
 * started and the events without a ward: 0, nothing comes any more.
 * ward_set_wake(set): the calls of ward_set_wait that wait now return 0. If there is none
 * the next one does. Returns 0.   Since 0.1.
 */
WARD_API int64_t ward_set_count(struct ward_set *set);
WARD_API int ward_set_wake(struct ward_set *set);

/*
 * ward_set_stop(set, w, steps, n):
 * Stop a ward of the set without waiting for it: the first step is taken now, the others in
 * ward_set_wait when their time has come, until it has ended (ENDED tells how).
 *
 * @steps, @n  as for ward_stop. Instead of any that are under way.
 * Returns 0; -ENOENT, it is not in the set; -ESRCH, it has ended; -ENOMEM; or the error of
 * the first signal.   Since 0.1.
 */
WARD_API int ward_set_stop(struct ward_set *set, struct ward *w,
                           const struct ward_stop_step steps[], size_t n);

/*
 * ward_set_deadline(set, w, timeout_ns):
 * Give a ward of the set another deadline, from now; negative: none. The steps stay those
 * that ward_set_add was given. Returns 0; -ENOENT; -ESRCH; -EALREADY, its time was up
 * before; -ENOMEM.   Since 0.1.
 */
WARD_API int ward_set_deadline(struct ward_set *set, struct ward *w, int64_t timeout_ns);

/*
 * ward_set_fd(set):
 * A descriptor that is readable when ward_set_wait(set, 0, ...) is worth a call: for an event
 * and for everything that the set has to do in time. It is lent, and may be put into any
 * loop, level-triggered. Call ward_set_wait until it returns 0, or come back soon.
 *
 * Returns the descriptor; -ENOTSUP on Windows (ward_windows_set_event is its twin); on plain
 * POSIX -EAGAIN, -EMFILE: it needs a thread there.   Since 0.1.
 */
WARD_API int ward_set_fd(struct ward_set *set);

/*
 * ward_set_close(set):
 * Give the set up; NULL is fine. Wards that are in it live on and stay yours, watched and
 * stopped by nobody; those that were started and whose STARTED nobody has taken are closed,
 * and what was still to be started is forgotten. No thread may be in a call on it.
 *                                                                          Since 0.1.
 */
WARD_API void ward_set_close(struct ward_set *set);

/* ------------------------------------------------------------------------ questions */

enum {
	WARD_HOLD_PID = 0,                    /* a number: could come to mean another process;
	                                       * signals are refused (-ENOTSUP) unless it was
	                                       * opened with WARD_OPEN_WEAK */
	WARD_HOLD_CHILD = 1,                  /* our child: the number is safe until somebody
	                                       * else in this program waits for it */
	WARD_HOLD_KERNEL = 2                  /* pidfd, process descriptor, HANDLE: never */
};

/*
 * ward_pid(w): the number of the process, to show to people; as a means to reach it it is
 * worth nothing after the end. 0 when it is not visible from here (another pid namespace).
 * ward_hold(w): how strongly it is held, WARD_HOLD_*.   Since 0.1.
 */
WARD_API int64_t ward_pid(const struct ward *w);
WARD_API int ward_hold(const struct ward *w);

enum {
	WARD_DEATH_LEAVES = 0,                /* nothing becomes of it */
	WARD_DEATH_KERNEL = 1,                /* the kernel kills it */
	WARD_DEATH_KEEPER = 2,                /* a keeper of the library's does, and the kernel
	                                       * should somebody kill the keeper */
	WARD_DEATH_JOB = 3                    /* its job, see there, kills it */
};

/*
 * ward_owner_death(w): what becomes of the process when the program that started it ends,
 * and by which means: WARD_DEATH_*.   Since 0.1.
 */
WARD_API int ward_owner_death(const struct ward *w);

enum {
	WARD_STATE_UNKNOWN = 0,
	WARD_STATE_RUNNING,                   /* or ready to */
	WARD_STATE_SLEEPING,
	WARD_STATE_BLOCKED,                   /* in the kernel; not even KILL acts now */
	WARD_STATE_STOPPED,                   /* by a signal */
	WARD_STATE_TRACED,                    /* by a debugger */
	WARD_STATE_ENDED                      /* a zombie: ended, not yet waited for */
};

/* What the system says of a process now. -1 (uid, gid: UINT32_MAX) where it does not. */
struct ward_info {
	size_t size;                          /* sizeof(struct ward_info) */
	int64_t pid, ppid, pgid, sid;
	int32_t state;                        /* WARD_STATE_* */
	int32_t threads;
	uint32_t uid, euid, suid, gid, egid, sgid;
	int64_t start_unix_ns;                /* when it started, since 1970 UTC; to 10 ms */
	int64_t user_ns, system_ns;           /* processor time so far, itself alone */
	int64_t rss_bytes;                    /* resident set now */
	int64_t virtual_bytes;
	int64_t cgroup_id;                    /* inode number of its cgroup v2 directory */
	char name[64];                        /* short name of the program, cut; "" unknown */
};
#define WARD_INFO_INIT                                                                         \
	{ sizeof(struct ward_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, { 0 } }

/*
 * ward_info(w, ret):
 * Ask the system about the process as it is now. All of it is about this process: what was
 * read while the number may have passed to another one is thrown away.
 *
 * @ret  with ret->size set.
 * Returns 0; -ESRCH, it has ended and was collected.   Since 0.1.
 */
WARD_API int ward_info(struct ward *w, struct ward_info *ret);

/* ------------------------------------------------------------------------- identity */

enum {
	WARD_ID_NONE = 0,                     /* a pid alone: says nothing about which one */
	WARD_ID_INODE = 1,                    /* `number`: the kernel's own, never given twice
	                                       * in one boot (Linux 6.9 pidfs) */
	WARD_ID_START = 2                     /* `number`: start time in the system's unit */
};

/* Which process it is, in a form that can be written down. */
struct ward_id {
	size_t size;                          /* sizeof(struct ward_id) */
	int64_t pid;
	uint32_t kind;                        /* WARD_ID_* */
	uint32_t has_boot;                    /* 1: `boot` is set and must match */
	uint64_t number;
	uint8_t boot[16];                     /* which boot of the machine */
};
#define WARD_ID_INIT { sizeof(struct ward_id), 0, 0, 0, 0, { 0 } }
#define WARD_ID_TEXT_MAX 96                   /* bytes that hold every text, NUL included */

enum {
	WARD_ID_WITH_BOOT = 1u << 0           /* add the boot, so that the text may outlive it */
};

/*
 * ward_identity(w, ret):
 * Which process this is. Ask while it has not been waited for; the answer is remembered.
 *
 * @ret  with ret->size set.
 * Returns 0; -ESRCH, it was collected before anybody asked (systems with WARD_ID_START);
 * -ENOTSUP, the system has no identity beyond the number; -ENOMEM.   Since 0.1.
 */
WARD_API int ward_identity(struct ward *w, struct ward_id *ret);

/*
 * ward_id_format(id, flags, buf, size), ward_id_parse(text, ret):
 * An identity as text and back: "1234:5678" is pid 1234 with inode 5678, the notation of
 * util-linux' kill and waitpid; "1234:s5678" is pid 1234 with start time 5678; either may
 * be followed by "@" and the boot in 32 hexadecimal digits. Plain "1234" parses as
 * WARD_ID_NONE. Without the boot, keep the text in a place that a boot empties (/run).
 *
 * ward_id_format returns as ward_exit_text. ward_id_parse returns 0 or -EINVAL.
 *                                                                          Since 0.1.
 */
WARD_API int ward_id_format(const struct ward_id *id, uint32_t flags, char *buf, size_t size);
WARD_API int ward_id_parse(const char *text, struct ward_id *ret);

/*
 * ward_open_id(ret, id):
 * Take hold of the very process that was written down, or of none.
 *
 * Returns 0. Errors you can act on: -ESRCH, it is gone (its number may be in use by another
 * process, which is left alone; so too after another boot); -EINVAL, @id is WARD_ID_NONE;
 * -ENOTSUP, this system cannot check this kind of identity.   Since 0.1.
 */
WARD_API int ward_open_id(struct ward **ret, const struct ward_id *id);

/* --------------------------------------------------------------- to other processes */

/*
 * ward_send(w, socket, timeout_ns), ward_recv(ret, socket, timeout_ns):
 * Hand a held process to another process over a connected unix socket. Both sides hold it
 * then; the receiver may signal and wait as its own rights allow, and learns the status as
 * for any process that is not its child.
 *
 * @socket      a connected AF_UNIX socket, any type; blocking or not.
 * @timeout_ns  for the socket to become ready.
 *
 * Return 0. Errors you can act on: -ETIMEDOUT; -EPIPE, the other side is gone (never a
 * SIGPIPE); -EBADMSG, what came was not a ward (descriptors that came along are closed);
 * -ENOTSUP, the process is held by less than a kernel handle.   Since 0.1.
 */
WARD_API int ward_send(struct ward *w, int socket, int64_t timeout_ns);
WARD_API int ward_recv(struct ward **ret, int socket, int64_t timeout_ns);

/*
 * ward_peer(ret, socket):
 * Take hold of the process at the other end of a connected unix socket: the one that called
 * connect, or listen, or socketpair.
 *
 * Returns 0; -ENOTSUP, the kernel gives only a number (Linux before 6.5); -ESRCH, it is
 * gone (Linux before 6.16); -ENODATA, the socket has no peer; -ENOTSOCK.   Since 0.1.
 */
WARD_API int ward_peer(struct ward **ret, int socket);

#ifdef __cplusplus
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
}
#endif
#endif
