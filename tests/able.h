/* SPDX-License-Identifier: MIT */
/*
 * What this system can do, found out without the library: what a test may expect depends
 * on it. A feature that WARD_TEST_FAIL takes away counts as missing.
 */
#ifndef ABLE_H
#define ABLE_H

#include "host.h"
#if HOST_POSIX
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <sys/resource.h>
#endif
#ifdef __FreeBSD__
#include <sys/types.h>
#include <sys/sysctl.h>
#endif
#ifdef __linux__
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#endif

#include "ward.h"
#ifdef _WIN32
#include "check_windows.h"
#include "ward_windows.h"
#else
#include "ward_linux.h"
#endif

#ifndef WARD_TEST_POSIX
#define WARD_TEST_POSIX 0
#endif

/*
 * The library was built for another system and runs on a model of it (tests/model): what
 * it was built for is on top of what Linux is (WARD_TEST_POSIX: not with src/linux).
 */
#if defined(WARD_TEST_MODEL_FREEBSD) || defined(WARD_TEST_MODEL_OPENBSD) || \
	defined(WARD_TEST_MODEL_NETBSD)
#define ABLE_MODEL 1
#else
#define ABLE_MODEL 0
#endif
#if defined(__OpenBSD__) || defined(WARD_TEST_MODEL_OPENBSD)
#define ABLE_OPENBSD 1
#else
#define ABLE_OPENBSD 0
#endif
#if defined(__NetBSD__) || defined(WARD_TEST_MODEL_NETBSD)
#define ABLE_NETBSD 1
#else
#define ABLE_NETBSD 0
#endif

static inline bool on_model(void)
{
	return ABLE_MODEL;
}

/* The library was built with src/posix, wherever it runs. */
static inline bool on_posix_system(void)
{
	return WARD_TEST_POSIX && !ABLE_MODEL;
}

/* ... with src/linux: all that its kernel can is used. */
static inline bool on_linux_system(void)
{
#ifdef __linux__
	return !WARD_TEST_POSIX;
#else
	return false;
#endif
}

/* ... with src/freebsd: children have process descriptors. */
static inline bool on_freebsd_system(void)
{
#if defined(__FreeBSD__) || defined(WARD_TEST_MODEL_FREEBSD)
	return !on_posix_system();
#else
	return false;
#endif
}

/* ... with src/kqueue, or partly so. */
static inline bool on_kqueue_system(void)
{
#if ABLE_OPENBSD || ABLE_NETBSD || defined(__DragonFly__) || defined(__APPLE__)
	return !on_posix_system();
#else
	return false;
#endif
}

/* This call is made to fail for the whole run. */
static inline bool is_forced(const char *call)
{
	const char *rules = getenv("WARD_TEST_FAIL");
	size_t len = strlen(call);

	for (; rules && *rules; rules += strcspn(rules, ","), rules += *rules == ',')
		if (strncmp(rules, call, len) == 0 && rules[len] == ':')
			return true;
	return false;
}

static inline bool is_any_forced(void)
{
	const char *rules = getenv("WARD_TEST_FAIL");

	return rules && *rules;
}

/* This one is held by a handle of the kernel, whatever the handle can be used for. */
static inline bool has_handle(const struct ward *w)
{
#if defined(__linux__) && !WARD_TEST_POSIX
	return ward_pidfd(w) >= 0;
#elif defined(_WIN32)
	return ward_windows_handle(w) != NULL;
#else
	return on_freebsd_system() && ward_hold(w) == WARD_HOLD_KERNEL;
#endif
}

#ifdef __linux__
#define ABLE_PIDFD_OPEN 434
#define ABLE_PIDFD_SEND_SIGNAL 424
#define ABLE_CLONE3 435
#define ABLE_CLOSE_RANGE 436
#define ABLE_P_PIDFD 3
#define ABLE_CLONE_PIDFD 0x1000
#define ABLE_EXECVEAT SYS_execveat
#define ABLE_EMPTY_PATH 0x1000
#define ABLE_PIDFD_GET_INFO _IOWR(0xFF, 11, struct able_pidfd_info)
#define ABLE_PIDFS_MAGIC 0x50494446

struct able_pidfd_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};

