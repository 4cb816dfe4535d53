/* SPDX-License-Identifier: MIT */
/*
 * Descriptors and HANDLEs on Windows: the child has exactly those that it was given, and
 * the caller's are as they were.
 */
#include "able.h"
#include "check_state.h"
#include "help.h"

static char out[1 << 16];

static struct ward_stdio handle_source(HANDLE h)
{
	return (struct ward_stdio){ .kind = WARD_FD_HANDLE,
		                    .handle = (uint64_t)(uintptr_t)h };
}

/* [sealed-fds] */
TEST(by_default_the_child_has_0_1_2_and_nothing_else)
{
	SECURITY_ATTRIBUTES inheritable = { sizeof(inheritable), NULL, TRUE };
	HANDLE event = CreateEventW(&inheritable, TRUE, FALSE, NULL);
	int plain = _open("NUL", _O_RDWR);            /* inheritable */

	output_of(CHILD("print-fd-numbers"), NULL, out, sizeof(out));
	CHECK_STR(out, "0 1 2 \n");
	output_of(CHILD("count-handles"), NULL, out, sizeof(out));
	CHECK_STR(out, "3\n");
	close(plain);
	CloseHandle(event);
}

TEST(further_descriptors_are_passed_under_their_numbers)
{
	int a[2], b[2];
	struct ward_fd fds[3] = { { .fd = 9 }, { .fd = 3 }, { .fd = 200 } };
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.fds = fds, .n_fds = 3);

	make_pipe(a);
	make_pipe(b);
	fds[0].from = (struct ward_stdio)GIVEN(a[1]);
	fds[1].from = (struct ward_stdio)GIVEN(b[1]);
	fds[2].from = (struct ward_stdio){ .kind = WARD_FD_CHILD, .fd = 9 };
	output_of(CHILD("print-fd-numbers"), &opts, out, sizeof(out));
	CHECK_STR(out, "0 1 2 3 9 200 \n");
	expect_exit(spawn_or_fail(CHILD("write", "9", "to a"), &opts), 0);
	expect_exit(spawn_or_fail(CHILD("write", "3", "to b"), &opts), 0);
	expect_exit(spawn_or_fail(CHILD("write", "200", ", too"), &opts), 0);
	close(a[1]);
	close(b[1]);
	read_all(a[0], out, sizeof(out));
	CHECK_STR(out, "to a, too");
	read_all(b[0], out, sizeof(out));
	CHECK_STR(out, "to b");
	close(a[0]);
	close(b[0]);
}

TEST(a_handle_is_passed_whether_it_can_be_inherited_or_not)
{
	HANDLE ends[2];

	REQUIRE(CreatePipe(&ends[0], &ends[1], NULL, 0));
	for (int i = 0; i < 2; i++) {
		DWORD flags = i ? HANDLE_FLAG_INHERIT : 0, after = 0;
		char text[8] = "";
		DWORD n = 0;

		SetHandleInformation(ends[1], HANDLE_FLAG_INHERIT, flags);
		expect_exit(spawn_or_fail(CHILD("write", "1", "x"),
		                          WARD_SPAWN_OPTS(.out = handle_source(ends[1]))),
		            0);
		REQUIRE(ReadFile(ends[0], text, 1, &n, NULL));
		CHECK_STR(text, "x");
		REQUIRE(GetHandleInformation(ends[1], &after));
		CHECK_EQ(after, flags);
	}
	CloseHandle(ends[0]);
	CloseHandle(ends[1]);
}

TEST(what_is_no_handle_is_refused)
{
	HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
	struct ward_error error;

	CloseHandle(event);
	error = spawn_fails(CHILD("exit", "0"),
	                    WARD_SPAWN_OPTS(.err = handle_source(event)), -EBADF,
	                    WARD_STEP_FD);
	CHECK_EQ(error.number, 2);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.in = GIVEN(1000)), -EBADF,
	            WARD_STEP_FD);
}

TEST(descriptors_may_be_closed_or_the_null_device)
{
	output_of(CHILD("print-fd-numbers"),
	          WARD_SPAWN_OPTS(.err = { .kind = WARD_FD_CLOSED }), out, sizeof(out));
	CHECK_STR(out, "0 1 \n");
	expect_exit(spawn_or_fail(CHILD("cat"),
	                          WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL },
	                                          .out = { .kind = WARD_FD_NULL })),
	            0);
}

