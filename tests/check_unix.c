/* SPDX-License-Identifier: MIT */
/*
 * Running cases on systems that fork: each case is a copy of the runner. What is hard: to
 * wait for it with a time limit and lose neither its end nor what it leaves in its group.
 */
#include "check_host.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check_state.h"

static int notes_fd = STDOUT_FILENO;          /* survives a case that closes its stdout */
static sigset_t case_mask;

bool check_host_write(const char *text, size_t len)
{
	return write(notes_fd, text, len) >= 0;
}

void check_host_end(int code)
{
	_exit(code);
}

const char *check_host_case(int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	return NULL;
}

bool check_host_can_run(const char *path)
{
	return access(path, X_OK) == 0;
}

void check_host_place(const char *path, const char *self, char *whole, size_t size)
{
	const char *slash = strrchr(self, '/');
	char place[2048] = "", beside[2048];

	snprintf(beside, sizeof(beside), "%.*schild", slash ? (int)(slash - self) + 1 : 0,
	         self);
	if (!path)
		path = beside;
	if (*path != '/' && getcwd(place, sizeof(place) - 1))
		strcat(place, "/");
	snprintf(whole, size, "%s%s", place, path);
}

/* For scripts/open-fds: forked copies of a case may end with its descriptors. */
static void name_process(void)
{
	if (getenv("WARD_TEST_VALGRIND"))
		fprintf(stderr, "case %ld\n", (long)getpid());
}

static void nothing(int sig)
{
	(void)sig;
}

double check_host_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Before its number is free, what is left of the group of that number is ended. */
static bool has_ended(pid_t pid, int *status)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_pid != pid)
		return false;
	kill(-pid, SIGKILL);
	return waitpid(pid, status, 0) == pid;
}

/*
 * Wait for the case with a time limit. SIGCHLD is blocked but while pselect sleeps, so
 * the end of the case cannot slip through between the look and the sleep.
 */
static bool ended_in_time(pid_t pid, double limit, int *status)
{
	double end = check_host_seconds() + limit, left;
	struct timespec rest = { 0, 0 };

	while (!has_ended(pid, status)) {
		left = end - check_host_seconds();
		if (left <= 0)
			return false;
		rest.tv_sec = (time_t)left;
		rest.tv_nsec = (long)((left - (double)rest.tv_sec) * 1e9);
		pselect(0, NULL, NULL, NULL, &rest, &case_mask);
	}
	return true;
}

/* What the end of the process says; NULL when it ended in order. */
static const char *trouble(bool in_time, int status, char *text, size_t size)
{
	if (!in_time)
		snprintf(text, size, "took too long and was killed");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d (%s)", WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) && !atomic_load(&check_verdict->failures))
		snprintf(text, size, "exited with code %d", WEXITSTATUS(status));
	else
		return NULL;
	return text;
}

static pid_t start_case(const struct check_case *c)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGCHLD, SIG_DFL);
		sigprocmask(SIG_SETMASK, &case_mask, NULL);
		name_process();
		check_in_case(c);
	}
	return pid;
}

const char *check_host_run(const struct check_case *c, double limit_s, char *text,
                           size_t size)
{
	pid_t pid = start_case(c);
	int status = 0;
	bool in_time;

	if (pid < 0) {
		perror("fork");
		exit(99);
	}
	in_time = ended_in_time(pid, limit_s, &status);
	if (!in_time) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	check_state_end_orphans();
	return trouble(in_time, status, text, size);
}

/* Some systems begin with fewer descriptors than the cases need. */
static void want_descriptors(void)
{
	const rlim_t enough = 1024;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= enough)
		return;
	limit.rlim_cur = limit.rlim_max < enough ? limit.rlim_max : enough;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void check_host_prepare(void)
{
	struct sigaction wake = { .sa_handler = nothing };
	sigset_t chld;

	check_verdict = mmap(NULL, sizeof(*check_verdict), PROT_READ | PROT_WRITE,
	                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (check_verdict == MAP_FAILED) {
		perror("mmap");
		exit(99);
	}
	want_descriptors();
	notes_fd = check_state_high_fd(STDOUT_FILENO);
	check_state_adopt_orphans();

	check_state_fresh_signals();
	sigemptyset(&case_mask);
	sigaction(SIGCHLD, &wake, NULL);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_SETMASK, &chld, NULL);
}
