/* SPDX-License-Identifier: MIT */
/*
 * Jobs on Windows: what they have used, freezing, limits, and failure at every point.
 * Much of it is not in Wine, which says so or is found out: those cases are skipped.
 */
#include "check_state.h"
#include "gate.h"
#include "help_windows_job.h"

/* ------------------------------------------------------------------------------ usage */

TEST(usage_is_of_all_those_that_have_ended_too)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("touch", "8"), INTO(job));
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;

	expect_exit(spawn_or_fail(CHILD("spin", "100"), INTO(job)), 0);
	REQUIRE_EQ(ward_job_usage(job, &usage), 0);
	CHECK_EQ(usage.processes, 1);
	if (usage.user_ns < 0) {
		CHECK(on_wine());
		CHECK_EQ(usage.system_ns, -1);
		CHECK_EQ(usage.memory_peak_bytes, -1);
	} else {
		CHECK(usage.user_ns + usage.system_ns >= MILLISECONDS(90));
		CHECK(usage.memory_bytes >= 8 << 20);
		CHECK(usage.memory_peak_bytes >= usage.memory_bytes);
	}
	talk_end(&t);
	check_empty(job);
	ward_job_close(job);
	if (usage.user_ns < 0)
		SKIP("Wine does not tell what a job has used, but for its processes");
}

/* ----------------------------------------------------------------------------- freeze */

/* How often one of its threads was suspended. */
static DWORD suspensions(int64_t pid)
{
	THREADENTRY32 e = { .dwSize = sizeof(e) };
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0), thread;
	DWORD least = MAXDWORD, n;
	BOOL more = Thread32First(all, &e);

	for (; more; more = Thread32Next(all, &e)) {
		if (e.th32OwnerProcessID != (DWORD)pid)
			continue;
		thread = OpenThread(THREAD_SUSPEND_RESUME, FALSE, e.th32ThreadID);
		REQUIRE(thread != NULL);
		n = SuspendThread(thread);
		ResumeThread(thread);
		CloseHandle(thread);
		least = n < least ? n : least;
	}
	CloseHandle(all);
	return least;
}

TEST(a_frozen_job_does_not_run_until_it_thaws)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start(CHILD("cat", "0"), INTO(job));
	char line[16];

	CHECK_EQ(ward_job_freeze(job), 0);
	CHECK_EQ(ward_job_freeze(job), 0);
	CHECK_EQ(suspensions(ward_pid(t.w)), 1);
	CHECK(host_write(t.to, "hello\n", 6));
	CHECK_EQ(ward_job_thaw(job), 0);
	CHECK_EQ(ward_job_thaw(job), 0);
	CHECK_EQ(suspensions(ward_pid(t.w)), 0);
	read_line(t.from, line, sizeof(line));
	CHECK_STR(line, "hello\n");
	talk_end(&t);
	ward_job_close(job);
}

/* [whole-tree] */
TEST(a_frozen_job_can_be_killed)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("fork-and-stay"), INTO(job));

	CHECK_EQ(ward_job_freeze(job), 0);
	CHECK_EQ(ward_job_kill(job), 0);
	check_empty(job);
	talk_end(&t);
	ward_job_close(job);
}

TEST(a_job_that_is_closed_frozen_runs_on)
{
	struct ward_job *job = job_or_fail(NULL);
	struct talk t = talk_start_ready(CHILD("ready", "5"), INTO(job));
	struct ward_exit e;

	CHECK_EQ(ward_job_freeze(job), 0);
	ward_job_close(job);
	talk_let_go(&t);
	e = wait_or_fail(t.w);
	check_exited(&e, 5);
	talk_end(&t);
}

/* ----------------------------------------------------------------------------- limits */

/* A job with limits; NULL, and the reason was told, where the system keeps none. */
static struct ward_job *limited(const struct ward_job_opts *opts)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward_job_opts own = *opts;
	struct ward_job *job = NULL;
	int r;

	own.error = &error;
	r = ward_job_new(&job, &own);
	if (r == 0)
		return job;
	CHECK_EQ(r, -ENOTSUP);
	CHECK_EQ(error.step, WARD_STEP_JOB);
	CHECK(strncmp(error.path, "object: this system ", 20) == 0);
	CHECK(on_wine());
	return NULL;
}

