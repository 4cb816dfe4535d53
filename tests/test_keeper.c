/* SPDX-License-Identifier: MIT */
/*
 * A keeper between us and a child: the child is like any other, the keeper is hardly
 * there, and the child ends with us.
 */
#include "set.h"

#if defined(__linux__) && !WARD_TEST_POSIX
#include "keeper.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "linux/keeper.h"
#include "linux/keeper_able.h"

/* Of processes that are no children of ours any more. */
static bool able_groups_of_strangers(void)
{
	return able_pidfs() && able_pidfd_open() && able_pidfd_signal() &&
	       !is_forced("pidfd_group");
}

/* --------------------------------------------------------------- as any other child */

/* [true-status] */
TEST_BOTH(how_a_kept_child_ended_is_told)
{
	struct ward_exit e;
	struct ward *w;

	expect_exit(spawn_or_fail(CHILD("exit", "3"), KEPT(.cwd = "/")), 3);
	expect_signal(spawn_or_fail(CHILD("raise", "TERM"), KEPT(.cwd = "/")), SIGTERM);
	/* (Since 6.2 Linux counts pages in batches: a few may be missing.) */
	w = spawn_or_fail(CHILD("touch", "21"), KEPT(.in = { .kind = WARD_FD_NULL },
	                                             .out = { .kind = WARD_FD_NULL }));

	e = wait_or_fail(w);
	check_exited(&e, 0);
	CHECK_EQ(e.has_usage, 1);
	CHECK(e.max_rss_bytes >= INT64_C(20) << 20);
	CHECK(e.wall_ns > 0);
	ward_close(w);
}

TEST_BOTH(what_kills_it_with_its_owner_is_told)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);

	CHECK_EQ(ward_owner_death(t.w), WARD_DEATH_KEEPER);
	CHECK_EQ(ward_owner_death(w), WARD_DEATH_LEAVES);
	expect_exit(w, 0);
	talk_end(&t);
}

TEST_BOTH(a_kept_child_takes_signals)
{
	struct talk t =
		talk_start_ready(CHILD("catch", "USR1", "TERM"), KEPT(.cwd = "/"));
	struct ward_exit e = WARD_EXIT_INIT;

	CHECK_EQ(ward_signal(t.w, 0), 0);
	CHECK_EQ(ward_signal(t.w, SIGUSR1), 0);
	REQUIRE_EQ(ward_wait(t.w, SECONDS(40), &e), 1);
	check_exited(&e, 64 + SIGUSR1);
	CHECK_EQ(ward_signal(t.w, SIGUSR1), -ESRCH);
	talk_end(&t);
}

/* [wait-again] */
TEST_BOTH(its_end_is_told_any_number_of_times_and_in_a_copy_of_us)
{
	struct talk t = talk_start_ready(CHILD("ready", "7"), KEPT(.cwd = "/"));
	struct ward_exit e = WARD_EXIT_INIT;
	int status;
	pid_t pid;

	talk_let_go(&t);
	pid = fork();
	if (pid == 0) {
		/* A copy may look first, and takes nothing away by it. */
		if (ward_wait(t.w, SECONDS(40), &e) != 1 || e.code != 7)
			_exit(1);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	for (int i = 0; i < 2; i++) {
		REQUIRE_EQ(ward_wait(t.w, SECONDS(40), &e), 1);
		check_exited(&e, 7);
	}
	talk_end(&t);
}

TEST_BOTH(its_descriptor_is_readable_from_its_end_on)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	struct pollfd p = { .fd = ward_poll_fd(t.w), .events = POLLIN };

	REQUIRE(p.fd >= 0);
	CHECK_EQ(poll(&p, 1, 0), 0);
	talk_let_go(&t);
	CHECK_EQ(poll(&p, 1, 40000), 1);
	CHECK_EQ(ward_wait(t.w, 0, NULL), 1);
	talk_end(&t);
}

