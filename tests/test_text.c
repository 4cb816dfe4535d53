/* SPDX-License-Identifier: MIT */
/*
 * What is said in words: results, failures, names.
 */
#include "help.h"

static struct ward_exit result(int how, int64_t code, int sig, int core)
{
	struct ward_exit e = WARD_EXIT_INIT;

	e.how = how;
	e.code = code;
	e.signal = sig;
	e.core_dumped = core;
	return e;
}

static void check_exit_text(struct ward_exit e, const char *expected)
{
	char text[64];

	memset(text, 'x', sizeof(text));
	CHECK_EQ(ward_exit_text(&e, text, sizeof(text)), strlen(expected));
	CHECK_STR(text, expected);
}

TEST(results_are_put_into_words)
{
	char abort_text[64];

	check_exit_text(result(WARD_EXITED, 3, -1, 0), "exited with code 3");
	check_exit_text(result(WARD_EXITED, 4294967295, -1, 0),
	                "exited with code 4294967295");
	check_exit_text(result(WARD_SIGNALED, -1, SIGKILL, 0),
	                "killed by signal 9 (KILL)");
	snprintf(abort_text, sizeof(abort_text),
	         "killed by signal %d (ABRT), core dumped", SIGABRT);
	check_exit_text(result(WARD_SIGNALED, -1, SIGABRT, 1), abort_text);
	check_exit_text(result(WARD_LOST, -1, -1, -1), "ended, but its status is lost");
}

TEST(a_short_buffer_cuts_the_words_and_ends_them)
{
	struct ward_exit e = result(WARD_EXITED, 3, -1, 0);
	char text[8];

	memset(text, 'x', sizeof(text));
	CHECK_EQ(ward_exit_text(&e, text, 7), 18);
	CHECK_STR(text, "exited");
	CHECK_EQ(text[7], 'x');
	CHECK_EQ(ward_exit_text(&e, text, 1), 18);
	CHECK_STR(text, "");
	CHECK_EQ(ward_exit_text(&e, text, 0), -EINVAL);
}

/* [true-status] */
TEST(what_is_no_result_is_not_put_into_words)
{
	struct ward_exit e = WARD_EXIT_INIT;
	char text[64] = "as before";

	CHECK_EQ(ward_exit_text(&e, text, sizeof(text)), -EINVAL);
	e.how = 99;
	CHECK_EQ(ward_exit_text(&e, text, sizeof(text)), -EINVAL);
	e = result(WARD_EXITED, 0, -1, 0);
	e.size = 0;
	CHECK_EQ(ward_exit_text(&e, text, sizeof(text)), -EINVAL);
	CHECK_STR(text, "as before");
}

/* [told-why] */
TEST(errors_have_names_and_meanings)
{
	static const struct {
		int code;
		const char *name;
	} errors[] = { { ENOENT, "ENOENT" },   { EACCES, "EACCES" },
		       { EPERM, "EPERM" },     { ENOMEM, "ENOMEM" },
		       { EMFILE, "EMFILE" },   { ENFILE, "ENFILE" },
		       { EAGAIN, "EAGAIN" },   { EINVAL, "EINVAL" },
		       { E2BIG, "E2BIG" },     { ESRCH, "ESRCH" },
		       { ECHILD, "ECHILD" },   { ENOEXEC, "ENOEXEC" },
		       { ENOTDIR, "ENOTDIR" }, { ELOOP, "ELOOP" },
		       { ETXTBSY, "ETXTBSY" }, { ETIMEDOUT, "ETIMEDOUT" },
		       { EBADMSG, "EBADMSG" }, { EPIPE, "EPIPE" },
		       { EBADF, "EBADF" },
		       { ENOSYS, "ENOSYS" },   { ENAMETOOLONG, "ENAMETOOLONG" },
		       { EIO, "EIO" } };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		CHECK_STR(ward_error_name(errors[i].code), errors[i].name);
		CHECK_STR(ward_error_name(-errors[i].code), errors[i].name);
		CHECK_STR(ward_strerror(errors[i].code), ward_strerror(-errors[i].code));
		CHECK(ward_strerror(errors[i].code) && *ward_strerror(errors[i].code));
	}
	CHECK(ward_error_name(ENOTSUP) != NULL);
}

TEST(numbers_without_a_name_have_none)
{
	CHECK(ward_error_name(0) == NULL);
	CHECK(ward_error_name(99999) == NULL);
	CHECK(ward_error_name(INT32_MIN) == NULL);
	CHECK(ward_error_name(ENODATA) != NULL); /* whatever its name is here */
	CHECK(ward_step_name(-1) == NULL);
	CHECK(ward_step_name(999) == NULL);
	CHECK(ward_signal_name(-1) == NULL);
	CHECK(ward_signal_name(0) == NULL);
	CHECK(ward_signal_name(9999) == NULL);
	CHECK(ward_signal_name(INT32_MIN) == NULL);
	/* ... but everything can be explained. */
	CHECK(ward_strerror(0) && *ward_strerror(0));
	CHECK(ward_strerror(99999) && *ward_strerror(99999));
	CHECK(ward_strerror(INT32_MIN) && *ward_strerror(INT32_MIN));
}