TEST(a_full_job_lets_nobody_in)
{
	struct ward_job *job = limited(WARD_JOB_OPTS(.pids_max = 1));
	struct talk t;

	if (!job) {
		SKIP("Wine counts the processes of a job, but does not limit them");
		return;
	}
	t = talk_start_ready(CHILD("ready"), INTO(job));
	spawn_fails(CHILD("exit", "0"), INTO(job), -EAGAIN, WARD_STEP_JOB);
	talk_end(&t);
	ward_job_close(job);
}

TEST(a_job_gets_no_more_memory_than_its_limit)
{
	struct ward_job *job = limited(WARD_JOB_OPTS(.memory_max = 16 << 20));
	struct ward *w;
	struct ward_exit e;

	if (!job) {
		SKIP("Wine does not limit the memory of a job");
		return;
	}
	w = spawn_or_fail(CHILD("touch", "64"), INTO(job));
	e = wait_or_fail(w);
	CHECK(e.how != WARD_EXITED || e.code != 0);
	ward_close(w);
	ward_job_close(job);
}

TEST(a_job_with_a_limit_of_processor_time_is_made_or_refused_with_the_reason)
{
	struct ward_job *job = limited(WARD_JOB_OPTS(.cpu_max = 100));

	if (!job) {
		SKIP("Wine does not limit the processor time of a job");
		return;
	}
	expect_exit(spawn_or_fail(CHILD("exit", "2"), INTO(job)), 2);
	ward_job_close(job);
}

/* ----------------------------------------------------------------------------- faults */

/* All that is done with a job; what it says may be an error, but never an untruth. */
static void live(struct ward_job *job)
{
	struct ward_job_usage usage = WARD_JOB_USAGE_INIT;
	struct ward **members = NULL;
	size_t n = 0;

	ward_job_count(job);
	CHECK(ward_job_wait_empty(job, 1) <= 0);
	ward_job_signal(job, 0);
	ward_job_usage(job, &usage);
	if (ward_job_freeze(job) == 0)
		CHECK_EQ(ward_job_thaw(job) >= 0 || ward__gate_failed() != NULL, true);
	if (ward_job_members(job, &members, &n) == 0)
		ward_job_members_free(members, n);
	if (ward_job_kill(job) == 0)
		CHECK(ward_job_wait_empty(job, SECONDS(40)) != 0);
}

/* [reserve-first] */
static bool try_job(int k, int error)
{
	struct ward_job *job = NULL;
	struct ward *w = NULL;
	const char *failed;
	int r;

	ward__gate_fail(NULL, k, error);
	r = ward_job_new(&job, WARD_JOB_OPTS(.on_owner_death = WARD_KILL));
	CHECK((r == 0) == (job != NULL));
	if (r == 0)
		r = ward_spawn(&w, CHILD("catch"),
		               WARD_SPAWN_OPTS(.job = job,
		                               .in = { .kind = WARD_FD_NULL },
		                               .out = { .kind = WARD_FD_NULL }));
	if (r == 0)
		live(job);
	failed = ward__gate_failed();
	ward__gate_fail(NULL, 0, 0);
	if (job)
		CHECK_EQ(ward_job_kill(job), 0);
	if (job)
		check_empty(job);
	if (w)
		expect_signal(w, SIGKILL);
	ward_job_close(job);
	if (!CHECK(check_state_unchanged()))
		check_note("... when call %d, %s, failed", k, failed ? failed : "(none)");
	return failed != NULL;
}

TEST(a_job_survives_the_failure_of_each_of_its_calls)
{
	static const int errors[] = { ENOMEM, EACCES };
	int k = 0;

	try_job(0, 0);
	for (int i = 0; i < 2; i++) {
		for (k = 1; k < 200; k++)
			if (!try_job(k, errors[i]))
				break;
		CHECK(k > 20 && k < 200);
	}
}