TEST_BOTH(a_set_tells_of_kept_children)
{
	enum { CHILDREN = 20 };
	struct ward_set *set = set_or_fail(NULL);
	struct ward *wards[CHILDREN];
	static int codes[CHILDREN];
	uint32_t seen = 0;

	for (int i = 0; i < CHILDREN; i++) {
		char code[8];

		codes[i] = i;
		snprintf(code, sizeof(code), "%d", i);
		wards[i] = spawn_or_fail(CHILD("exit", code), KEPT(.cwd = "/"));
		add_or_fail(set, wards[i], &codes[i], NULL);
	}
	for (int i = 0; i < CHILDREN; i++) {
		struct ward_event e = next_event(set, NULL, 0);

		CHECK_EQ(e.what, WARD_EVENT_ENDED);
		CHECK_EQ(e.exit.code, *(int *)e.cookie);
		seen |= UINT32_C(1) << *(int *)e.cookie;
	}
	CHECK_EQ(seen, (UINT32_C(1) << CHILDREN) - 1);
	for (int i = 0; i < CHILDREN; i++)
		ward_close(wards[i]);
	ward_set_close(set);
}

/* ----------------------------------------------------------------- the keeper itself */

/* [no-globals] */
TEST_BOTH(the_keeper_is_in_our_session_and_in_no_group_of_ours)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	pid_t keeper = keeper_of(t.w);
	int is_subreaper = -1, before = -1;

	CHECK_EQ(parent_of(keeper), getpid());
	CHECK_EQ(getsid(keeper), getsid(0));
	CHECK_EQ(getpgid(keeper), keeper);
	/* (An emulator does not tell.) */
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &before, 0, 0, 0) == 0 || on_emulator());
	await_program(keeper);
	talk_end(&t);
	prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0);
	CHECK_EQ(is_subreaper, before);
}

/* [sealed-fds] */
TEST_BOTH(the_keeper_holds_no_descriptor_of_ours)
{
	int ends[2];
	struct talk t;
	char byte;

	make_pipe(ends);
	CHECK_EQ(fcntl(ends[1], F_SETFD, 0), 0);
	t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	await_program(keeper_of(t.w));
	/* A copy closes them when it has told of its child: or this lasts for ever. */
	while (!on_valgrind() && descriptors_of(keeper_of(t.w)) > 4)
		host_yield();
	close(ends[1]);
	CHECK_EQ(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	talk_end(&t);
}

/* [sealed-fds] */
TEST_BOTH(its_child_gets_nothing_of_the_keeper)
{
	char numbers[256];

	output_of(CHILD("print-fd-numbers"), KEPT(.cwd = "/"), numbers, sizeof(numbers));
	CHECK_STR(numbers, "0 1 2 \n");
}

static long private_kib(pid_t pid)
{
	char path[64], line[256];
	long sum = 0, kib;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Clean: %ld", &kib) == 1 ||
		    sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			sum += kib;
	if (f)
		fclose(f);
	return f ? sum : -1;
}

TEST(a_keeper_needs_less_than_200_kib_however_much_its_host_has)
{
	const size_t size = (size_t)256 << 20;
	struct talk t;
	void *much;
	long kib;

	if (is_forced("keeper_image") || is_forced("memfd_create") ||
	    !ward__keeper_probe())
		SKIP("the keeper's own program does not run here");
	much = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	            0);
	REQUIRE(much != MAP_FAILED);
	memset(much, 1, size);
	t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	CHECK(!able_keeper_image() || gets_own_program(keeper_of(t.w)));
	kib = private_kib(keeper_of(t.w));
	if (kib >= 0)
		check_note("%ld KiB", kib);
	CHECK(kib <= 200);
	munmap(much, size);
	talk_end(&t);
}

/*
 * Whatever compiler and flags made this test: the section needs nothing but itself.
 */
TEST(the_program_of_the_keeper_runs_in_every_build)
{
	if (!able_keeper_image())
		SKIP("something that it needs is not there");
#if defined(__x86_64__) || defined(__aarch64__) || \
	(defined(__riscv) && __riscv_xlen == 64)
	CHECK_EQ(ward__keeper_probe(), 1);
#else
	CHECK_EQ(ward__keeper_probe(), 0);
#endif
}

static void *end_conversation(void *arg)
{
	const int *end = arg;

	close(*end);
	return NULL;
}

/* What is there for us when we have asked until nobody heard it any more. */
static bool heard_after_the_end(void)
{
	char told = 't', heard = 0;
	pthread_t other;
	int ends[2];
	ssize_t n;

	REQUIRE_EQ(ward__keeper_pair(ends), 0);
	REQUIRE_EQ(send(ends[1], &told, 1, MSG_NOSIGNAL), 1);
	REQUIRE_EQ(pthread_create(&other, NULL, end_conversation, &ends[1]), 0);
	do
		n = send(ends[0], "ask", 4, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n > 0 || errno == EAGAIN);
	pthread_join(other, NULL);
	do
		n = recv(ends[0], &heard, 1, MSG_DONTWAIT);
	while (n < 0 && errno == ECONNRESET);
	close(ends[0]);
	return n == 1 && heard == told;
}

