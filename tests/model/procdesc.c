/* SPDX-License-Identifier: MIT */
/*
 * A model of FreeBSD's process descriptors, pdfork(2): pidfds. A wait for any child does
 * not see one that has a descriptor, a wait for its number does; poll(2) says POLLHUP and
 * nothing else (calls.c); the status stays with the descriptor. The number may be used
 * again once it was collected, which FreeBSD's kernel sees to.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "model.h"

enum { DESCRIPTORS = 65536, PD_DAEMON = 1 };

int __real_close(int fd);

pid_t pdfork(int *ret, int flags);
int pdgetpid(int fd, pid_t *ret);
int pdkill(int fd, int sig);

/* Whose number it is, by the inode of the pidfd: seen by all that were forked from us. */
struct name {
	_Atomic ino_t inode;
	_Atomic pid_t pid;
};

static struct name *names;

/* The children with a descriptor, by its number; those of a copy are none of ours. */
struct described {
	pid_t pid, parent;
	int flags;
};

static struct described all[DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void make_names(void)
{
	names = mmap(NULL, DESCRIPTORS * sizeof(*names), PROT_READ | PROT_WRITE,
	             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static struct name *name_of(ino_t inode)
{
	return &names[inode % DESCRIPTORS];
}

static void remember(int fd, pid_t pid, int flags)
{
	struct stat st;

	fstat(fd, &st);
	atomic_store(&name_of(st.st_ino)->pid, pid);
	atomic_store(&name_of(st.st_ino)->inode, st.st_ino);
	pthread_mutex_lock(&lock);
	if (fd < DESCRIPTORS)
		all[fd] = (struct described){ pid, getpid(), flags };
	pthread_mutex_unlock(&lock);
}

/*
 * Like FreeBSD's it calls none of the handlers that libc keeps for fork. Without a signal
 * for its end, of which there is none here; but Linux gives it SIGCHLD at exec.
 */
static long bare_clone(int *fd)
{
#ifdef __s390__
	return syscall(SYS_clone, 0, CLONE_PIDFD, fd, 0, 0);
#else
	return syscall(SYS_clone, CLONE_PIDFD, 0, fd, 0, 0);
#endif
}

/* As if its parent held the only descriptor and so closed it at its end. */
static void die_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
}

pid_t model_bare_fork(void)
{
	long pid;

	pthread_mutex_lock(&lock);
	model_fork_before();
#ifdef __s390__
	pid = syscall(SYS_clone, 0, SIGCHLD, 0, 0, 0);
#else
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
	if (pid == 0) {
		model_fork_child();
		pthread_mutex_unlock(&lock);
		return 0;
	}
	model_fork_parent();
	pthread_mutex_unlock(&lock);
	return (pid_t)pid;
}

pid_t pdfork(int *ret, int flags)
{
	pid_t parent = getpid();
	int fd = -1;
	long pid;

	pthread_mutex_lock(&lock);
	model_fork_before();
	pid = bare_clone(&fd);
	if (pid == 0) {
		model_fork_child();
		pthread_mutex_unlock(&lock);
		__real_close(fd);             /* no descriptor for the child itself */
		if (!(flags & PD_DAEMON))
			die_with_parent(parent);
		return 0;
	}
	model_fork_parent();
	pthread_mutex_unlock(&lock);
	if (pid < 0)
		return -1;
	remember(fd, (pid_t)pid, flags);
	*ret = fd;
	return (pid_t)pid;
}

pid_t model_described(int fd)
{
	struct stat st;

	if (!model_is_pidfd(fd) || fstat(fd, &st) < 0 ||
	    atomic_load(&name_of(st.st_ino)->inode) != st.st_ino)
		return -1;
	return atomic_load(&name_of(st.st_ino)->pid);
}

int pdgetpid(int fd, pid_t *ret)
{
	pid_t pid = model_described(fd);

	if (pid < 0)
		errno = EBADF;
	else
		*ret = pid;
	return pid < 0 ? -1 : 0;
}

/* A zombie takes signals, one that was collected does not: as a pidfd has it. */
int pdkill(int fd, int sig)
{
	if (model_described(fd) < 0) {
		errno = EBADF;
		return -1;
	}
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

bool model_is_described(pid_t pid)
{
	pid_t self = getpid();
	bool found = false;

	pthread_mutex_lock(&lock);
	for (int fd = 0; fd < DESCRIPTORS && !found; fd++)
		found = all[fd].pid == pid && all[fd].parent == self;
	pthread_mutex_unlock(&lock);
	return found;
}

/*
 * The child is its reaper's from now on, and without PD_DAEMON it is killed. Linux has no
 * way to give it away: it is ours, as it would be if we were its reaper. One that has
 * ended is collected by the kernel.
 */
void model_procdesc_close(int fd)
{
	struct described it = { .pid = 0 };

	if (fd < 0 || fd >= DESCRIPTORS)
		return;
	pthread_mutex_lock(&lock);
	if (all[fd].pid && all[fd].parent == getpid())
		it = all[fd];
	all[fd].pid = 0;
	pthread_mutex_unlock(&lock);
	if (it.pid && !(it.flags & PD_DAEMON))
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	if (it.pid && model_pidfd_has_ended(fd))
		syscall(SYS_wait4, it.pid, NULL, 0x40000000 | 1, NULL);
}
