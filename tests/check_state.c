/* SPDX-License-Identifier: MIT */
/*
 * The state of a process that a case must not change: children, descriptors, signal mask,
 * dispositions, umask, working directory. What is hard: to see children that a child of
 * the case left behind. On Linux the case is made the parent of its orphans; elsewhere
 * only its own children are seen.
 */
#include "check_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#endif
#ifdef __FreeBSD__
#include <sys/procctl.h>
#endif

#include "check.h"

enum { FD_MAX_SEEN = 4096, SIGNALS = 65, NOTES_FD = 600 };

struct state {
	bool fds[FD_MAX_SEEN];
	sigset_t mask;
	struct sigaction actions[SIGNALS];
	mode_t umask;
	struct stat cwd;
};

static struct state before, after;

/* ------------------------------------------------------------------------- children */

#ifdef __linux__
/* Also children that send no SIGCHLD: a plain wait does not see them. */
#define EVERY_KIND __WALL

void check_state_adopt_orphans(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* emulators refuse it: harmless */
}

static void end_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Its name for people, from /proc. */
static void name_of(pid_t pid, char *name, size_t size)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	f = fopen(path, "re");
	if (!f || !fgets(name, (int)size, f))
		snprintf(name, size, "?");
	if (f)
		fclose(f);
	name[strcspn(name, "\n")] = '\0';
}

static bool is_child(pid_t pid)
{
	char path[64], line[512];
	int parent = 0;
	char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(line, sizeof(line), f) && (p = strrchr(line, ')')) != NULL)
		sscanf(p + 1, " %*c %d", &parent);
	fclose(f);
	return parent == getpid();
}

/* Kill every child that lives: each is our own and not yet waited for, so its number is
 * its own. How many there were. */
static int kill_children(bool say)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	char name[64];
	int n = 0;

	while (proc && (e = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid <= 1 || !is_child(pid))
			continue;
		name_of(pid, name, sizeof(name));
		if (say)
			check_note("left behind: process %d (%s)", (int)pid, name);
		kill(pid, SIGKILL);
		n++;
	}
	if (proc)
		closedir(proc);
	return n;
}
#elif defined(__FreeBSD__)
#define EVERY_KIND 0

void check_state_adopt_orphans(void)
{
	procctl(P_PID, getpid(), PROC_REAP_ACQUIRE, NULL);
}

static void end_with_parent(void)
{
	int sig = SIGKILL;

	procctl(P_PID, getpid(), PROC_PDEATHSIG_CTL, &sig);
}

/* Children, also those that a plain wait does not see for their process descriptors. */
static int kill_children(bool say)
{
	struct procctl_reaper_status status;
	struct procctl_reaper_kill all;

	memset(&status, 0, sizeof(status));
	memset(&all, 0, sizeof(all));
	if (procctl(P_PID, getpid(), PROC_REAP_STATUS, &status) < 0 ||
	    status.rs_children == 0)
		return 0;
	if (say)
		check_note("left behind: %u processes", (unsigned)status.rs_children);
	all.rk_sig = SIGKILL;
	all.rk_flags = REAPER_KILL_CHILDREN;
	procctl(P_PID, getpid(), PROC_REAP_KILL, &all);
	return (int)all.rk_killed;
}
#else
#define EVERY_KIND 0

void check_state_adopt_orphans(void)
{
}

static void end_with_parent(void)
{
}

static int kill_children(bool say)
{
	if (say)
		check_note("left behind: a process");
	return 0;
}
#endif

/* Killed children hand theirs to us, so again until there is none. */
void check_state_end_orphans(void)
{
	while (kill_children(false) > 0)
		while (waitpid(-1, NULL, WNOHANG | EVERY_KIND) > 0)
			;
	while (waitpid(-1, NULL, WNOHANG | EVERY_KIND) > 0)
		;
}

static bool no_children(void)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | EVERY_KIND) < 0 &&
	    errno == ECHILD)
		return true;
	if (info.si_pid)
		check_note("left behind: zombie %d", (int)info.si_pid);
	kill_children(true);
	return false;
}

bool check_state_has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | EVERY_KIND) == 0;
}

void check_state_enter(void)
{
	/* A signal that reaches a whole group by mistake must not reach the runner. */
	setpgid(0, 0);
	end_with_parent();
	check_state_adopt_orphans();
}

/* ---------------------------------------------------------------------- descriptors */

/* What whoever started us left open would be passed on and taken for a leak. */
static void close_inherited(void)
{
	for (int fd = 3; fd < FD_MAX_SEEN; fd++)
		close(fd);
}

int check_state_high_fd(int fd)
{
	int high;

	close_inherited();
	high = fcntl(fd, F_DUPFD_CLOEXEC, NOTES_FD);
	return high < 0 ? fd : high;
}

/* By the list that some systems have: to ask for each number is dear in an emulator. */
static bool list_fds(bool fds[FD_MAX_SEEN])
{
#ifdef __linux__
	DIR *list = opendir("/proc/self/fd");
	const struct dirent *e;

	if (!list)
		return false;
	while ((e = readdir(list)) != NULL) {
		long fd = e->d_name[0] == '.' ? -1 : strtol(e->d_name, NULL, 10);

		if (fd >= 0 && fd < FD_MAX_SEEN && fd != dirfd(list))
			fds[fd] = true;
	}
	closedir(list);
	return true;
#else
	(void)fds;
	return false;
#endif
}

