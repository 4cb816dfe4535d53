/* SPDX-License-Identifier: MIT */
/*
 * The kernel's calls about processes. The raw waitid is used because libc's has no place
 * for the resource usage and is a cancellation point.
 */
#define _GNU_SOURCE 1
#include "pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../gate.h"
#include "../unix/waiter.h"
#include "probe.h"
#include "proc.h"

static int gated(const char *name, long number, long a, long b, long c, long d, long e)
{
	long r = ward__gate(name);

	if (r == 0 && (r = syscall(number, a, b, c, d, e)) < 0)
		r = -errno;
	return (int)r;
}

int ward__pidfd_open(int64_t pid)
{
	return gated("pidfd_open", SYS_pidfd_open, (long)pid, 0, 0, 0, 0);
}

/* ----------------------------------------------------------------------------- wait */

static void fill_usage(struct rusage *to, const struct kernel_rusage *from)
{
	memset(to, 0, sizeof(*to));
	to->ru_utime.tv_sec = from->utime.sec;
	to->ru_utime.tv_usec = from->utime.usec;
	to->ru_stime.tv_sec = from->stime.sec;
	to->ru_stime.tv_usec = from->stime.usec;
	to->ru_maxrss = from->maxrss;
	to->ru_minflt = from->minflt;
	to->ru_majflt = from->majflt;
	to->ru_inblock = from->inblock;
	to->ru_oublock = from->oublock;
	to->ru_nvcsw = from->nvcsw;
	to->ru_nivcsw = from->nivcsw;
}

void ward__ending_keep_kernel_usage(struct ward__ending *ending,
                                    const struct kernel_rusage *usage)
{
	struct rusage portable;

	fill_usage(&portable, usage);
	ward__ending_keep_usage(ending, &portable);
}

int ward__waitid(int pidfd, pid_t pid, int options, struct ward__ending *ret)
{
	bool by_fd = pidfd >= 0;
	struct kernel_rusage usage;
	siginfo_t info;
	int r;

	if (!by_fd && pid <= 0)
		return -EINVAL;
	memset(&info, 0, sizeof(info));
	r = gated(by_fd ? "waitid_pidfd" : "waitid", SYS_waitid,
	          by_fd ? (long)KERNEL_P_PIDFD : (long)P_PID, by_fd ? pidfd : pid,
	          (long)&info, options | WEXITED | __WALL, (long)&usage);
	if (r < 0 || info.si_pid == 0)
		return r;
	if (ret) {
		*ret = (struct ward__ending){ .code = info.si_code,
			                      .status = info.si_status,
			                      .uid = info.si_uid };
		ward__ending_keep_kernel_usage(ret, &usage);
	}
	return 1;
}

int ward__peek_child(pid_t pid, bool block)
{
	int r;

	do
		r = ward__waitid(-1, pid, WNOWAIT | (block ? 0 : WNOHANG), NULL);
	while (r == -EINTR);
	return r < 0 ? r : 0;
}

/* -------------------------------------------------------------------------- signals */

int ward__pidfd_signal(int pidfd, int sig, bool group)
{
	return gated(group ? "pidfd_group" : "pidfd_send_signal", SYS_pidfd_send_signal,
	             pidfd, sig, 0, group ? KERNEL_PIDFD_GROUP : 0, 0);
}

int ward__kill(pid_t pid, int sig, bool group)
{
	/* 0, 1 and -1 mean whole groups, init and everybody: never from here. */
	if (pid <= 1)
		return -EINVAL;
	return gated("kill", SYS_kill, group ? -pid : pid, sig, 0, 0, 0);
}

/* ---------------------------------------------------------------------------- facts */

int ward__pidfd_info(int pidfd, uint64_t wanted, struct kernel_pidfd_info *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->mask = wanted;
	return gated("pidfd_info", SYS_ioctl, pidfd, (long)KERNEL_PIDFD_GET_INFO,
	             (long)ret, 0, 0);
}

int ward__pidfd_status(int pidfd, int *ret)
{
	struct kernel_pidfd_info info;

	if (ward__gate("pidfd_exit_info") < 0 ||
	    ward__pidfd_info(pidfd, KERNEL_INFO_EXIT, &info) < 0 ||
	    !(info.mask & KERNEL_INFO_EXIT))
		return -ENODATA;
	*ret = info.exit_code;
	return 0;
}