/* [true-status] A question that comes as a keeper goes takes nothing of what it told. */
TEST(what_a_keeper_told_is_there_whatever_it_was_asked_as_it_went)
{
	enum { ROUNDS = 200 };
	int heard = 0;

	for (int i = 0; i < ROUNDS; i++)
		heard += heard_after_the_end();
	CHECK_EQ(heard, ROUNDS);
}

/* ------------------------------------------------------------ when somebody kills it */

/* [true-status] */
TEST_BOTH(a_keeper_that_is_killed_takes_its_child_along)
{
	struct talk t = talk_start_ready(CHILD("ready"), KEPT(.cwd = "/"));
	struct ward_exit e = WARD_EXIT_INIT;
	pid_t pid = (pid_t)ward_pid(t.w);

	CHECK_EQ(kill(keeper_of(t.w), SIGKILL), 0);
	CHECK(tree_is_gone(&t, 40, 0));
	waitpid(pid, NULL, 0); /* we are init here, and it was left to us */
	REQUIRE_EQ(ward_wait(t.w, SECONDS(40), &e), 1);
	check_signaled_or_lost(&e, SIGKILL, false);
	talk_end(&t);
}

/* [whole-tree] */
TEST_BOTH(a_job_whose_keeper_was_killed_says_so_and_goes_on_with_the_group)
{
	struct ward_job *job = job_of(WARD_MEANS_KEEPER, NULL);
	struct talk t;
	int r;

	if (!job)
		SKIP("there are no keepers here");
	t = tree_start(job, TREE("fan", "3"));
	CHECK_EQ(ward_job_strength(job), WARD_STRENGTH_TREE);
	CHECK_EQ(kill(keeper_of(t.w), SIGKILL), 0);
	while (ward_job_wait_empty(job, 0) == 0 &&
	       ward_job_means(job) == WARD_MEANS_KEEPER)
		sched_yield();
	CHECK_EQ(ward_job_means(job), WARD_MEANS_GROUP);
	CHECK_EQ(ward_job_strength(job), WARD_STRENGTH_GROUP);
	/* The group of who is not ours any more: by its pidfd (6.9), or not. */
	r = ward_job_kill(job);
	CHECK(r == 0 || r == -ENOTSUP || r == -ESRCH || r == -EPERM);
	if (able_groups_of_strangers())
		CHECK_EQ(r, 0);
	if (r < 0)
		talk_let_go(&t);
	CHECK(tree_is_gone(&t, 40, 0));
	collect_orphans(0);
	talk_end(&t);
	ward_job_close(job);
}
/* [whole-tree] The others still find what has left its group. */
TEST_BOTH(one_keeper_that_was_killed_leaves_the_others_of_its_job_at_work)
{
	struct ward_job *job = job_of(WARD_MEANS_KEEPER, NULL);
	struct talk lost, kept;

	if (!job)
		SKIP("there are no keepers here");
	if (!able_groups_of_strangers()) {
		ward_job_close(job);
		SKIP("whose keeper is gone is reached by a pidfd of its group (6.9)");
	}
	kept = tree_start(job, TREE("daemons", "3"));
	lost = tree_start(job, TREE("fan", "2"));
	CHECK_EQ(kill(keeper_of(lost.w), SIGKILL), 0);
	while (ward_job_means(job) == WARD_MEANS_KEEPER)
		CHECK_EQ(ward_job_wait_empty(job, MILLISECONDS(1)), 0);
	CHECK_EQ(ward_job_kill(job), 0);
	CHECK(tree_is_gone(&lost, 40, 0));
	CHECK(tree_is_gone(&kept, 40, 0));
	collect_orphans(0);
	talk_end(&lost);
	talk_end(&kept);
	CHECK_EQ(ward_job_wait_empty(job, SECONDS(40)), 1);
	ward_job_close(job);
}
#else
TEST(there_are_no_keepers)
{
	SKIP("a keeper is Linux' only");
}
#endif