static void look_at_fds(struct state *s)
{
	memset(s->fds, 0, sizeof(s->fds));
	if (list_fds(s->fds))
		return;
	for (int fd = 0; fd < FD_MAX_SEEN; fd++)
		s->fds[fd] = fcntl(fd, F_GETFD) >= 0;
}

static const char *target_of(int fd, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static bool same_fds(void)
{
	char target[256];
	bool same = true;

	for (int fd = 0; fd < FD_MAX_SEEN; fd++) {
		if (before.fds[fd] == after.fds[fd])
			continue;
		same = false;
		check_note("descriptor %d was %s: %s", fd,
		           after.fds[fd] ? "left open" : "closed",
		           target_of(fd, target, sizeof(target)));
	}
	return same;
}

/* -------------------------------------------------------------------------- signals */

void check_state_fresh_signals(void)
{
	struct sigaction now;

	for (int sig = 1; sig < SIGNALS; sig++)
		if (sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			signal(sig, SIG_DFL);
}

static void look_at_signals(struct state *s)
{
	sigprocmask(SIG_SETMASK, NULL, &s->mask);
	memset(s->actions, 0, sizeof(s->actions));
	for (int sig = 1; sig < SIGNALS; sig++)
		sigaction(sig, NULL, &s->actions[sig]);
}

/* Linux's libcs show SA_RESTORER once they have set a disposition. */
static int flags_of(const struct sigaction *action)
{
	return action->sa_flags & ~0x04000000;
}

static bool same_signals(void)
{
	bool same = true;

	for (int sig = 1; sig < SIGNALS; sig++) {
		const struct sigaction *a = &before.actions[sig];
		const struct sigaction *b = &after.actions[sig];

		if (a->sa_handler != b->sa_handler || flags_of(a) != flags_of(b)) {
			check_note("disposition of signal %d was changed", sig);
			same = false;
		}
		if (sigismember(&before.mask, sig) != sigismember(&after.mask, sig)) {
			check_note("signal %d was left %s", sig,
			           sigismember(&after.mask, sig) == 1 ? "blocked"
			                                              : "unblocked");
			same = false;
		}
	}
	return same;
}

/* --------------------------------------------------------------------------- cgroups */

#ifdef __linux__
/* The directory of our own cgroup (v2) where systems have it. */
static bool find_cgroup(char *path, size_t size)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/unified",
		                              "/sys/fs/cgroup" };
	char line[1024], own[1024] = "", probe[2200];
	FILE *f = fopen("/proc/self/cgroup", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "0::/", 4) == 0)
			snprintf(own, sizeof(own), "%s", line + 3);
	if (f)
		fclose(f);
	own[strcspn(own, "\n")] = '\0';
	for (size_t i = 0; own[0] && i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		snprintf(path, size, "%s%s", mounts[i], own);
		snprintf(probe, sizeof(probe), "%s/cgroup.subtree_control", path);
		if (access(probe, F_OK) == 0)
			return true;
	}
	return false;
}

static void remove_cgroup(const char *path)
{
	char file[4096];
	int fd;

	snprintf(file, sizeof(file), "%s/cgroup.kill", path);
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			check_note("%s cannot be killed", path);
		close(fd);
	}
	for (int tries = 0; tries < 1000 && rmdir(path) < 0 && errno == EBUSY; tries++)
		poll(NULL, 0, 1);
}

/*
 * Its job was given up, and has left whoever was in it: the next jobs will see to it. One
 * of another test may be at that now, and has the lock for a moment, or has removed it.
 */
static bool is_given_up(const char *path)
{
	enum { TRIES = 10000 };
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool held = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;

	if (fd < 0)
		return errno == ENOENT;
	for (int tries = 0; held && tries < TRIES; tries++) {
		poll(NULL, 0, 1);
		held = flock(fd, LOCK_EX | LOCK_NB) < 0;
	}
	close(fd);
	return !held;
}

/* Those of jobs are named after who made them: this very process. */
static bool no_cgroups(void)
{
	char own[2048], path[2400], prefix[32];
	struct dirent *e;
	bool none = true;
	DIR *dir;

	if (!find_cgroup(own, sizeof(own)))
		return true;
	snprintf(prefix, sizeof(prefix), "ward-%d-", (int)getpid());
	dir = opendir(own);
	while (dir && (e = readdir(dir)) != NULL) {
		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", own, e->d_name);
		if (!is_given_up(path)) {
			none = false;
			check_note("left behind: cgroup %s", e->d_name);
		}
		remove_cgroup(path);
	}
	if (dir)
		closedir(dir);
	return none;
}
#else
static bool no_cgroups(void)
{
	return true;
}
#endif

/* ---------------------------------------------------------------------- the whole */

static void look(struct state *s)
{
	look_at_signals(s);
	s->umask = umask(0);
	umask(s->umask);
	if (stat(".", &s->cwd) < 0)
		memset(&s->cwd, 0, sizeof(s->cwd));
	look_at_fds(s);
}

void check_baseline(void)
{
	look(&before);
}

bool check_state_unchanged(void)
{
	bool same = no_children();

	same = no_cgroups() && same;
	look(&after);
	same = same_fds() && same;
	same = same_signals() && same;
	if (before.umask != after.umask) {
		check_note("the umask was changed from %03o to %03o",
		           (unsigned)before.umask, (unsigned)after.umask);
		same = false;
	}
	if (before.cwd.st_ino != after.cwd.st_ino ||
	    before.cwd.st_dev != after.cwd.st_dev) {
		check_note("the working directory was changed");
		same = false;
	}
	return same;
}
