/* SPDX-License-Identifier: MIT */
/*
 * The runner of the test harness: each case in its own process, in the order of the file.
 * What the process leaves behind is looked at in check_state.c.
 */
#include "check.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check_state.h"

enum { LIMIT_S = 60, TEXT_MAX = 1024, PLACE_MAX = 4096 };

/* What a case tells the runner; shared with every process of the case. */
struct verdict {
	atomic_int failures;
	atomic_int skipped;
	char reason[256];
};

static struct check_case *first_case, **last_case = &first_case;
static struct verdict *verdict;
static int notes_fd = STDOUT_FILENO;          /* survives a case that closes its stdout */
static char child_path[PLACE_MAX];

void check__add(struct check_case *c)
{
	*last_case = c;
	last_case = &c->next;
}

/* One write, so that lines of several threads and processes do not mix. */
void check_note(const char *format, ...)
{
	char text[TEXT_MAX];
	int saved = errno, n;
	size_t len;
	va_list ap;

	memcpy(text, "# ", 2);
	va_start(ap, format);
	n = vsnprintf(text + 2, sizeof(text) - 3, format, ap);
	va_end(ap);
	len = n < 0 ? 2 : strlen(text);
	text[len++] = '\n';
	if (write(notes_fd, text, len) < 0)
		atomic_fetch_add(&verdict->failures, 1);
	errno = saved;
}

bool check__that(bool held, const char *text, const char *file, int line)
{
	if (held)
		return true;
	atomic_fetch_add(&verdict->failures, 1);
	check_note("%s:%d: %s", file, line, text);
	return false;
}

/* Negative numbers are most often errno values: say which. */
static const char *meaning(intmax_t v)
{
	return v < 0 && v > -150 ? strerror((int)-v) : "";
}

bool check__equal(intmax_t a, intmax_t b, const char *text, const char *file, int line)
{
	if (a == b)
		return true;
	atomic_fetch_add(&verdict->failures, 1);
	check_note("%s:%d: %s: %jd %s, not %jd %s", file, line, text, a, meaning(a), b,
	           meaning(b));
	return false;
}

bool check__same_text(const char *a, const char *b, const char *text, const char *file,
                      int line)
{
	if (a == b || (a && b && strcmp(a, b) == 0))
		return true;
	atomic_fetch_add(&verdict->failures, 1);
	check_note("%s:%d: %s: \"%s\", not \"%s\"", file, line, text, a ? a : "(null)",
	           b ? b : "(null)");
	return false;
}

void check__skip(const char *reason)
{
	snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
	atomic_store(&verdict->skipped, 1);
}

void check__give_up(void)
{
	_exit(1);
}

static long from_environment(const char *name, long otherwise)
{
	const char *text = getenv(name);
	long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 ? n : otherwise;
}

int check_scaled(int n)
{
	long long scaled = (long long)n * from_environment("WARD_TEST_SCALE", 100) / 100;

	return scaled > 1 ? (int)scaled : 1;
}

/* Whole, because a case may change its directory. */
static void find_child(const char *self)
{
	const char *path = getenv("WARD_CHILD"), *slash = strrchr(self, '/');
	char place[PLACE_MAX / 2] = "", beside[PLACE_MAX / 2];

	snprintf(beside, sizeof(beside), "%.*schild", slash ? (int)(slash - self) + 1 : 0,
	         self);
	if (!path || !*path)
		path = beside;
	if (*path != '/' && getcwd(place, sizeof(place) - 1))
		strcat(place, "/");
	snprintf(child_path, sizeof(child_path), "%s%s", place, path);
}

const char *check_child(void)
{
	if (access(child_path, X_OK) == 0)
		return child_path;
	check_note("%s is not there: WARD_CHILD must name the helper (tests/child.c)",
	           child_path);
	atomic_fetch_add(&verdict->failures, 1);
	check__give_up();
}

/* --------------------------------------------------------------------------- names */

/* The file of a case, as people name it: "wait" of tests/test_wait.c. */
static const char *file_of(const struct check_case *c, size_t *len)
{
	const char *name = strrchr(c->file, '/');

	name = name ? name + 1 : c->file;
	name += strncmp(name, "test_", 5) == 0 ? 5 : 0;
	*len = strcspn(name, ".");
	return name;
}

static bool is_of(const struct check_case *c, const char *file, size_t len)
{
	size_t own_len;
	const char *own = file_of(c, &own_len);

	return own_len == len && memcmp(own, file, len) == 0;
}

/* FILE, FILE:CASE or CASE; a blank after the colon, as we print it, is fine. */
static bool is_named(const struct check_case *c, const char *name)
{
	const char *colon = strchr(name, ':');

	if (!colon)
		return strcmp(c->name, name) == 0 || is_of(c, name, strlen(name));
	return is_of(c, name, (size_t)(colon - name)) &&
	       strcmp(c->name, colon + 1 + strspn(colon + 1, " ")) == 0;
}

static bool wanted(const struct check_case *c, char *const names[])
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (is_named(c, *names))
			return true;
	return false;
}

/* Every name must name something: a mistake in it would make a run prove nothing. */
static bool all_known(char *const names[])
{
	for (; *names; names++) {
		const struct check_case *c = first_case;

		while (c && !is_named(c, *names))
			c = c->next;
		if (!c)
			return false;
	}
	return true;
}

