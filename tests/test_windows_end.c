/* SPDX-License-Identifier: MIT */
/*
 * Ends, signals and questions as Windows has them: codes of 32 bits, crashes, jobs,
 * consoles, priorities, and who is whose child.
 */
#include "help_windows.h"

#include "gate.h"

static struct ward_exit end_of(const char *code)
{
	struct ward *w = spawn_or_fail(CHILD("exit", code), NULL);
	struct ward_exit e = wait_or_fail(w);

	ward_close(w);
	return e;
}

/* [true-status] 259 is what GetExitCodeProcess says of a process that runs. */
TEST(codes_have_32_bits_and_none_is_special)
{
	static const struct {
		const char *text;
		int64_t code;
	} codes[] = {
		{ "0", 0 },
		{ "256", 256 },
		{ "259", 259 },
		{ "137", 137 },
		{ "-1", 0xFFFFFFFF },
		{ "0x80000003", 0x80000003 },
		{ "0xE06D7363", 0xE06D7363 },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct ward_exit e = end_of(codes[i].text);

		CHECK_EQ(e.how, WARD_EXITED);
		CHECK_EQ(e.code, codes[i].code);
		CHECK_EQ(e.signal, -1);
	}
}

/* [true-status] */
TEST(crashes_are_told_with_the_nearest_signal_and_their_code)
{
	static const struct {
		const char *text;
		int64_t code;
		int signal;
	} crashes[] = {
		{ "0xC0000005", 0xC0000005, SIGSEGV },
		{ "0xC00000FD", 0xC00000FD, SIGSEGV },
		{ "0xC000001D", 0xC000001D, SIGILL },
		{ "0xC0000094", 0xC0000094, SIGFPE },
		{ "0xC000013A", 0xC000013A, SIGINT },
		{ "0xC0000409", 0xC0000409, SIGABRT },
		{ "0xC0000135", 0xC0000135, SIGABRT },
	};

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
		struct ward_exit e = end_of(crashes[i].text);

		CHECK_EQ(e.how, WARD_SIGNALED);
		CHECK_EQ(e.signal, crashes[i].signal);
		CHECK_EQ(e.code, crashes[i].code);
		CHECK_EQ(e.core_dumped, 0);
	}
}

TEST(a_real_crash_is_one)
{
	struct ward *w = spawn_or_fail(CHILD("raise", "SEGV"), NULL);
	struct ward_exit e = wait_or_fail(w);

	/* The runtime may turn the signal into code 3, as Microsoft's does. */
	CHECK((e.how == WARD_SIGNALED && e.signal == SIGSEGV) ||
	      (e.how == WARD_EXITED && e.code == 3));
	ward_close(w);
}

/* [true-status] */
TEST(who_is_killed_was_and_who_exits_so_was_not)
{
	struct ward *w = spawn_or_fail(CHILD("ready"), NULL);
	struct ward_exit e;

	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	e = wait_or_fail(w);
	CHECK_EQ(e.how, WARD_SIGNALED);
	CHECK_EQ(e.signal, SIGKILL);
	CHECK_EQ(e.code, 137);
	CHECK_EQ(ward_signal(w, SIGKILL), -ESRCH);
	CHECK_EQ(ward_signal(w, 0), -ESRCH);
	ward_close(w);

	/* It had ended by itself when the signal came. */
	w = spawn_or_fail(CHILD("exit", "137"), NULL);
	CHECK_EQ(WaitForSingleObject(ward_windows_handle(w), 40000), WAIT_OBJECT_0);
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	expect_exit(w, 137);
}

TEST(usage_is_told)
{
	struct ward *w = spawn_or_fail(CHILD("spin", "50"), NULL);
	struct ward_exit e = wait_or_fail(w);

	CHECK_EQ(e.has_usage, 1);
	CHECK(e.user_ns >= 0 && e.system_ns >= 0);
	CHECK(on_wine() || e.user_ns + e.system_ns > 0);
	CHECK(on_wine() || e.max_rss_bytes > 4096);
	CHECK_EQ(e.major_faults, -1);
	CHECK_EQ(e.voluntary_switches, -1);
	ward_close(w);
}

/* -------------------------------------------------------------------------- signals */

TEST(what_windows_cannot_send_is_said)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);

	CHECK_EQ(ward_signal(t.w, 0), 0);
	CHECK_EQ(ward_signal(t.w, SIGINT), -ENOTSUP);
	CHECK_EQ(ward_signal(t.w, SIGTERM), -ENOTSUP);
	CHECK_EQ(ward_signal(t.w, SIGABRT), -EINVAL);
	CHECK_EQ(ward_signal(t.w, SIGBREAK), -EINVAL);
	CHECK_EQ(ward_signal(t.w, 1), -EINVAL);
	CHECK_EQ(ward_signal_group(t.w, SIGTERM), -ESRCH);
	CHECK_EQ(ward_signal_group(t.w, 0), -ESRCH);
	talk_end(&t);
}

