/* SPDX-License-Identifier: MIT */
/* What the tests of jobs held by a cgroup share. */
#ifndef JOB_CGROUP_H
#define JOB_CGROUP_H

#include "cgroup.h"
#include "gate.h"
#include "help.h"
#include "trial.h"
#ifdef __linux__
#define HAS_CGROUPS 1
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>


static inline int new_by_cgroup(struct ward_job **ret, const struct ward_job_opts *opts,
                         struct ward_error *error)
{
	struct ward_job_opts own = opts ? *opts : *WARD_JOB_OPTS(0);

	own.means = WARD_MEANS_CGROUP;
	own.error = error;
	return ward_job_new(ret, &own);
}

static inline struct ward_job *job_or_fail(const struct ward_job_opts *opts)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job *job = NULL;
	int r = new_by_cgroup(&job, opts, &error);

	if (r < 0)
		check_note("%s", error.path);
	REQUIRE_EQ(r, 0);
	return job;
}

static inline struct ward_job *job_that_kills(void)
{
	return job_or_fail(WARD_JOB_OPTS(.on_close = WARD_KILL_WAIT));
}

/* The line of v2 of a process, without "0::". */
static inline void cgroup_of(int64_t pid, char *buf, size_t size)
{
	char name[64], line[4096];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%lld/cgroup", (long long)pid);
	buf[0] = '\0';
	f = fopen(name, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "0::", 3) == 0)
			snprintf(buf, size, "%s", line + 3);
	if (f)
		fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
}

/* How many directories of jobs are in the own group; the first one's name. */
static inline int jobs_in_own(char *name, size_t size)
{
	DIR *dir = opendir(own_cgroup());
	struct dirent *e;
	char prefix[32];
	int n = 0;

	snprintf(prefix, sizeof(prefix), "ward-%d-", (int)getpid());
	while (dir && (e = readdir(dir)) != NULL) {
		if (strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (n++ == 0 && name)
			snprintf(name, size, "%s", e->d_name);
	}
	if (dir)
		closedir(dir);
	return n;
}

static inline const char *job_file(const char *file)
{
	static char path[8500];
	char name[256] = "";

	REQUIRE_EQ(jobs_in_own(name, sizeof(name)), 1);
	snprintf(path, sizeof(path), "%s/%s", cgroup_path(name), file);
	return path;
}

static inline bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

static inline bool write_pid(const char *path, int64_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)pid);
	return write_file(path, text);
}

static inline void expect_empty(struct ward_job *job)
{
	CHECK_EQ(ward_job_wait_empty(job, SECONDS(20)), 1);
	CHECK_EQ(ward_job_count(job), 0);
}

static inline bool is_in_job(int64_t pid)
{
	char path[4096];

	cgroup_of(pid, path, sizeof(path));
	return strstr(path, "/ward-") != NULL;
}

#define NEEDS_CGROUP()                                                                   \
	do {                                                                             \
		if (!able_cgroup())                                                      \
			SKIP("no cgroup (v2) can be made here");                         \
	} while (0)

#define NEEDS_ROOT()                                                                     \
	do {                                                                             \
		if (geteuid() != 0)                                                      \
			SKIP("only root can show this");                                 \
	} while (0)

/* In a process of its own, whose checks count. */
static inline void apart(void (*run)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (pid == 0) {
		run(arg);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}
#else
#define HAS_CGROUPS 0
#endif

#endif