/* The cases of several files are named with their file. */
static const char *prefix_of(const struct check_case *c, const char *between, char *text,
                             size_t size)
{
	const struct check_case *other = first_case;
	size_t len;
	const char *file = file_of(c, &len);

	while (other && strcmp(other->file, c->file) == 0)
		other = other->next;
	*text = '\0';
	if (other)
		snprintf(text, size, "%.*s%s", (int)len, file, between);
	return text;
}

static int list(void)
{
	char prefix[64];

	for (const struct check_case *c = first_case; c; c = c->next)
		printf("%s%s\n", prefix_of(c, ":", prefix, sizeof(prefix)), c->name);
	return 0;
}

static int count_wanted(char *const names[])
{
	int n = 0;

	for (const struct check_case *c = first_case; c; c = c->next)
		n += wanted(c, names);
	return n;
}

/* ---------------------------------------------------------------------- one case */

/* For scripts/open-fds: forked copies of a case may end with its descriptors. */
static void name_process(void)
{
	if (getenv("WARD_TEST_VALGRIND"))
		fprintf(stderr, "case %ld\n", (long)getpid());
}

static _Noreturn void in_case(const struct check_case *c)
{
	name_process();
	check_state_enter();
	check_baseline();
	c->run();
	if (!check_state_unchanged())
		atomic_fetch_add(&verdict->failures, 1);
	/* exit, not _exit: the leak checkers look now. */
	exit(atomic_load(&verdict->failures) > 0);
}

static void nothing(int sig)
{
	(void)sig;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) +
	       (double)(now.tv_nsec - then->tv_nsec) / 1e9;
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
static bool ended_in_time(pid_t pid, const struct timespec *begin, const sigset_t *open,
                          int *status)
{
	double limit = (double)(LIMIT_S * from_environment("WARD_TEST_SLOW", 1));
	struct timespec rest = { 0, 0 };
	double left;

	while (!has_ended(pid, status)) {
		left = limit - seconds_since(begin);
		if (left <= 0)
			return false;
		rest.tv_sec = (time_t)left;
		rest.tv_nsec = (long)((left - (double)rest.tv_sec) * 1e9);
		pselect(0, NULL, NULL, NULL, &rest, open);
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
	else if (WEXITSTATUS(status) && !atomic_load(&verdict->failures))
		snprintf(text, size, "exited with code %d", WEXITSTATUS(status));
	else
		return NULL;
	return text;
}

static pid_t start_case(const struct check_case *c, const sigset_t *mask)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGCHLD, SIG_DFL);
		sigprocmask(SIG_SETMASK, mask, NULL);
		in_case(c);
	}
	return pid;
}

/* 0 passed, 1 failed, 2 skipped. */
static int run_case(const struct check_case *c, int number, const sigset_t *mask)
{
	struct timespec begin;
	const char *why;
	char text[128], prefix[64];
	int status = 0, result = 0;
	bool in_time;
	pid_t pid;

	memset(verdict, 0, sizeof(*verdict));
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = start_case(c, mask);
	if (pid < 0) {
		perror("fork");
		exit(99);
	}
	in_time = ended_in_time(pid, &begin, mask, &status);
	if (!in_time) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	check_state_end_orphans();

	why = trouble(in_time, status, text, sizeof(text));
	if (why)
		check_note("%s: %s", c->name, why);
	if (why || atomic_load(&verdict->failures))
		result = 1;
	else if (atomic_load(&verdict->skipped))
		result = 2;
	printf("%s %d - %s%s%s%s\n", result == 1 ? "not ok" : "ok", number,
	       prefix_of(c, ": ", prefix, sizeof(prefix)), c->name,
	       result == 2 ? " # SKIP " : "", result == 2 ? verdict->reason : "");
	fflush(stdout);
	if (seconds_since(&begin) > 2)
		check_note("%s took %.1f s", c->name, seconds_since(&begin));
	return result;
}

/* ----------------------------------------------------------------- the whole binary */

static void prepare(sigset_t *mask)
{
	struct sigaction wake = { .sa_handler = nothing };
	sigset_t chld;

	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE,
	               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (verdict == MAP_FAILED) {
		perror("mmap");
		exit(99);
	}
	notes_fd = check_state_high_fd(STDOUT_FILENO);
	check_state_adopt_orphans();

	check_state_fresh_signals();
	sigemptyset(mask);
	sigaction(SIGCHLD, &wake, NULL);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_SETMASK, &chld, NULL);
}

int main(int argc, char *argv[])
{
	int count[3] = { 0, 0, 0 }, number = 0, total;
	sigset_t mask;

	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return list();
	total = count_wanted(argv + 1);
	if (!all_known(argv + 1) || total == 0) {
		fprintf(stderr, "%s: no such case\n", argv[0]);
		return 99;
	}
	find_child(argv[0]);
	prepare(&mask);
	printf("1..%d\n", total);
	fflush(stdout);
	for (const struct check_case *c = first_case; c; c = c->next)
		if (wanted(c, argv + 1))
			count[run_case(c, ++number, &mask)]++;
	check_note("%d passed, %d failed, %d skipped", count[0], count[1], count[2]);
	return count[1] > 0;
}
