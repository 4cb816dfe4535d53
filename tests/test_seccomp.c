/* SPDX-License-Identifier: MIT */
/*
 * Real seccomp filters, as containers install them: calls that the kernel has are
 * refused, by ENOSYS or by EPERM. Everything still works, by other means. What is hard: a
 * filter cannot be taken off again and every case needs a library that has not probed
 * yet, so each filter is put on in a process of its own.
 */
#include "able.h"
#include "help.h"

/* A model is made of calls that its system does not have. */
#if defined(__linux__) && !ABLE_MODEL && defined(__has_include)
#if __has_include(<linux/seccomp.h>) && __has_include(<linux/filter.h>)
#define HAVE_SECCOMP 1
#endif
#endif

#ifdef HAVE_SECCOMP
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "check_state.h"

/* One refused call; with @argument set only when its first argument is @value. */
struct refusal {
	unsigned number;
	bool argument;
	unsigned value;
};

enum { MOST_REFUSALS = 8, MOST_CODE = 3 + 5 * MOST_REFUSALS };

struct filter {
	struct sock_filter code[MOST_CODE];
	unsigned short n;
};

static void add(struct filter *f, struct sock_filter instruction)
{
	f->code[f->n++] = instruction;
}

/* The lower half of a word of 64 bits. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
enum { LOWER_HALF = 4 };
#else
enum { LOWER_HALF = 0 };
#endif

/* The number is loaded; refuse it with @error, or go on with the number loaded. */
static void add_refusal(struct filter *f, const struct refusal *r, unsigned error)
{
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->number, 0,
	                                    r->argument ? 4 : 1));
	if (r->argument) {
		add(f, (struct sock_filter)BPF_STMT(
		               BPF_LD | BPF_W | BPF_ABS,
		               (unsigned)offsetof(struct seccomp_data, args) +
		                       LOWER_HALF));
		add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->value,
		                                    0, 1));
	}
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
	if (r->argument)
		add(f, (struct sock_filter)BPF_STMT(
		               BPF_LD | BPF_W | BPF_ABS,
		               (unsigned)offsetof(struct seccomp_data, nr)));
}

static bool install(const struct refusal *refusals, int n, unsigned error)
{
	struct filter f = { .n = 0 };
	struct sock_fprog program = { .filter = f.code };

	add(&f,
	    (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                 (unsigned)offsetof(struct seccomp_data, nr)));
	for (int i = 0; i < n; i++)
		add_refusal(&f, &refusals[i], error);
	add(&f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	program.len = f.n;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void *nothing(void *arg)
{
	return arg;
}

/* Without a pidfd a thread waits; libc makes threads by clone3, and takes ENOSYS for an
 * answer, but not EPERM. */
static bool can_make_threads(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == 0 &&
	       pthread_join(thread, NULL) == 0;
}

static bool can_open(void)
{
	return able_pidfd_open() || can_make_threads();
}

/* The kernel gives a pidfd with the child, too, if it knows any (@pidfds). */
static bool can_start(bool pidfds)
{
	return (pidfds && !is_forced("clone_pidfd") && !is_forced("clone_vm")) ||
	       can_open();
}

/* --------------------------------------------------------------------- under a filter */

static void starts_and_ends(void)
{
	char out[64];
	struct ward_exit e;
	struct ward *w;

	expect_exit(spawn_or_fail(CHILD("exit", "3"), NULL), 3);
	expect_signal(spawn_or_fail(CHILD("raise", "TERM"), NULL), SIGTERM);
	output_of(CHILD("print-fd-numbers"), NULL, out, sizeof(out));
	CHECK_STR(out, "0 1 2 \n");
	output_of(CHILD("print-signals"), NULL, out, sizeof(out));
	CHECK_STR(out, "blocked\nignored\nhandled\n");
	spawn_fails(ARGV("/no/such"), NULL, -ENOENT, WARD_STEP_EXEC);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cwd = "/no/such"), -ENOENT,
	            WARD_STEP_CHDIR);
	w = spawn_or_fail(CHILD("spin", "30"), NULL);
	e = wait_or_fail(w);
	check_exited(&e, 0);
	CHECK_EQ(e.has_usage, 1);
	ward_close(w);
}

/* [same-process] [true-status] */
static void opens(void)
{
	struct talk t = talk_start_ready(CHILD("ready", "31"), NULL);
	struct ward *w = NULL;

	REQUIRE_EQ(ward_open(&w, ward_pid(t.w), WARD_OPEN_CHILD), 0);
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	CHECK_EQ(ward_signal(w, 0), 0);
	talk_let_go(&t);
	expect_exit(w, 31);
	talk_end(&t);
}

