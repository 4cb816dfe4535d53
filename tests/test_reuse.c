/* SPDX-License-Identifier: MIT */
/*
 * The number of a process that has ended is given to another one, a hundred times: no
 * signal, no wait, no question ever reaches the newcomer. What is hard is to get the
 * number again: in a pid namespace of our own the last number given can be set
 * (ns_last_pid), and nobody else takes numbers there.
 */
#include "help.h"

#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#include <time.h>

#include "able.h"

enum { ROUNDS = 100, NOT_HERE = 42 };

/* A plain child of a chosen number, until @go is closed; -1: it cannot be had. */
static pid_t fork_as(pid_t pid, int *go)
{
	int ends[2], fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC), n;
	char text[16], byte;
	pid_t got;

	if (fd < 0)
		return -1;
	n = snprintf(text, sizeof(text), "%d", (int)pid - 1);
	make_pipe(ends);
	got = write(fd, text, (size_t)n) == n ? fork() : -1;
	if (got == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 ? 55 : 99);
	}
	close(fd);
	close(ends[0]);
	*go = ends[1];
	return got;
}

/* The newcomer lives and is as it was, and ends in its own way. */
static void check_unharmed(pid_t pid, int go)
{
	int status = -1;

	CHECK_EQ(waitpid(pid, &status, WNOHANG | WUNTRACED), 0);
	close(go);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 55);
}

/* Start times count in hundredths of a second: two in one could be the same. */
static void let_a_tick_pass(const struct ward_id *id)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (id->kind == WARD_ID_START &&
	         (now.tv_sec - begin.tv_sec) * 1000000000L + now.tv_nsec - begin.tv_nsec <
	                 25000000L);
}

/* Does its handle let somebody else have the number? A model cannot keep it as FreeBSD's
 * kernel does. */
static bool frees_number(const struct ward *w)
{
	return ward_hold(w) == WARD_HOLD_KERNEL && !on_model();
}

/* Nothing that is asked of the old handle, or by the old name, reaches the newcomer. */
static void ask_everything(struct ward *w, const struct ward_id *id)
{
	struct ward_info info = { .size = sizeof(info) };
	struct ward_id now = WARD_ID_INIT;
	struct ward *again = NULL;

	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	CHECK_EQ(ward_signal(w, 0), -ESRCH);
	CHECK(ward_signal_group(w, SIGKILL) < 0);
	CHECK_EQ(ward_info(w, &info), -ESRCH);
	CHECK(ward_open_id(&again, id) < 0);
	CHECK(again == NULL);
	if (ward_identity(w, &now) == 0)
		CHECK_EQ(now.number, id->number);
}

/* Our own wait frees the number. [same-process] */
static bool reuse_after_our_wait(void)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "44"),
	                               WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT,
	                                               .flags = WARD_SPAWN_PGROUP));
	pid_t pid = (pid_t)ward_pid(w), newcomer;
	struct ward_id id = WARD_ID_INIT;
	struct ward_exit e;
	int go = -1;

	CHECK_EQ(ward_identity(w, &id), able_identity() ? 0 : -ENOTSUP);
	let_a_tick_pass(&id);
	e = wait_or_fail(w);
	check_exited(&e, 44);
	newcomer = fork_as(pid, &go);
	if (newcomer < 0)
		return false;
	REQUIRE_EQ(newcomer, pid);
	ask_everything(w, &id);
	e = wait_or_fail(w);
	check_exited(&e, 44);
	CHECK_EQ(ward_stop(w, NULL, 0, NULL), 0);
	ward_close(w);
	check_unharmed(newcomer, go);
	return true;
}

/* Somebody else frees it, and the library has not seen the end. [same-process] */
static bool reuse_after_a_theft(void)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "45"),
	                               WARD_SPAWN_OPTS(.on_close = WARD_KILL));
	pid_t pid = (pid_t)ward_pid(w), newcomer;
	struct ward_id id = WARD_ID_INIT;
	struct ward_exit e = WARD_EXIT_INIT;
	bool freed = frees_number(w);
	int go = -1;

	CHECK_EQ(ward_identity(w, &id), able_identity() ? 0 : -ENOTSUP);
	let_a_tick_pass(&id);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	newcomer = freed ? fork_as(pid, &go) : 0;
	if (newcomer > 0) {
		REQUIRE_EQ(newcomer, pid);
		ask_everything(w, &id);
	}
	REQUIRE_EQ(ward_wait(w, WARD_FOREVER, &e), 1);
	check_exited_or_lost(&e, 45, able_exit_info() && has_handle(w));
	ward_close(w);
	if (newcomer > 0)
		check_unharmed(newcomer, go);
	return newcomer >= 0;
}

