/* SPDX-License-Identifier: MIT */
/*
 * Sources of descriptors that make no sense are refused before anything exists, whichever
 * descriptor they are for; never guessed at, never ignored.
 */
#include "able.h"
#include "help_stdio.h"

/* One that is refused for each of stdin, stdout, stderr and a further descriptor. */
static void refused(struct ward_stdio source)
{
	struct ward_fd fd = { .fd = 5, .from = source };

	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.in = source), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.out = source), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.err = source), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = &fd, .n_fds = 1), -EINVAL,
	            WARD_STEP_OPTIONS);
}

#define REFUSED(...) refused((struct ward_stdio){ __VA_ARGS__ })

TEST(unknown_kinds_are_refused)
{
	REFUSED(.kind = WARD_FD_MEMORY + 1);
	REFUSED(.kind = 1000);
	REFUSED(.kind = UINT32_MAX);
}

TEST(a_pipe_takes_one_direction_and_nothing_else)
{
	REFUSED(.kind = WARD_FD_PIPE, .flags = WARD_FILE_READ | WARD_FILE_WRITE);
	REFUSED(.kind = WARD_FD_PIPE, .flags = WARD_FILE_APPEND);
	REFUSED(.kind = WARD_FD_PIPE, .flags = WARD_FILE_WRITE | WARD_FILE_CREATE);
	REFUSED(.kind = WARD_FD_PIPE, .flags = WARD_MEMORY_FILE);
	REFUSED(.kind = WARD_FD_PIPE, .flags = 1u << 31);
	REFUSED(.kind = WARD_FD_PIPE, .path = "/dev/null");
	REFUSED(.kind = WARD_FD_PIPE, .mode = 0644);
	REFUSED(.kind = WARD_FD_PIPE, .fd = 1);
	REFUSED(.kind = WARD_FD_PIPE, .handle = 4);
	REFUSED(.kind = WARD_FD_PIPE, .data = "x");
	REFUSED(.kind = WARD_FD_PIPE, .data_size = 1);
	REFUSED(.kind = WARD_FD_PIPE, .reserved = { 1 });
	REFUSED(.kind = WARD_FD_PIPE, .reserved = { 0, 1 });
}

TEST(a_socket_takes_no_settings)
{
	REFUSED(.kind = WARD_FD_SOCKET, .flags = WARD_FILE_READ);
	REFUSED(.kind = WARD_FD_SOCKET, .flags = WARD_FILE_WRITE);
	REFUSED(.kind = WARD_FD_SOCKET, .path = "/tmp/socket");
	REFUSED(.kind = WARD_FD_SOCKET, .mode = 0600);
	REFUSED(.kind = WARD_FD_SOCKET, .fd = 1);
	REFUSED(.kind = WARD_FD_SOCKET, .handle = 4);
	REFUSED(.kind = WARD_FD_SOCKET, .data = "x", .data_size = 1);
	REFUSED(.kind = WARD_FD_SOCKET, .reserved = { 1 });
}

TEST(a_terminal_takes_its_settings_elsewhere)
{
	REFUSED(.kind = WARD_FD_PTY, .flags = WARD_FILE_READ);
	REFUSED(.kind = WARD_FD_PTY, .flags = WARD_PTY_NO_ECHO);
	REFUSED(.kind = WARD_FD_PTY, .path = "/dev/tty");
	REFUSED(.kind = WARD_FD_PTY, .mode = 0600);
	REFUSED(.kind = WARD_FD_PTY, .fd = 1);
	REFUSED(.kind = WARD_FD_PTY, .handle = 4);
	REFUSED(.kind = WARD_FD_PTY, .data = "x", .data_size = 1);
	REFUSED(.kind = WARD_FD_PTY, .reserved = { 1 });
}

TEST(memory_needs_bytes_and_only_them)
{
	REFUSED(.kind = WARD_FD_MEMORY, .data = NULL, .data_size = 1);
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1,
	        .flags = WARD_FILE_READ);
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1,
	        .flags = WARD_MEMORY_FILE | WARD_FILE_WRITE);
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1, .flags = 1u << 9);
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1, .path = "x");
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1, .mode = 0600);
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1, .fd = 1);
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1, .handle = 4);
	REFUSED(.kind = WARD_FD_MEMORY, .data = "x", .data_size = 1, .reserved = { 1 });
}