TEST(a_group_is_reached_through_the_console_or_not_at_all)
{
	struct talk t = talk_start_ready(CHILD("catch"),
	                                 WARD_SPAWN_OPTS(.flags = WARD_SPAWN_PGROUP));
	struct ward_exit e = WARD_EXIT_INIT;
	int r;

	CHECK_EQ(ward_signal_group(t.w, 0), 0);
	CHECK_EQ(ward_signal_group(t.w, SIGKILL), -ENOTSUP);
	r = ward_signal(t.w, SIGTERM);
	if (r == 0) {
		CHECK_EQ(ward_wait(t.w, SECONDS(40), &e), 1);
		CHECK_EQ(e.code, 64 + CTRL_BREAK_EVENT);
	} else {
		CHECK_EQ(r, -ENOTSUP);
		check_note("there is no console");
		ward_signal(t.w, SIGKILL);
	}
	talk_end(&t);
}

TEST(stopping_goes_on_to_the_step_that_works)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_exit e = WARD_EXIT_INIT;
	int64_t before = host_now_ns();

	CHECK_EQ(ward_stop(t.w, NULL, 0, &e), 2);
	CHECK_EQ(e.signal, SIGKILL);
	CHECK(host_now_ns() - before < SECONDS(4)); /* nothing sent, nothing waited for */
	talk_end(&t);
}

TEST(ending_one_that_has_ended_is_no_error)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), NULL);
	HANDLE handle = ward_windows_handle(w);

	CHECK_EQ(WaitForSingleObject(handle, 40000), WAIT_OBJECT_0);
	CHECK(!TerminateProcess(handle, 9) || on_wine());
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	expect_exit(w, 3);
}

/* ----------------------------------------------------------------------------- jobs */

/* Let in by what is asked for here, and killed with it. */
static HANDLE make_job(DWORD limits)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION info;
	HANDLE job = CreateJobObjectW(NULL, NULL);

	memset(&info, 0, sizeof(info));
	info.BasicLimitInformation.LimitFlags = limits;
	info.BasicLimitInformation.ActiveProcessLimit = 1;
	REQUIRE(job != NULL);
	REQUIRE(SetInformationJobObject(job, JobObjectExtendedLimitInformation, &info,
	                                sizeof(info)));
	return job;
}

TEST(a_process_is_born_in_its_job_and_dies_with_it)
{
	HANDLE job = make_job(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
	struct talk t = talk_start_ready(
		CHILD("ready"),
		WARD_SPAWN_OPTS(.windows = WARD_WINDOWS_OPTS(.job = job)));
	struct ward_exit e = WARD_EXIT_INIT;
	BOOL is_in = FALSE;

	CHECK(IsProcessInJob(ward_windows_handle(t.w), job, &is_in) && is_in);
	CloseHandle(job);
	CHECK_EQ(ward_wait(t.w, SECONDS(40), &e), 1);
	CHECK_EQ(e.how, WARD_EXITED);
	talk_end(&t);
}

TEST(a_grandchild_dies_with_the_job_too)
{
	HANDLE job = make_job(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE);
	struct talk t =
		talk_start(CHILD("fork-and-hold"),
	                   WARD_SPAWN_OPTS(.windows = WARD_WINDOWS_OPTS(.job = job)));
	char byte;

	CHECK_EQ(ward_wait(t.w, SECONDS(40), NULL), 1);
	CHECK(!host_is_silent(t.from));       /* the grandchild holds the pipe */
	CloseHandle(job);
	CHECK_EQ(host_read(t.from, &byte, 1), 0);
	talk_end(&t);
}

TEST(what_is_no_job_is_told)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	struct ward_error error = spawn_fails(
		CHILD("exit", "0"),
		WARD_SPAWN_OPTS(.windows = WARD_WINDOWS_OPTS(.job = event)), -EBADF,
		WARD_STEP_JOB);

	CHECK_EQ(error.os_error, ERROR_INVALID_HANDLE);
	CloseHandle(event);
}

TEST(a_job_that_may_not_be_entered_is_told)
{
	HANDLE job = make_job(0), weak = NULL;

	REQUIRE(DuplicateHandle(GetCurrentProcess(), job, GetCurrentProcess(), &weak,
	                        JOB_OBJECT_QUERY, FALSE, 0));
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.windows = WARD_WINDOWS_OPTS(.job = weak)), -EACCES,
	            WARD_STEP_JOB);
	CloseHandle(weak);
	CloseHandle(job);
}