/* [told-why] */
TEST(every_step_has_a_name_of_its_own)
{
	CHECK_STR(ward_step_name(WARD_STEP_CHDIR), "chdir");
	CHECK_STR(ward_step_name(WARD_STEP_EXEC), "exec");
	for (int a = WARD_STEP_OPTIONS; a < WARD_STEP_COUNT_; a++) {
		if (!CHECK(ward_step_name(a) != NULL))
			continue;
		for (int b = WARD_STEP_OPTIONS; b < a; b++)
			CHECK(strcmp(ward_step_name(a), ward_step_name(b)) != 0);
	}
}

TEST(signals_have_names)
{
	static const struct {
		int number;
		const char *name;
	} names[] = { HOST_SIGNALS };
	char with_sig[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_STR(ward_signal_name(names[i].number), names[i].name);
		CHECK_EQ(ward_signal_number(names[i].name), names[i].number);
		snprintf(with_sig, sizeof(with_sig), "SIG%s", names[i].name);
		CHECK_EQ(ward_signal_number(with_sig), names[i].number);
	}
}

TEST(signals_are_understood_in_every_spelling)
{
	CHECK_EQ(ward_signal_number("sigterm"), SIGTERM);
	CHECK_EQ(ward_signal_number("term"), SIGTERM);
	CHECK_EQ(ward_signal_number("SigTerm"), SIGTERM);
	CHECK_EQ(ward_signal_number("15"), 15);
	CHECK_EQ(ward_signal_number("0"), 0);
	CHECK_EQ(ward_signal_number("EXIT"), 0);
#ifdef SIGRTMIN
	CHECK_EQ(ward_signal_number("RTMIN"), SIGRTMIN);
	CHECK_EQ(ward_signal_number("RTMIN+3"), SIGRTMIN + 3);
	CHECK_EQ(ward_signal_number("SIGRTMIN+3"), SIGRTMIN + 3);
	CHECK_STR(ward_signal_name(SIGRTMIN + 3), "RTMIN+3");
#endif
	for (int sig = 1; sig < 129; sig++)
		if (ward_signal_name(sig))
			CHECK_EQ(ward_signal_number(ward_signal_name(sig)), sig);
}

TEST(what_is_no_signal_is_refused)
{
	static const char *const bad[] = {
		"", " ", "SIG", "TERMINATE", "TER", "-1", "-TERM", "+9", "9x", " 9", "9 ",
		"999", "99999999999999999999", "RTMIN+", "RTMIN+99", "RTMIN-1",
		"RTMIN+-1", "RTMIX", "RTMAXX", "RTMAX-", "SIGSIGTERM", "SIG15",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK_EQ(ward_signal_number(bad[i]), -EINVAL))
			check_note("that was \"%s\"", bad[i]);
	CHECK_EQ(ward_signal_number(NULL), -EINVAL);
}

static bool holds(const char *text, const char *part)
{
	if (strstr(text, part))
		return true;
	check_note("\"%s\" does not say \"%s\"", text, part);
	return false;
}

/* [told-why] */
TEST(a_failure_is_told_with_step_path_and_reason)
{
	struct ward_error error = WARD_ERROR_INIT;
	char text[768];
	int len;

	error.step = WARD_STEP_CHDIR;
	error.code = -ENOENT;
	error.os_error = ENOENT;
	error.number = -1;
	snprintf(error.path, sizeof(error.path), "/srv/x");
	len = ward_error_text(&error, text, sizeof(text));
	CHECK_EQ(len, strlen(text));
	CHECK_STR(text,
	          "cannot change to the directory '/srv/x': no such file or directory");
	for (int step = WARD_STEP_OPTIONS; step < WARD_STEP_COUNT_; step++) {
		error.step = step;
		CHECK(ward_error_text(&error, text, sizeof(text)) > 10);
	}
	error.step = WARD_STEP_EXEC;
	ward_error_text(&error, text, sizeof(text));
	CHECK(holds(text, "/srv/x"));
	error.step = WARD_STEP_FD;
	error.number = 1234;
	error.path[0] = '\0';
	ward_error_text(&error, text, sizeof(text));
	CHECK(holds(text, "1234"));
}

TEST(the_longest_failure_fits_into_768_bytes)
{
	struct ward_error error = WARD_ERROR_INIT;
	char text[768];

	memset(error.path, 'p', sizeof(error.path) - 1);
	error.number = INT64_MAX;
	for (int step = WARD_STEP_NONE; step < WARD_STEP_COUNT_; step++)
		for (int code = 0; code < 140; code++) {
			error.step = step;
			error.code = -code;
			error.os_error = code;
			CHECK(ward_error_text(&error, text, sizeof(text)) < 768);
		}
}

TEST(a_short_buffer_cuts_a_failure_and_ends_it)
{
	struct ward_error error = WARD_ERROR_INIT;
	char text[12];

	error.step = WARD_STEP_EXEC;
	error.code = -ENOENT;
	memset(text, 'x', sizeof(text));
	CHECK(ward_error_text(&error, text, 11) > 11);
	CHECK_EQ(strlen(text), 10);
	CHECK_EQ(text[11], 'x');
	CHECK_EQ(ward_error_text(&error, text, 0), -EINVAL);
	error.size = 0;
	CHECK_EQ(ward_error_text(&error, text, sizeof(text)), -EINVAL);
}

TEST(the_version_is_that_of_the_header)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "%d.%d.%d", WARD_VERSION_MAJOR,
	         WARD_VERSION_MINOR, WARD_VERSION_PATCH);
	CHECK_STR(ward_version(), expected);
}
