/* SPDX-License-Identifier: MIT */
/*
 * Jobs on Windows, and owners that die. What is hard: no program but this one knows the
 * library. So it is started again, as an owner: the environment tells it, before main.
 */
#include "help_windows_job.h"

static void say_number(int64_t n)
{
	printf("%lld\n", (long long)n);
	fflush(stdout);
}

/* Be ended from outside; should nobody do so, end when nobody is there any more. */
static _Noreturn void stay(void)
{
	while (getchar() != EOF)
		;
	TerminateProcess(GetCurrentProcess(), 7);
	abort();
}

/*
 * Start one that ends by nothing of its own, and tell its number: in a job that is left
 * alone ("leave") or killed when we end ("kill"), or alone, killed so ("alone").
 */
static int start_one(const char *how, struct ward **ret)
{
	uint32_t on_death = strcmp(how, "leave") == 0 ? WARD_LEAVE : WARD_KILL;
	bool alone = strcmp(how, "alone") == 0;
	uint32_t own_death = alone ? WARD_KILL : WARD_LEAVE;
	struct ward_job *job = NULL;
	int r = 0;

	if (!alone)
		r = ward_job_new(&job, WARD_JOB_OPTS(.on_owner_death = on_death));
	if (r < 0)
		return r;
	return ward_spawn(ret, ARGV(getenv("WARD_TEST_CHILD"), "catch"),
	                  WARD_SPAWN_OPTS(.job = job,
	                                  .on_owner_death = own_death,
	                                  .in = { .kind = WARD_FD_NULL },
	                                  .out = { .kind = WARD_FD_NULL }));
}

__attribute__((constructor)) static void maybe_be_owner(void)
{
	const char *how = getenv("WARD_TEST_OWNER");
	struct ward *w = NULL;
	int r;

	if (!how)
		return;
	r = start_one(how, &w);
	say_number(r == 0 ? ward_pid(w) : r);
	ward_close(w);
	stay();
}

/* The owner, and who it has started. */
struct owner {
	struct talk t;
	struct ward *of;
};

static struct owner start_owner(const char *how, struct ward_job *job)
{
	struct owner o;
	wchar_t place[1024];
	char line[64], variable[64], child[1024];
	char *self;

	REQUIRE(GetModuleFileNameW(NULL, place, 1024) > 0);
	self = narrow_of(place);
	snprintf(variable, sizeof(variable), "WARD_TEST_OWNER=%s", how);
	snprintf(child, sizeof(child), "WARD_TEST_CHILD=%s", check_child());
	o.t = talk_start(ARGV(self, "owner"),
	                 WARD_SPAWN_OPTS(.env_set = ARGV(variable, child), .job = job));
	read_line(o.t.from, line, sizeof(line));
	REQUIRE_EQ(ward_open(&o.of, strtoll(line, NULL, 10), 0), 0);
	free(self);
	return o;
}

/* [whole-tree] */
TEST(an_owner_that_is_killed_takes_its_job_along)
{
	struct owner o = start_owner("kill", NULL);

	CHECK_EQ(ward_wait(o.of, 0, NULL), 0);
	CHECK_EQ(ward_signal(o.t.w, SIGKILL), 0);
	CHECK_EQ(ward_wait(o.of, SECONDS(40), NULL), 1);
	talk_end(&o.t);
	ward_close(o.of);
}

/* Though its ward was closed long before. */
TEST(an_owner_that_is_killed_takes_its_ward_along)
{
	struct owner o = start_owner("alone", NULL);

	CHECK_EQ(ward_wait(o.of, 0, NULL), 0);
	CHECK_EQ(ward_signal(o.t.w, SIGKILL), 0);
	CHECK_EQ(ward_wait(o.of, SECONDS(40), NULL), 1);
	talk_end(&o.t);
	ward_close(o.of);
}

/* A job of the system's own. */
static void wait_for_empty(HANDLE job)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION now;

	do {
		host_yield();
		REQUIRE(QueryInformationJobObject(
			job, JobObjectBasicAccountingInformation, &now, sizeof(now),
			NULL));
	} while (now.ActiveProcesses > 0);
}

TEST(who_ends_with_its_owner_is_alone_in_that_and_says_so)
{
	struct ward_job *job = job_or_fail(NULL);
	HANDLE own = CreateJobObjectW(NULL, NULL);
	struct talk t = talk_start(
		CHILD("fork-and-hold"),
		WARD_SPAWN_OPTS(.on_owner_death = WARD_KILL,
	                        .windows = WARD_WINDOWS_OPTS(.job = own)));

	CHECK_EQ(ward_owner_death(t.w), WARD_DEATH_KERNEL);
	CHECK_EQ(ward_wait(t.w, SECONDS(40), NULL), 1);
	ward_close(t.w);              /* and its guard with it, but not what it left */
	CHECK(!host_is_silent(t.from));
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.on_owner_death = WARD_KILL, .job = job), -EINVAL,
	            WARD_STEP_OPTIONS);
	t.w = NULL;
	talk_end(&t);
	wait_for_empty(own);
	CloseHandle(own);
	ward_job_close(job);
}

TEST(an_owner_that_is_killed_leaves_its_job_alone_unless_asked)
{
	struct owner o = start_owner("leave", NULL);

	CHECK_EQ(ward_signal(o.t.w, SIGKILL), 0);
	CHECK_EQ(ward_wait(o.t.w, SECONDS(40), NULL), 1);
	CHECK_EQ(ward_wait(o.of, MILLISECONDS(100), NULL), 0);
	CHECK_EQ(ward_signal(o.of, SIGKILL), 0);
	CHECK_EQ(ward_wait(o.of, SECONDS(40), NULL), 1);
	talk_end(&o.t);
	ward_close(o.of);
}

/* [whole-tree] */
TEST(a_job_within_a_job_ends_with_the_outer_one)
{
	struct ward_job *job = job_or_fail(NULL);
	struct owner o = start_owner("leave", job);

	CHECK_EQ(ward_job_count(job), 2);
	CHECK_EQ(ward_job_kill(job), 0);
	check_empty(job);
	CHECK_EQ(ward_wait(o.of, 0, NULL), 1);
	talk_end(&o.t);
	ward_close(o.of);
	ward_job_close(job);
}