TEST(stderr_may_be_the_same_as_stdout)
{
	struct ward_spawn_opts opts =
		*WARD_SPAWN_OPTS(.err = { .kind = WARD_FD_CHILD, .fd = 1 });

	output_of(CHILD("write", "2", "two\n"), &opts, out, sizeof(out));
	CHECK_STR(out, "two\n");
}

/* ------------------------------------------------------------------------- paths */

static void contents(const char *path, char *text, size_t size)
{
	int fd = host_open(path, _O_RDONLY);

	REQUIRE(fd >= 0);
	read_all(fd, text, size);
	close(fd);
}

TEST(a_path_is_opened_for_what_its_place_needs)
{
	struct folder folder = folder_make();
	char in[300], to[300], text[64];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

	folder_write(&folder, "in", "what is in the file", 0600, in, sizeof(in));
	opts.in = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = in };
	opts.out = (struct ward_stdio){
		.kind = WARD_FD_PATH, .path = folder_file(&folder, "out", to, sizeof(to))
	};
	expect_exit(spawn_or_fail(CHILD("cat"), &opts), 0);
	contents(to, text, sizeof(text));
	CHECK_STR(text, "what is in the file");
	folder_remove(&folder);
}

TEST(a_path_is_opened_as_asked)
{
	struct folder folder = folder_make();
	char path[300], text[64];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

	folder_write(&folder, "log", "old\n", 0644, path, sizeof(path));
	opts.out = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = path,
		                        .flags = WARD_FILE_WRITE | WARD_FILE_APPEND };
	expect_exit(spawn_or_fail(CHILD("write", "1", "new\n"), &opts), 0);
	contents(path, text, sizeof(text));
	CHECK_STR(text, "old\nnew\n");
	opts.out.flags = WARD_FILE_WRITE | WARD_FILE_CREATE | WARD_FILE_EXCLUSIVE;
	spawn_fails(CHILD("write", "1", "x"), &opts, -EEXIST, WARD_STEP_OPEN);
	opts.out.flags = WARD_FILE_WRITE;
	folder_file(&folder, "missing", path, sizeof(path));
	spawn_fails(CHILD("write", "1", "x"), &opts, -ENOENT, WARD_STEP_OPEN);
	folder_remove(&folder);
}

/* --------------------------------------------------------------------- at the same time */

enum { THREADS = 4 };

static atomic_int stop, wrong;

/* What another library does: handles that can be inherited, for a moment. */
static void *litter(void *arg)
{
	SECURITY_ATTRIBUTES inheritable = { sizeof(inheritable), NULL, TRUE };

	while (!atomic_load(&stop)) {
		HANDLE ends[2];

		if (CreatePipe(&ends[0], &ends[1], &inheritable, 0)) {
			CloseHandle(ends[0]);
			CloseHandle(ends[1]);
		}
	}
	return arg;
}

/* Each thread's children get a pipe that the others' must not have, or it would not end. */
static void *start_with_pipe(void *arg)
{
	int n = *(const int *)arg;
	char text[64];

	for (int i = 0; i < n; i++) {
		output_of(CHILD("count-handles"), NULL, text, sizeof(text));
		if (strcmp(text, "3\n") != 0)
			atomic_fetch_add(&wrong, 1);
	}
	return arg;
}

/* [sealed-fds] [threads] */
TEST(starts_at_once_with_different_handles_leak_nothing)
{
	struct host_thread threads[THREADS], other;
	int n = check_scaled(50);

	host_thread_start(&other, litter, NULL);
	for (int i = 0; i < THREADS; i++)
		host_thread_start(&threads[i], start_with_pipe, &n);
	for (int i = 0; i < THREADS; i++)
		host_thread_join(&threads[i]);
	atomic_store(&stop, 1);
	host_thread_join(&other);
	CHECK_EQ(atomic_load(&wrong), 0);
}

/* [sealed-fds] If another child held its end open, the pipe would not end. */
TEST(the_end_of_a_pipe_is_seen_at_once)
{
	struct talk holder[4];
	int ends[2];
	char byte;

	make_pipe(ends);
	for (int i = 0; i < 4; i++)
		holder[i] = talk_start_ready(CHILD("ready"), NULL);
	close(ends[1]);
	CHECK_EQ(host_read(ends[0], &byte, 1), 0);
	close(ends[0]);
	for (int i = 0; i < 4; i++)
		talk_end(&holder[i]);
}