TEST(other_kinds_have_no_memory)
{
	REFUSED(.kind = WARD_FD_INHERIT, .data = "x");
	REFUSED(.kind = WARD_FD_INHERIT, .data_size = 1);
	REFUSED(.kind = WARD_FD_NULL, .data = "x", .data_size = 1);
	REFUSED(.kind = WARD_FD_CLOSED, .data = "x", .data_size = 1);
	REFUSED(.kind = WARD_FD_GIVEN, .fd = 0, .data = "x", .data_size = 1);
	REFUSED(.kind = WARD_FD_PATH, .path = HOST_NULL, .data = "x", .data_size = 1);
	REFUSED(.kind = WARD_FD_PATH, .path = HOST_NULL, .flags = WARD_MEMORY_FILE);
}

/* ---------------------------------------------------------------- of a terminal's own */

static void pty_refused(const struct ward_pty_opts *pty, int code)
{
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.in = PTYED, .pty = pty), code,
	            WARD_STEP_OPTIONS);
}

TEST(settings_of_a_terminal_are_checked)
{
	struct ward_pty_opts none = { .size = 0 }, small = { .size = sizeof(size_t) };

	pty_refused(&none, -EINVAL);
	pty_refused(&small, -EINVAL);
	pty_refused(WARD_PTY_OPTS(.flags = 1u << 2), -EINVAL);
	pty_refused(WARD_PTY_OPTS(.flags = UINT32_MAX), -EINVAL);
}

TEST(settings_of_a_newer_header_are_refused_only_when_they_are_set)
{
	struct {
		struct ward_pty_opts known;
		uint64_t more;
	} newer = { { .size = sizeof(newer) }, 1 };

	pty_refused(&newer.known, -E2BIG);
}

TEST(settings_without_a_terminal_are_refused)
{
	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.pty = WARD_PTY_OPTS(0)), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.in = PIPED, .pty = WARD_PTY_OPTS(.rows = 5)),
	            -EINVAL, WARD_STEP_OPTIONS);
}

#if HOST_POSIX
/* The session, its group and its terminal are those of the new terminal. */
TEST(a_terminal_cannot_be_had_beside_another_one)
{
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.in = PTYED, .flags = WARD_SPAWN_PGROUP, .pgroup = 7),
	            -EINVAL, WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.in = PTYED, .flags = WARD_SPAWN_PGROUP), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.in = PTYED, .flags = WARD_SPAWN_FOREGROUND), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.in = PTYED, .tty_fd = 1,
	                            .flags = WARD_SPAWN_SESSION | WARD_SPAWN_TTY),
	            -EINVAL, WARD_STEP_OPTIONS);
}
#endif

/* --------------------------------------------------------------------------- the rest */

/* Nothing was made for those that came before the one that is wrong. */
TEST(a_mistake_in_the_last_source_leaves_nothing_of_the_others)
{
	struct ward_fd fds[] = { { .fd = 3, .from = PIPED },
		                 { .fd = 4, .from = SOCKETED },
		                 { .fd = 5, .from = MEMORY("x", 1) },
		                 { .fd = 6, .from = SAME_AS(99) } };
	struct ward_error e = WARD_ERROR_INIT;
	struct ward *w = NULL;
	int r = ward_spawn(&w, CHILD("exit", "0"),
	                   WARD_SPAWN_OPTS(.in = PIPED, .fds = fds, .n_fds = 4,
	                                   .error = &e));

	CHECK(r < 0);
	CHECK(w == NULL);
	CHECK_EQ(e.code, r);
}

TEST(the_same_number_twice_is_refused_for_pipes_too)
{
	struct ward_fd fds[] = { { .fd = 3, .from = PIPED }, { .fd = 3, .from = PIPED } };
	struct ward_fd again = { .fd = 1, .from = PIPED };

	spawn_fails(CHILD("exit", "0"), WARD_SPAWN_OPTS(.fds = fds, .n_fds = 2), -EINVAL,
	            WARD_STEP_OPTIONS);
	spawn_fails(CHILD("exit", "0"),
	            WARD_SPAWN_OPTS(.out = PIPED, .fds = &again, .n_fds = 1), -EINVAL,
	            WARD_STEP_OPTIONS);
}

TEST(a_program_that_does_not_exist_leaves_no_pipe)
{
	struct ward_fd fd = { .fd = 3, .from = MEMORY("x", 1) };

	spawn_fails(ARGV("/no/such/program"),
	            WARD_SPAWN_OPTS(.in = PIPED, .out = PIPED, .err = SOCKETED,
	                            .fds = &fd, .n_fds = 1),
	            -ENOENT, WARD_STEP_EXEC);
}