/* A ward that was closed while its process had ended long ago. [same-process] */
static bool reuse_before_a_close_that_kills(void)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "46"),
	                               WARD_SPAWN_OPTS(.on_close = WARD_KILL_WAIT));
	pid_t pid = (pid_t)ward_pid(w), newcomer;
	bool freed = frees_number(w);
	int go = -1;

	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	newcomer = freed ? fork_as(pid, &go) : 0;
	ward_close(w);
	if (newcomer > 0)
		check_unharmed(newcomer, go);
	return newcomer >= 0;
}

/* A child that is known by its number alone, but watched: it was seen to end. */
static bool reuse_of_a_watched_number(void)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "47"),
	                               WARD_SPAWN_OPTS(.on_close = WARD_KILL));
	struct pollfd one = { .fd = ward_poll_fd(w), .events = POLLIN };
	pid_t pid = (pid_t)ward_pid(w), newcomer;
	int go = -1;

	REQUIRE_EQ(poll(&one, 1, 20000), 1);
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	newcomer = fork_as(pid, &go);
	CHECK(newcomer < 0 || ward_signal(w, SIGKILL) <= 0);
	if (newcomer > 0)
		check_unharmed(newcomer, go);
	expect_exit(w, 47);
	return newcomer >= 0;
}

/* As process 1 of the namespace, with a /proc of its own. */
static _Noreturn void be_first(bool (*round)(void))
{
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, "") < 0 ||
	    mount("proc", "/proc", "proc", 0, "") < 0)
		_exit(NOT_HERE);
	for (int i = 0; i < check_scaled(ROUNDS); i++)
		if (!round())
			_exit(NOT_HERE);
	/* A killed child may still be on its way out. */
	while (waitpid(-1, NULL, 0) > 0)
		;
	_exit(0);
}

/* Returns false where it is not permitted. */
static bool in_own_namespace(bool (*round)(void))
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(NOT_HERE);
		pid = fork();
		if (pid == 0)
			be_first(round);
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		              ? WEXITSTATUS(status) : 1);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NOT_HERE);
	return WEXITSTATUS(status) != NOT_HERE;
}

TEST(a_number_freed_by_our_wait_is_never_taken_for_the_old_process)
{
	if (!in_own_namespace(reuse_after_our_wait))
		SKIP("numbers of processes cannot be chosen here");
}

TEST(a_number_freed_by_somebody_else_is_never_taken_for_the_old_process)
{
	if (!in_own_namespace(reuse_after_a_theft))
		SKIP("numbers of processes cannot be chosen here");
}

TEST(closing_never_kills_the_newcomer)
{
	if (!in_own_namespace(reuse_before_a_close_that_kills))
		SKIP("numbers of processes cannot be chosen here");
}

/* ------------------------------------------------------------- a /proc of others */

enum { FAR_FROM = 128, FAR_UNTIL = 400 };

static pid_t fork_numbered(pid_t number)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%d", (int)number - 1) < 0)
		_exit(NOT_HERE);
	close(fd);
	return fork();
}

/* With descriptors that are far, in a namespace whose numbers /proc does not know. */
static _Noreturn void run_as(pid_t number)
{
	struct ward_result r = WARD_RESULT_INIT;

	if (getpid() != number)
		_exit(NOT_HERE);
	for (int fd = 0; fd < FAR_FROM + 20;)
		fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
	if (ward_run(CHILD("play", "out", "mine"), NULL, &r) < 0)
		_exit(1);
	_exit(r.out.total == 4 ? 0 : 1);
}

static int run_beside(pid_t stranger)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWPID) < 0)
			_exit(NOT_HERE);
		pid = fork();
		if (pid == 0) {
			pid = fork_numbered(stranger);
			if (pid == 0)
				run_as(stranger);
		}
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status)
		              ? WEXITSTATUS(status) : 1);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* [same-process] Whose number is ours there has all descriptors that we could mean. */
TEST(output_never_goes_to_a_stranger_of_our_number)
{
	int ends[2], status;
	pid_t stranger;

	make_pipe(ends);
	for (int fd = FAR_FROM; fd < FAR_UNTIL; fd++)
		dup2(ends[1], fd);
	stranger = fork();
	if (stranger == 0)
		for (;;)
			pause();
	for (int fd = FAR_FROM; fd < FAR_UNTIL; fd++)
		close(fd);
	status = run_beside(stranger);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	close(ends[1]);
	CHECK(host_is_silent(ends[0]));
	close(ends[0]);
	if (status == NOT_HERE)
		SKIP("numbers of processes cannot be chosen here");
	CHECK_EQ(status, 0);
}

/* [same-process] */
TEST(a_newcomer_is_not_signalled_for_a_child_that_was_seen_to_end)
{
	if (!on_kqueue_system())
		SKIP("numbers are not watched here");
	if (!in_own_namespace(reuse_of_a_watched_number))
		SKIP("numbers of processes cannot be chosen here");
}
#else
TEST(a_number_that_is_used_again_is_never_taken_for_the_old_process)
{
	SKIP("numbers of processes cannot be chosen here");
}
#endif