/* A process can be taken hold of by its number (5.3). */
static inline bool able_pidfd_open(void)
{
	long fd;

	if (!on_linux_system() || is_forced("pidfd_open"))
		return false;
	fd = syscall(ABLE_PIDFD_OPEN, getpid(), 0);
	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

/* A pidfd can be waited for (5.4). */
static inline bool able_pidfd_wait(void)
{
	siginfo_t info;
	int options = WEXITED | WNOHANG;

	if (!on_linux_system() || is_forced("waitid_pidfd"))
		return false;
	return syscall(SYS_waitid, ABLE_P_PIDFD, INT_MAX, &info, options, NULL) < 0 &&
	       errno == EBADF;
}

/* Descriptors can be closed by the range, and a table be left by that (5.9). */
static inline bool able_close_range(void)
{
	return on_linux_system() && !is_forced("close_range") &&
	       syscall(ABLE_CLOSE_RANGE, UINT_MAX, UINT_MAX, 0) == 0;
}

/* The order of the arguments is not the same everywhere. */
static inline long able__clone_pidfd(int *fd)
{
#ifdef __s390__
	return syscall(SYS_clone, 0, ABLE_CLONE_PIDFD | SIGCHLD, fd, 0, 0);
#else
	return syscall(SYS_clone, ABLE_CLONE_PIDFD | SIGCHLD, 0, fd, 0, 0);
#endif
}

/* A child comes with a pidfd, and it is not readable while the child lives: it was on
 * 5.2, and before that the flag was not seen. */
static inline bool able_clone_pidfd(void)
{
	struct pollfd p = { .fd = -1, .events = POLLIN };
	bool able;
	long pid;

	if (!on_linux_system() || is_forced("clone_pidfd") || is_forced("clone_vm"))
		return false;
	pid = able__clone_pidfd(&p.fd);
	if (pid == 0)
		for (;;)
			pause();
	if (pid < 0)
		return false;
	able = p.fd >= 0 && poll(&p, 1, 0) == 0;
	kill((pid_t)pid, SIGKILL);
	while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (p.fd >= 0)
		close(p.fd);
	return able;
}

/* The kernel has pidfds that can be polled, and one way to get at them is left. */
static inline bool able_pidfd(void)
{
	return able_pidfd_open() || able_pidfd_wait() || able_clone_pidfd();
}

/* Without it a stranger's pidfd is no stronger than its number: ward_hold says so. */
static inline bool able_pidfd_signal(void)
{
	return able_pidfd() && !is_forced("pidfd_send_signal");
}

static inline bool able_pidfs(void)
{
	struct statfs st;
	long fd;
	bool able;

	if (!able_pidfd() || is_forced("pidfs"))
		return false;
	fd = syscall(ABLE_PIDFD_OPEN, getpid(), 0);
	able = fd >= 0 && fstatfs((int)fd, &st) == 0 && st.f_type == ABLE_PIDFS_MAGIC;
	if (fd >= 0)
		close((int)fd);
	return able;
}

/* The kernel keeps the exit status of a process that somebody else has collected. */
static inline bool able_exit_info(void)
{
	struct able_pidfd_info info = { .mask = 1u << 3 };
	bool able = false;
	long fd;
	pid_t pid;

	if (!able_pidfs() || is_forced("pidfd_exit_info"))
		return false;
	pid = fork();
	if (pid == 0)
		_exit(42);
	fd = syscall(ABLE_PIDFD_OPEN, pid, 0);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (fd >= 0) {
		/* Not ioctl(): musl's takes the request as an int. */
		able = syscall(SYS_ioctl, fd, ABLE_PIDFD_GET_INFO, &info) == 0 &&
		       (info.mask & 1u << 3) && info.exit_code == 42 << 8;
		close((int)fd);
	}
	return able;
}
#else
/* A HANDLE is as good: of a child or a stranger, and the exit code stays with it. */
static inline bool able_pidfd(void)
{
	return !HOST_POSIX;
}

static inline bool able_pidfd_signal(void)
{
	return !HOST_POSIX;
}

static inline bool able_pidfd_open(void)
{
	return !HOST_POSIX;
}

static inline bool able_pidfs(void)
{
	return false;
}

static inline bool able_exit_info(void)
{
	return !HOST_POSIX;
}
#endif

/* An emulator for one program (qemu-user) is between us and the kernel: it has threads,
 * signal handlers and descriptors of its own, and orders the environment anew. */
static inline bool on_emulator(void)
{
	return getenv("WARD_TEST_EMULATED") != NULL;
}

/* A program can be started from a descriptor. */
static inline bool able_exec_fd(void)
{
	if (is_forced("execveat"))
		return false;
#if ABLE_OPENBSD || defined(__APPLE__)
	return false;
#elif defined(__linux__)
	return syscall(ABLE_EXECVEAT, -1, "", NULL, NULL, ABLE_EMPTY_PATH) >= 0 ||
	       errno != ENOSYS;
#else
	return true;
#endif
}

#if HOST_POSIX
/* Root is not always allowed what needs CAP_SYS_NICE: not in a container. */
static inline bool able_nice(void)
{
	pid_t pid = geteuid() == 0 ? fork() : -1;
	int status = 1;

	if (pid == 0)
		_exit(setpriority(PRIO_PROCESS, 0, -20) < 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Users can be looked for: a static program may crash in what its libc loads for it. */
static inline bool able_user_database(void)
{
	struct rlimit none = { 0, 0 };
	pid_t pid = fork();
	int status = 1;

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &none);
		getpwnam("no-such-user-here");
		while (getgrent())
			;
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}
#endif

/* What a child can be given here. */
static inline bool able_no_new_privs(void)
{
	return on_linux_system() || on_freebsd_system();
}

static inline bool able_death_signal(void)
{
	return on_linux_system() || on_freebsd_system();
}

static inline bool able_affinity(void)
{
	return on_linux_system() || on_freebsd_system() || !HOST_POSIX;
}

/* A channel of both directions can be ended in one of them (a named pipe cannot). */
static inline bool able_half_close(void)
{
	return HOST_POSIX;
}

/* A process that is held can be handed over a socket. */
static inline bool able_pass(void)
{
	return on_linux_system() || on_freebsd_system();
}

/* Plain POSIX knows little of a process beyond its number. */
static inline bool able_info(void)
{
	return !on_posix_system();
}

static inline bool able_identity(void)
{
	return !on_posix_system();
}

/* It has a name for the boot of the machine that an identity is of. */
static inline bool able_boot_name(void)
{
#if ABLE_OPENBSD || ABLE_NETBSD || defined(__DragonFly__) || defined(_WIN32)
	return false;
#elif defined(__FreeBSD__)
	size_t size = 0;

	return able_identity() &&
	       sysctlbyname("kern.boot_id", NULL, &size, NULL, 0) == 0;
#else
	return able_identity();
#endif
}

/* A stranger can be waited for and asked about, though it is no more than a number. */
static inline bool able_watch_strangers(void)
{
	return on_freebsd_system() || on_kqueue_system();
}

/* The status of a child is known even when somebody else has collected it. */
static inline bool keeps_status(const struct ward *w)
{
	return able_watch_strangers() || (able_exit_info() && has_handle(w));
}

/* Of a zombie it is told how much it has used. */
static inline bool able_zombie_info(void)
{
	return able_info() && !on_kqueue_system();
}

static inline bool able_sched(void)
{
#if ABLE_OPENBSD || defined(__APPLE__)
	return false;
#else
	return true;
#endif
}

/* The effective group is the first of the list of groups. */
static inline bool is_group_listed(void)
{
#if defined(__FreeBSD__) || defined(__DragonFly__) || defined(__APPLE__)
	return true;
#else
	return false;
#endif
}

/* Wine says other things than Windows here and there: a test names them. */
static inline bool on_wine(void)
{
#ifdef _WIN32
	return check_windows_is_wine();
#else
	return false;
#endif
}

/* Valgrind keeps limits, descriptors and system calls of its own. */
static inline bool on_valgrind(void)
{
	return getenv("WARD_TEST_VALGRIND") != NULL;
}

/* How many times longer a start may take here, when the machine is busy. */
static inline int64_t able_slowness(void)
{
	return on_emulator() ? 60 : on_wine() || on_valgrind() ? 20 : 1;
}

/* Built with a thread sanitizer, which wraps fork and clone. */
static inline bool on_thread_sanitizer(void)
{
#if defined(__SANITIZE_THREAD__)
	return true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
	return true;
#endif
#endif
	return false;
}

/* We run under a tool that changes what memory, time or descriptors cost. */
static inline bool on_slow_tool(void)
{
	return getenv("WARD_TEST_SLOW") != NULL;
}

#endif