int64_t ward__pidfd_pid(int pidfd)
{
	struct kernel_pidfd_info info;

	if (ward__pidfd_info(pidfd, KERNEL_INFO_PID, &info) == 0 &&
	    (info.mask & KERNEL_INFO_PID))
		return info.pid;
	return ward__proc_fdinfo_pid(pidfd);
}

static bool is_pidfs(int pidfd)
{
	struct statfs fs;

	return ward__gate("pidfs") == 0 && fstatfs(pidfd, &fs) == 0 &&
	       (unsigned long)fs.f_type == KERNEL_PIDFS_MAGIC;
}

static bool number_by_handle(int pidfd, uint64_t *ret)
{
	_Alignas(8) unsigned char buf[sizeof(struct file_handle) + 128];
	struct file_handle *handle = (void *)buf;
	int mount;

	memset(buf, 0, sizeof(buf));
	handle->handle_bytes = sizeof(*ret);
	if (name_to_handle_at(pidfd, "", handle, &mount, AT_EMPTY_PATH) < 0 ||
	    handle->handle_bytes != sizeof(*ret))
		return false;
	memcpy(ret, handle->f_handle, sizeof(*ret));
	return true;
}

/* st_ino has it all, but where the kernel's long has 32 bits: there the handle has. */
bool ward__pidfd_number(int pidfd, uint64_t *ret)
{
	struct stat st;

	if (!is_pidfs(pidfd))
		return false;
	if (sizeof(long) < sizeof(*ret))
		return number_by_handle(pidfd, ret);
	if (fstat(pidfd, &st) < 0)
		return false;
	*ret = st.st_ino;
	return true;
}

int ward__pidfd_by_number(uint64_t number)
{
	_Alignas(8) unsigned char buf[sizeof(struct file_handle) + sizeof(number)];
	struct file_handle *handle = (void *)buf;
	int r = ward__gate("open_by_handle");

	handle->handle_bytes = sizeof(number);
	handle->handle_type = KERNEL_PIDFS_HANDLE;
	memcpy(handle->f_handle, &number, sizeof(number));
	if (r < 0)
		return r;
	r = open_by_handle_at(KERNEL_PIDFS_ROOT, handle, O_CLOEXEC);
	return r < 0 ? -errno : r;
}

/*
 * pidfd_send_signal takes directories of /proc as well, so waitid is asked: it knows only
 * pidfds. Threads' pidfds carry O_EXCL since 6.9, and could not be made before.
 */
int ward__pidfd_check(int fd)
{
	int flags = fcntl(fd, F_GETFL), r;

	if (flags < 0 || (flags & O_EXCL))
		return -EBADF;
	if (!ward__can(WARD__PIDFD_WAIT))
		return ward__proc_fdinfo_pid(fd) == -EBADF ? -EBADF : 0;
	r = ward__waitid(fd, 0, WNOHANG | WNOWAIT, NULL);
	return r < 0 && r != -ECHILD ? -EBADF : 0;
}

/* ----------------------------------------------------------------------------- poll */

/*
 * The plain ppoll has a timespec of longs; newer 32-bit architectures have no plain one.
 */
#ifdef SYS_ppoll
enum { PPOLL = SYS_ppoll };
typedef long kernel_time;
#else
enum { PPOLL = SYS_ppoll_time64 };
typedef int64_t kernel_time;
#endif

struct kernel_timespec {
	kernel_time sec, nsec;
};

static int poll_once(struct pollfd *fds, size_t n, int64_t left)
{
	/*
	 * On 32 bits a long holds 68 years: more than a clock that starts at boot can
	 * see.
	 */
	int64_t most = INT64_C(1) << 30;
	int64_t sec = left / WARD_NS_PER_S;
	struct kernel_timespec time = { (kernel_time)(sec < most ? sec : most),
		                        (kernel_time)(left % WARD_NS_PER_S) };

	return gated("ppoll", PPOLL, (long)fds, (long)n, left < 0 ? 0 : (long)&time, 0,
	             0);
}

int ward__poll(struct pollfd *fds, size_t n, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline < 0 ? -1 : deadline - ward__now();
		int r = poll_once(fds, n, deadline >= 0 && left < 0 ? 0 : left);

		if (r != -EINTR)
			return r;
	}
}

int ward__poll_now(int fd, int events)
{
	struct pollfd one = { .fd = fd, .events = (short)events };

	if (ward__poll(&one, 1, 0) <= 0)
		return 0;
	/* Kernels without pidfs do not tell of the collecting. */
	return ward__gate("pidfs") < 0 ? one.revents & ~POLLHUP : one.revents;
}
