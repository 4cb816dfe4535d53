/* SPDX-License-Identifier: MIT */
/*
 * What a child inherits: exactly the handles that it was given, whatever else in the
 * caller is inheritable and whatever other threads start meanwhile; and how it finds
 * them.
 */
#include "help_windows.h"

static HANDLE inheritable_event(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE event = CreateEventW(&inherit, TRUE, FALSE, NULL);

	REQUIRE(event != NULL);
	return event;
}

static struct ward_stdio handle_source(HANDLE handle)
{
	return (struct ward_stdio){ .kind = WARD_FD_HANDLE,
		                    .handle = (uint64_t)(uintptr_t)handle };
}

static bool is_inheritable(HANDLE handle)
{
	DWORD flags = 0;

	REQUIRE(GetHandleInformation(handle, &flags));
	return flags & HANDLE_FLAG_INHERIT;
}

/* A runtime passes over what is no file, in Wine. */
static HANDLE inheritable_file(void)
{
	SECURITY_ATTRIBUTES inherit = { sizeof(inherit), NULL, TRUE };
	HANDLE file = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ, &inherit,
	                          OPEN_EXISTING, 0, NULL);

	REQUIRE(file != INVALID_HANDLE_VALUE);
	return file;
}

/* How many inheritable handles a child has; its stdout is one of them. */
static int handles_of(const struct ward_spawn_opts *opts)
{
	char text[64];

	windows_output_of(CHILD("count-handles"), opts, text, sizeof(text));
	return atoi(text);
}

/* [sealed-fds] */
TEST(inheritable_handles_of_the_caller_are_not_inherited)
{
	const struct ward_stdio closed = { .kind = WARD_FD_CLOSED };
	int before = handles_of(WARD_SPAWN_OPTS(.err = closed));
	HANDLE events[50];

	CHECK_EQ(before, 2);                  /* stdin and stdout */
	for (int i = 0; i < 50; i++)
		events[i] = inheritable_event();
	CHECK_EQ(handles_of(WARD_SPAWN_OPTS(.err = closed)), before);
	for (int i = 0; i < 50; i++)
		CloseHandle(events[i]);
}

/* [sealed-fds] */
TEST(handles_that_are_given_stay_as_they_are_in_the_caller)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	struct ward_fd fd = { .fd = 7, .from = handle_source(event) };
	const struct ward_stdio closed = { .kind = WARD_FD_CLOSED };

	REQUIRE(event != NULL);
	CHECK_EQ(handles_of(WARD_SPAWN_OPTS(.err = closed, .fds = &fd, .n_fds = 1)), 3);
	CHECK(!is_inheritable(event));
	CloseHandle(event);
}

TEST(descriptors_are_found_under_their_numbers)
{
	char text[256], byte[2] = "";
	int ends[2], more[2];

	make_pipe(ends);
	make_pipe(more);
	struct ward_fd fds[] = {
		{ .fd = 3, .from = { .kind = WARD_FD_NULL } },
		{ .fd = 9, .from = GIVEN(ends[1]) },
		{ .fd = 40, .from = { .kind = WARD_FD_CHILD, .fd = 9 } },
		{ .fd = 41, .from = { .kind = WARD_FD_CHILD, .fd = 40 } },
		{ .fd = 50, .from = { .kind = WARD_FD_CLOSED } },
		{ .fd = 2047, .from = handle_source((HANDLE)_get_osfhandle(more[0])) },
	};

	windows_output_of(CHILD("print-fd-numbers"),
	                  WARD_SPAWN_OPTS(.fds = fds, .n_fds = 6), text, sizeof(text));
	CHECK_STR(text, "0 1 2 3 9 40 41 2047 \n");
	_close(ends[1]);
	CHECK_EQ(_read(ends[0], byte, 1), 0); /* nobody has it any more */
	_close(ends[0]);
	_close(more[0]);
	_close(more[1]);
}

TEST(descriptors_say_what_they_are)
{
	struct folder f = folder_make();
	char path[300], text[256];
	struct ward_fd fds[] = {
		{ .fd = 3, .from = { .kind = WARD_FD_NULL } },
		{ .fd = 4,
		  .from = { .kind = WARD_FD_PATH,
		            .flags = WARD_FILE_CREATE | WARD_FILE_WRITE } },
	};

	fds[1].from.path = folder_file(&f, "new", path, sizeof(path));
	windows_output_of(
		CHILD("print-fds"),
		WARD_SPAWN_OPTS(.err = { .kind = WARD_FD_NULL }, .fds = fds, .n_fds = 2),
		text, sizeof(text));
	CHECK_STR(text, "0 pipe 1\n1 pipe 1\n2 device 1\n3 device 1\n4 file 1\n");
	folder_remove(&f);
}

TEST(bad_handles_are_named_by_their_number)
{
	HANDLE gone = inheritable_event();
	const HANDLE bad[] = { gone, INVALID_HANDLE_VALUE, GetCurrentThread(),
		               (HANDLE)(uintptr_t)0x7ffffff0 };

	CloseHandle(gone);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ward_fd fd = { .fd = 5, .from = handle_source(bad[i]) };
		struct ward_error error = spawn_fails(
			CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1),
			-EBADF, WARD_STEP_FD);

		CHECK_EQ(error.number, 5);
		CHECK_EQ(error.os_error, ERROR_INVALID_HANDLE);
	}
}

TEST(a_number_beyond_what_runtimes_take_is_refused)
{
	struct ward_fd fd = { .fd = 2048, .from = { .kind = WARD_FD_NULL } };
	struct ward_error error = spawn_fails(
		CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1), -EBADF,
		WARD_STEP_FD);

	CHECK_EQ(error.number, 2048);
}