TEST(a_job_that_is_full_is_told)
{
	HANDLE job = make_job(JOB_OBJECT_LIMIT_ACTIVE_PROCESS);
	const struct ward_windows_opts *in_job = WARD_WINDOWS_OPTS(.job = job);
	struct talk t =
		talk_start_ready(CHILD("ready"), WARD_SPAWN_OPTS(.windows = in_job));

	if (on_wine())
		check_note("Wine counts the processes of a job, but does not limit them");
	else
		spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.windows = in_job),
		            -EAGAIN, WARD_STEP_JOB);
	talk_end(&t);
	CloseHandle(job);
}

/* ---------------------------------------------------------------- console, priority */

TEST(each_console_can_be_chosen)
{
	static const uint32_t consoles[] = { WARD_CONSOLE_INHERIT, WARD_CONSOLE_HIDDEN,
		                             WARD_CONSOLE_NEW, WARD_CONSOLE_DETACHED };
	char text[64];

	for (size_t i = 0; i < 4; i++) {
		if (consoles[i] == WARD_CONSOLE_NEW && on_wine())
			continue;                 /* it starts a desktop, which stays */
		windows_output_of(CHILD("print-console"),
		                  WARD_SPAWN_OPTS(.windows = WARD_WINDOWS_OPTS(
		                                          .console = consoles[i])),
		                  text, sizeof(text));
		check_note("console %lu: %s", (unsigned long)consoles[i], text);
		CHECK(consoles[i] != WARD_CONSOLE_DETACHED || !strcmp(text, "none\n"));
		CHECK(consoles[i] != WARD_CONSOLE_HIDDEN ||
		      strcmp(text, "window\n") != 0);
	}
}

TEST(niceness_chooses_a_priority_class)
{
	static const struct {
		int nice;
		const char *text;
	} classes[] = {
		{ -20, "0x80\n" }, { -10, "0x8000\n" }, { 0, "0x20\n" },
		{ 10, "0x4000\n" }, { 19, "0x40\n" },
	};
	char text[64];

	if (on_wine())
		SKIP("Wine passes over the priority class of a start");
	for (size_t i = 0; i < 5; i++) {
		windows_output_of(CHILD("print-priority"),
		                  WARD_SPAWN_OPTS(.flags = WARD_SPAWN_NICE,
		                                  .nice = classes[i].nice),
		                  text, sizeof(text));
		CHECK_STR(text, classes[i].text);
	}
}

TEST(processors_are_chosen_before_it_runs)
{
	const uint32_t first = 0, none = 63, beyond = 64;
	char text[64];

	windows_output_of(CHILD("print-affinity"),
	                  WARD_SPAWN_OPTS(.cpus = &first, .n_cpus = 1), text,
	                  sizeof(text));
	CHECK_STR(text, "0x1\n");
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cpus = &none, .n_cpus = 1),
	            -EINVAL, WARD_STEP_AFFINITY);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.cpus = &beyond, .n_cpus = 1),
	            -EINVAL, WARD_STEP_AFFINITY);
}

/* ------------------------------------------------------------- open, take, identity */

TEST(numbers_that_are_rounded_are_not_taken_for_a_process)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *w = NULL;

	for (int i = 1; i < 4; i++)
		CHECK_EQ(ward_open(&w, ward_pid(t.w) + i, 0), -ESRCH);
	CHECK_EQ(ward_open(&w, GetCurrentThreadId(), 0), -EINVAL);
	CHECK_EQ(ward_open(&w, INT64_C(1) << 32, 0), -EINVAL);
	CHECK(w == NULL);
	talk_end(&t);
}

TEST(a_child_is_told_from_a_stranger)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward *w = NULL;

	CHECK_EQ(ward_open(&w, ward_pid(t.w), WARD_OPEN_CHILD), 0);
	CHECK_EQ(ward_hold(w), WARD_HOLD_KERNEL);
	ward_close(w);
	w = NULL;
	CHECK_EQ(ward_open(&w, host_parent_pid(), WARD_OPEN_CHILD), -ECHILD);
	CHECK(w == NULL);
	talk_end(&t);
}

/* The first one in the system's list. */
static int64_t child_of(int64_t parent)
{
	HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	PROCESSENTRY32W e = { .dwSize = sizeof(e) };
	int64_t child = 0;
	BOOL more = Process32FirstW(all, &e);

	for (; more && child == 0; more = Process32NextW(all, &e))
		if (e.th32ParentProcessID == (DWORD)parent)
			child = (int64_t)e.th32ProcessID;
	CloseHandle(all);
	return child;
}