/* [same-process] [true-status] */
static void holds(void)
{
	struct talk t = talk_start_ready(CHILD("catch", "TERM"), NULL);
	struct ward_info info = { .size = sizeof(info) };
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_wait(t.w, MILLISECONDS(5), NULL), 0);
	CHECK(ward_poll_fd(t.w) >= 0);
	CHECK_EQ(ward_info(t.w, &info), 0);
	CHECK_EQ(info.pid, ward_pid(t.w));
	CHECK_EQ(ward_signal(t.w, 0), 0);
	CHECK_EQ(ward_stop(t.w, NULL, 0, &e), 1);
	check_exited(&e, 64 + SIGTERM);
	CHECK_EQ(ward_signal(t.w, SIGKILL), -ESRCH);
	talk_end(&t);
}

static void closes(void)
{
	struct talk t = talk_start_ready(CHILD("ready"),
	                                 WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));

	close(t.to);
	close(t.from);
	ward_close(t.w);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0);
	CHECK_EQ(errno, ECHILD);
}

static void fails_cleanly(void)
{
	spawn_fails(CHILD("exit", "0"), NULL, -EPERM, WARD_STEP_HOLD);
	CHECK(waitpid(-1, NULL, WNOHANG) < 0);
}

static void lives(bool pidfds)
{
	if (!can_start(pidfds)) {
		fails_cleanly();
		return;
	}
	starts_and_ends();
	holds();
	closes();
	if (can_open())
		opens();
}

/* Returns whether a filter could be installed at all. */
static bool works_without(const struct refusal *refusals, int n, unsigned error)
{
	enum { NO_FILTER = 42 };
	bool pidfds = able_pidfd();
	int status = 1;
	pid_t pid;

	/* Its own clone confuses it about threads when libc's clone is what is left. */
	if (on_thread_sanitizer())
		return false;
	pid = fork();
	if (pid == 0) {
		check_state_enter();
		if (!install(refusals, n, error))
			_exit(NO_FILTER);
		check_baseline();
		lives(pidfds);
		CHECK(check_state_unchanged());
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NO_FILTER);
	return WEXITSTATUS(status) != NO_FILTER;
}

static const struct refusal clone3 = { ABLE_CLONE3, false, 0 };
static const struct refusal pidfd_open = { ABLE_PIDFD_OPEN, false, 0 };
static const struct refusal pidfd_send_signal = { ABLE_PIDFD_SEND_SIGNAL, false, 0 };
static const struct refusal waitid_pidfd = { SYS_waitid, true, ABLE_P_PIDFD };
static const struct refusal close_range_ = { ABLE_CLOSE_RANGE, false, 0 };

/* A filter that lacks one call says ENOSYS when it is new and EPERM when it is old. */
#define WORKS_WITHOUT(...)                                                       \
	do {                                                                     \
		static const struct refusal *const list[] = { __VA_ARGS__ };     \
		struct refusal all[MOST_REFUSALS];                               \
		int n = (int)(sizeof(list) / sizeof(list[0]));                   \
		for (int i = 0; i < n; i++)                                      \
			all[i] = *list[i];                                       \
		if (!works_without(all, n, ENOSYS))                              \
			SKIP("no filter can be used here");                      \
		works_without(all, n, EPERM);                                    \
	} while (0)

TEST(everything_works_without_clone3)
{
	WORKS_WITHOUT(&clone3);
}

TEST(everything_works_without_pidfd_open)
{
	WORKS_WITHOUT(&pidfd_open);
}

TEST(everything_works_without_pidfd_send_signal)
{
	WORKS_WITHOUT(&pidfd_send_signal);
}

TEST(everything_works_without_waiting_by_pidfd)
{
	works_without(&waitid_pidfd, 1, EINVAL);      /* as before Linux 5.4 */
	WORKS_WITHOUT(&waitid_pidfd);
}

TEST(everything_works_without_close_range)
{
	WORKS_WITHOUT(&close_range_);
}

TEST(everything_works_without_clone3_and_pidfd_open)
{
	WORKS_WITHOUT(&clone3, &pidfd_open);
}

TEST(everything_works_without_any_of_them)
{
	WORKS_WITHOUT(&clone3, &pidfd_open, &pidfd_send_signal, &waitid_pidfd,
	              &close_range_);
}

/* Docker's filter before 2020: by the flags of clone, so CLONE_PIDFD passes. */
TEST(everything_works_when_only_reading_the_handle_is_forbidden)
{
	static const struct refusal ioctl_refused = { SYS_ioctl, false, 0 };

	WORKS_WITHOUT(&ioctl_refused);
}
#else
TEST(everything_works_under_a_filter)
{
	SKIP("there are no headers of seccomp here");
}
#endif
