/* SPDX-License-Identifier: MIT */
/*
 * Jobs in tests: a claim is tried with every means that this system has, and those that
 * it has not are noted with the reason.
 */
#ifndef JOB_H
#define JOB_H

#include "able.h"
#include "help.h"

static const int job_all_means[] = { WARD_MEANS_GROUP, WARD_MEANS_KEEPER,
	                             WARD_MEANS_REAPER,
	                             WARD_MEANS_PIDNS, WARD_MEANS_CGROUP,
	                             WARD_MEANS_OBJECT };

enum { JOB_MEANS = sizeof(job_all_means) / sizeof(job_all_means[0]) };

/* NULL: there are no such means here, which is noted. */
static inline struct ward_job *job_of(int means, const struct ward_job_opts *opts)
{
	struct ward_job_opts own = opts ? *opts : *WARD_JOB_OPTS(0);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job *job = NULL;
	char text[768] = "";
	int r;

	own.means = (uint32_t)means;
	own.error = &error;
	r = ward_job_new(&job, &own);
	if (r == 0)
		return job;
	CHECK_EQ(ward_error_text(&error, text, sizeof(text)) > 0, 1);
	CHECK_EQ(error.step, WARD_STEP_JOB);
	CHECK(r == -ENOTSUP || r == -EACCES || r == -EPERM || r == -EROFS ||
	      r == -ENOENT || r == -ENOSYS);
	check_note("not tried: %s", text);
	return NULL;
}

/* Signals other than KILL go to each by its handle, and so do questions. */
static inline bool job_takes_signals(struct ward_job *job)
{
	int means = ward_job_means(job);

	return (means != WARD_MEANS_CGROUP && means != WARD_MEANS_PIDNS) ||
	       (able_pidfd_open() && able_pidfd_signal());
}

/* A keeper asks the kernel itself, whatever the test's world lacks. */
static inline bool job_signals_children_alone(struct ward_job *job)
{
#ifdef __linux__
	long fd = syscall(ABLE_PIDFD_OPEN, getpid(), 0);

	if (fd >= 0)
		close((int)fd);
	return on_linux_system() && fd < 0 &&
	       ward_job_means(job) == WARD_MEANS_KEEPER;
#else
	(void)job;
	return false;
#endif
}

static inline bool job_names_members(struct ward_job *job)
{
	return ward_job_means(job) != WARD_MEANS_GROUP &&
	       (able_pidfd_open() || !on_linux_system());
}

static inline bool job_is_lack(int64_t r)
{
	return r == -ENOTSUP || r == -EPERM || r == -ENOSYS;
}

/* For each means that is here: `job` is a new one, to be closed by the body. */
#define FOR_EACH_MEANS(opts)                                                   \
	for (int i_ = 0; i_ < JOB_MEANS; i_++)                                 \
		for (struct ward_job *job = job_of(job_all_means[i_], (opts)); \
		     job != NULL; job = NULL)

/*
 * A tree (tests/child_tree.c), all of which hold the other end of t->from, and end when
 * t->to is closed.
 */
static inline struct talk tree_start(struct ward_job *job, const char *const argv[])
{
	return talk_start_ready(argv, WARD_SPAWN_OPTS(.job = job));
}

/* The helper's, as the system tells it. */
static inline bool is_child_name(const char *name)
{
	return strcmp(name, HOST_POSIX ? "child" : "child.exe") == 0;
}

#define TREE(...) CHILD("tree", __VA_ARGS__)

#ifdef __linux__
/* The state and the parent of a process; 0: there is none. */
static inline char state_of(pid_t pid, pid_t *parent)
{
	char path[64], line[512], state = 0;
	const char *after;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	after = f && fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (f)
		fclose(f);
	return after && sscanf(after + 1, " %c %d", &state, parent) == 2 ? state : 0;
}

/* 0: it is none of ours. */
static inline char state_of_child(pid_t pid)
{
	pid_t parent = 0;
	char state = state_of(pid, &parent);

	return parent == getpid() ? state : 0;
}

/* Who is past closing its descriptors is about to be a zombie. */
static inline bool is_dying(pid_t pid)
{
	struct dirent *e;
	char path[64];
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n == 0;
}

static inline bool is_below_us(pid_t pid)
{
	while (pid > 1 && pid != getpid())
		if (!state_of(pid, &pid))
			return false;
	return pid == getpid();
}

/*
 * The pipe is let go of a moment before the zombie is there, and until then the keeper
 * that is the parent has somebody to look after.
 */
static inline void await_zombies(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && (e = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10), parent = 0;
		char state = pid > 0 && is_below_us(pid) ? state_of(pid, &parent) : 0;

		while (state && state != 'Z' && is_dying(pid)) {
			sched_yield();
			state = state_of(pid, &parent);
		}
	}
	if (proc)
		closedir(proc);
}

/*
 * A case is the parent of its orphans, as init would be (tests/check_state.c), and so it
 * has to collect them as init would; but not a ward.
 */
static inline int collect_some(pid_t but)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (proc && (e = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		char state = pid > 0 ? state_of_child(pid) : 0;
		siginfo_t info;

		if (!state || (state != 'Z' && !is_dying(pid)))
			continue;
		/* Its children are ours when it has ended, not before. */
		waitid(P_PID, (id_t)pid, &info,
		       WEXITED | (pid == but ? (int)WNOWAIT : 0));
		n += pid != but;
	}
	if (proc)
		closedir(proc);
	return n;
}

static inline void collect_orphans(pid_t but)
{
	await_zombies();
	collect_some(but);
	while (collect_some(but) > 0)
		;
}
#else
static inline void collect_orphans(pid_t but)
{
	(void)but;
}
#endif

/* Nobody holds the pipe any more: all have ended. @root is not collected. */
#if HOST_POSIX
static inline bool tree_is_gone(const struct talk *t, int seconds, pid_t root)
{
	struct pollfd p = { .fd = t->from };

	for (int r = 0; r == 0 && seconds > 0; seconds--)
		r = poll(&p, 1, 1000);
	if (p.revents & POLLHUP)
		collect_orphans(root);
	return (p.revents & POLLHUP) != 0;
}
#else
/* Who has let the pipe go is on its way to its end, and is given time to reach it. */
static inline bool tree_is_gone(const struct talk *t, int seconds, pid_t root)
{
	int64_t until = host_now_ns() + SECONDS(seconds);

	(void)root;
	while (!host_is_silent(t->from) && host_now_ns() < until)
		host_yield();
	return host_is_silent(t->from);
}
#endif

static inline bool tree_ends(const struct talk *t, int seconds)
{
	return tree_is_gone(t, seconds, t->w ? (pid_t)ward_pid(t->w) : 0);
}

static inline bool tree_lives(const struct talk *t)
{
	return !host_is_silent(t->from);
}

/* Whoever is left ends now, as its stdin does. */
static inline void tree_let_go(struct talk *t)
{
	talk_let_go(t);
	CHECK(tree_ends(t, 40));
	talk_end(t);
}

#endif