TEST(a_grandchild_that_outlives_its_parent_is_held_as_well)
{
	struct talk t = talk_start(CHILD("fork-and-hold"), NULL);
	struct ward_info info = WARD_INFO_INIT;
	struct ward *w = NULL;

	CHECK_EQ(ward_wait(t.w, SECONDS(40), NULL), 1);
	REQUIRE_EQ(ward_open(&w, child_of(ward_pid(t.w)), 0), 0);
	CHECK_EQ(ward_info(w, &info), 0);
	CHECK_EQ(info.pid, ward_pid(w));
	CHECK_EQ(ward_signal(w, SIGKILL), 0);
	CHECK_EQ(ward_wait(w, SECONDS(40), NULL), 1);
	ward_close(w);
	talk_end(&t);
}

TEST(a_handle_is_taken_when_it_is_a_process_with_the_rights)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	DWORD pid = (DWORD)ward_pid(t.w);
	HANDLE whole =
		OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
	HANDLE partial = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	struct ward *w = NULL;

	CHECK_EQ(ward_windows_take(&w, event), -EBADF);
	CHECK_EQ(ward_windows_take(&w, GetCurrentProcess()), -EBADF);
	CHECK_EQ(ward_windows_take(&w, partial), -EACCES);
	CHECK_EQ(ward_windows_take(&w, NULL), -EINVAL);
	CHECK_EQ(ward_windows_take(NULL, whole), -EINVAL);
	CHECK(w == NULL);
	REQUIRE_EQ(ward_windows_take(&w, whole), 0);
	CHECK(ward_windows_handle(w) == whole);
	CHECK(ward_windows_handle(NULL) == NULL);
	CHECK_EQ(ward_pid(w), pid);
	CHECK_EQ(ward_signal(w, 0), 0);
	CHECK_EQ(ward_signal(w, SIGKILL), -EPERM);
	ward_close(w);
	CloseHandle(partial);
	CloseHandle(event);
	talk_end(&t);
}

TEST(identity_is_the_time_of_creation)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = WARD_ID_INIT, other;
	FILETIME born, unused[3];
	struct ward *w = NULL;

	REQUIRE_EQ(ward_identity(t.w, &id), 0);
	REQUIRE(GetProcessTimes(ward_windows_handle(t.w), &born, &unused[0], &unused[1],
	                        &unused[2]));
	CHECK_EQ(id.kind, WARD_ID_START);
	CHECK_EQ(id.has_boot, 0);
	CHECK(id.number == ((uint64_t)born.dwHighDateTime << 32 | born.dwLowDateTime));
	other = id;
	other.number++;
	CHECK_EQ(ward_open_id(&w, &other), -ESRCH);
	other = id;
	other.kind = WARD_ID_INODE;
	CHECK_EQ(ward_open_id(&w, &other), -ENOTSUP);
	other = id;
	other.pid++;
	CHECK_EQ(ward_open_id(&w, &other), -ESRCH);
	CHECK_EQ(ward_open_id(&w, &id), 0);
	ward_close(w);
	talk_end(&t);
}

/* --------------------------------------------------------------------------- faults */

/*
 * [reserve-first] Each call of a start fails once; nothing is left, which is looked at.
 */
TEST(a_start_that_fails_anywhere_leaves_nothing)
{
	const uint32_t cpu = 0;
	struct ward_fd fd = { .fd = 5, .from = { .kind = WARD_FD_NULL } };
	int n;

	for (n = 1; n < 200; n++) {
		struct ward_error error = WARD_ERROR_INIT;
		struct ward *w = NULL;
		int r;

		ward__gate_fail(NULL, n, ENOMEM);
		r = ward_spawn(&w, CHILD("exit", "0"),
		               WARD_SPAWN_OPTS(.file = "child", .cwd = ".", .fds = &fd,
		                               .n_fds = 1, .cpus = &cpu, .n_cpus = 1,
		                               .env_set = (const char *const[]){
							"PATH=.;C:\\windows", NULL },
		                               .on_close = WARD_KILL_WAIT,
		                               .error = &error));
		if (!ward__gate_failed()) {
			ward__gate_fail(NULL, 0, 0);
			ward_close(w);
			break;
		}
		ward__gate_fail(NULL, 0, 0);
		CHECK((r < 0) == (w == NULL));
		CHECK(r == 0 || error.step != WARD_STEP_NONE);
		ward_close(w);
	}
	CHECK(n > 15 && n < 200);
}