TEST(inherited_descriptors_are_those_that_the_runtime_may_pass_on)
{
	char text[256];
	int ours[2], theirs[2];

	make_pipe(ours);
	REQUIRE_EQ(_pipe(theirs, 4096, _O_BINARY), 0);
	REQUIRE_EQ(_dup2(theirs[0], 33), 0);
	windows_output_of(CHILD("print-fd-numbers"),
	                  WARD_SPAWN_OPTS(.flags = WARD_SPAWN_INHERIT_FDS), text,
	                  sizeof(text));
	CHECK(strstr(text, " 33 ") != NULL);
	snprintf(text + 200, 50, " %d ", ours[0]);
	CHECK(strstr(text, text + 200) == NULL);
	windows_output_of(CHILD("print-fd-numbers"), NULL, text, sizeof(text));
	CHECK_STR(text, "0 1 2 \n");
	for (int i = 0; i < 2; i++) {
		_close(ours[i]);
		_close(theirs[i]);
	}
	_close(33);
}

/* ----------------------------------------------------------------------------- paths */

static void write_by(const char *path, uint32_t flags, const char *text)
{
	expect_exit(spawn_or_fail(CHILD("write", "1", text),
	                          WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PATH,
	                                                   .path = path,
	                                                   .flags = flags })),
	            0);
}

static const char *text_of(const char *path, char *text, size_t size)
{
	int fd = host_open(path, _O_RDONLY);

	read_all(fd, text, size);
	_close(fd);
	return text;
}

TEST(files_are_opened_as_their_flags_say)
{
	struct folder f = folder_make();
	char path[300], text[64];
	const uint32_t append = WARD_FILE_APPEND | WARD_FILE_CREATE;

	folder_file(&f, "file", path, sizeof(path));
	write_by(path, append, "one");
	write_by(path, append, "two");
	CHECK_STR(text_of(path, text, sizeof(text)), "onetwo");
	write_by(path, WARD_FILE_WRITE, "X");
	CHECK_STR(text_of(path, text, sizeof(text)), "Xnetwo");
	write_by(path, WARD_FILE_APPEND | WARD_FILE_TRUNCATE, "new");
	write_by(path, 0, "newer");
	CHECK_STR(text_of(path, text, sizeof(text)), "newer");
	spawn_fails(CHILD("exit"),
	            WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PATH,
	                                     .path = path,
	                                     .flags = WARD_FILE_WRITE | WARD_FILE_CREATE |
	                                              WARD_FILE_EXCLUSIVE }),
	            -EEXIST, WARD_STEP_OPEN);
	spawn_fails(CHILD("exit"),
	            WARD_SPAWN_OPTS(.out = { .kind = WARD_FD_PATH, .path = f.path }),
	            -EISDIR, WARD_STEP_OPEN);
	folder_remove(&f);
}

/* Two that append at once: at the end, wherever that is by then. */
TEST(two_that_append_do_not_write_over_each_other)
{
	struct folder f = folder_make();
	char path[300], text[64];
	struct ward_stdio out = { .kind = WARD_FD_PATH,
		                  .flags = WARD_FILE_APPEND | WARD_FILE_CREATE |
		                           WARD_FILE_TRUNCATE };
	struct ward *first;
	int hold[2];

	out.path = folder_file(&f, "log", path, sizeof(path));
	make_pipe(hold);
	first = spawn_or_fail(CHILD("cat"),
	                      WARD_SPAWN_OPTS(.in = GIVEN(hold[0]), .out = out));
	out.flags = WARD_FILE_APPEND;
	expect_exit(
		spawn_or_fail(CHILD("write", "1", "second"), WARD_SPAWN_OPTS(.out = out)),
		0);
	CHECK(host_write(hold[1], "first", 5));
	_close(hold[1]);
	_close(hold[0]);
	expect_exit(first, 0);
	CHECK_STR(text_of(path, text, sizeof(text)), "secondfirst");
	folder_remove(&f);
}

/* --------------------------------------------------------------------------- threads */

enum { ROUNDS = 20 };

struct starter {
	struct host_thread thread;
	int number;
	int bad;
};

/* Each child is given one file more than stdio, and would show any other's. */
static void *start_many(void *arg)
{
	struct starter *s = arg;
	const struct ward_stdio closed = { .kind = WARD_FD_CLOSED };
	int rounds = check_scaled(ROUNDS);

	for (int i = 0; i < rounds; i++) {
		HANDLE file = inheritable_file();
		struct ward_fd fd = { .fd = s->number, .from = handle_source(file) };
		char text[64], expected[32];

		windows_output_of(CHILD("print-fd-numbers"),
		                  WARD_SPAWN_OPTS(.err = closed, .fds = &fd, .n_fds = 1),
		                  text, sizeof(text));
		snprintf(expected, sizeof(expected), "0 1 %d \n", s->number);
		s->bad += strcmp(text, expected) != 0;
		s->bad += handles_of(WARD_SPAWN_OPTS(.err = closed, .fds = &fd,
		                                     .n_fds = 1)) != 3;
		CloseHandle(file);
	}
	return NULL;
}

/* [sealed-fds] [threads] */
TEST(two_threads_that_start_at_once_do_not_mix_their_lists)
{
	struct starter starters[2] = { { .number = 5 }, { .number = 6 } };

	for (int i = 0; i < 2; i++)
		host_thread_start(&starters[i].thread, start_many, &starters[i]);
	for (int i = 0; i < 2; i++)
		host_thread_join(&starters[i].thread);
	CHECK_EQ(starters[0].bad, 0);
	CHECK_EQ(starters[1].bad, 0);
}
