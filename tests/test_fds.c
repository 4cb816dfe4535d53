/* SPDX-License-Identifier: MIT */
/*
 * Descriptors: the child has exactly those that it was given, each in its place.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "able.h"
#include "help.h"

static char out[1 << 16];

/* One descriptor of the child as it sees it. */
struct seen {
	int fd, access, cloexec;
	uintmax_t dev, ino;
};

static int see(const char *text, struct seen *seen, int max)
{
	int n = 0;

	for (const char *line = text; *line && n < max; n++) {
		struct seen *s = &seen[n];

		if (sscanf(line, "%d %ju:%ju %d %d", &s->fd, &s->dev, &s->ino, &s->access,
		           &s->cloexec) != 5)
			break;
		line = strchr(line, '\n');
		line = line ? line + 1 : "";
	}
	return n;
}

/* Start a child that says what it has, through a pipe on descriptor @report. */
static int look_in_child(struct ward_spawn_opts *opts, struct seen *seen, int max)
{
	int ends[2];

	make_pipe(ends);
	opts->out = (struct ward_stdio)GIVEN(ends[1]);
	expect_exit(spawn_or_fail(CHILD("print-fds"), opts), 0);
	close(ends[1]);
	read_all(ends[0], out, sizeof(out));
	close(ends[0]);
	return see(out, seen, max);
}

static bool is_same_file(const struct seen *s, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && s->dev == (uintmax_t)st.st_dev &&
	       s->ino == st.st_ino;
}

/* Three pipes: six descriptors that differ. */
static void make_pipes(int ends[3][2])
{
	for (int i = 0; i < 3; i++)
		make_pipe(ends[i]);
}

static void close_pipes(int ends[3][2])
{
	for (int i = 0; i < 3; i++) {
		close(ends[i][0]);
		close(ends[i][1]);
	}
}

/* [sealed-fds] */
TEST(by_default_the_child_has_0_1_2_and_nothing_else)
{
	int plain = open("/dev/null", O_RDONLY);      /* no CLOEXEC */
	int high = fcntl(plain, F_DUPFD, 700);
	struct seen seen[16];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

	CHECK_EQ(look_in_child(&opts, seen, 16), 3);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(seen[i].fd, i);
		CHECK_EQ(seen[i].cloexec, 0);
	}
	CHECK(is_same_file(&seen[0], 0));
	CHECK(is_same_file(&seen[2], 2));
	close(plain);
	close(high);
}

TEST(further_descriptors_are_passed_under_their_numbers)
{
	int p[3][2];
	struct seen seen[16];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

	make_pipes(p);
	struct ward_fd fds[] = {
		{ .fd = 30, .from = GIVEN(p[1][1]) },
		{ .fd = 3, .from = GIVEN(p[0][0]) },
		{ .fd = 500, .from = GIVEN(p[2][0]) },
	};
	opts.fds = fds;
	opts.n_fds = 3;
	REQUIRE_EQ(look_in_child(&opts, seen, 16), 6);
	CHECK_EQ(seen[3].fd, 3);
	CHECK(is_same_file(&seen[3], p[0][0]));
	CHECK_EQ(seen[3].access, O_RDONLY);
	CHECK_EQ(seen[4].fd, 30);
	CHECK(is_same_file(&seen[4], p[1][1]));
	CHECK_EQ(seen[4].access, O_WRONLY);
	CHECK_EQ(seen[5].fd, 500);
	CHECK(is_same_file(&seen[5], p[2][0]));
	for (int i = 3; i < 6; i++)
		CHECK_EQ(seen[i].cloexec, 0);
	close_pipes(p);
}

/* a gets b, b gets c, c gets a. */
TEST(descriptors_are_swapped_and_rotated)
{
	int p[3][2];
	struct seen seen[16];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

	make_pipes(p);
	struct ward_fd rotate[] = {
		{ .fd = p[0][0], .from = GIVEN(p[1][0]) },
		{ .fd = p[1][0], .from = GIVEN(p[2][0]) },
		{ .fd = p[2][0], .from = GIVEN(p[0][0]) },
		{ .fd = p[0][1], .from = GIVEN(p[1][1]) },
		{ .fd = p[1][1], .from = GIVEN(p[0][1]) },
	};
	opts.fds = rotate;
	opts.n_fds = 5;
	REQUIRE_EQ(look_in_child(&opts, seen, 16), 8);
	for (int i = 0; i < 5; i++)
		for (int k = 3; k < 8; k++)
			if (seen[k].fd == rotate[i].fd) {
				CHECK(is_same_file(&seen[k], rotate[i].from.fd));
				CHECK_EQ(seen[k].cloexec, 0);
			}
	close_pipes(p);
}

TEST(stdin_stdout_and_stderr_may_be_rotated)
{
	int p[3][2];

	make_pipes(p);
	/* Put the pipes on 0, 1, 2 of ours: notes go elsewhere meanwhile. */
	int saved[3] = { dup(0), dup(1), dup(2) };
	struct ward_spawn_opts opts =
	        *WARD_SPAWN_OPTS(.in = GIVEN(2), .out = GIVEN(0), .err = GIVEN(1));
	struct ward_fd report = { .fd = 9, .from = GIVEN(p[2][1]) };

	dup2(p[0][0], 0);
	dup2(p[0][1], 1);
	dup2(p[1][1], 2);
	/* stdin is 2, stdout is 0, stderr is 1. */
	opts.fds = &report;
	opts.n_fds = 1;
	struct ward *w = spawn_or_fail(
	        ARGV("sh", "-c", "\"$0\" print-fds >&9 9>&-", check_child()), &opts);
	expect_exit(w, 0);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	close(p[2][1]);
	p[2][1] = dup(p[2][0]);
	read_all(p[2][0], out, sizeof(out));

	struct seen seen[16];
	REQUIRE_EQ(see(out, seen, 16), 3);
	CHECK(is_same_file(&seen[0], p[1][1]));
	CHECK_EQ(seen[0].access, O_WRONLY);
	CHECK(is_same_file(&seen[2], p[0][1]));
	CHECK_EQ(seen[2].access, O_WRONLY);
	close_pipes(p);
}

TEST(a_descriptor_may_stay_where_it_is)
{
	int p[3][2];
	struct seen seen[16];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

	make_pipes(p);                        /* CLOEXEC, and yet passed */
	struct ward_fd same = { .fd = p[1][0], .from = GIVEN(p[1][0]) };
	opts.fds = &same;
	opts.n_fds = 1;
	REQUIRE_EQ(look_in_child(&opts, seen, 16), 4);
	CHECK_EQ(seen[3].fd, p[1][0]);
	CHECK(is_same_file(&seen[3], p[1][0]));
	CHECK_EQ(seen[3].cloexec, 0);
	/* Ours is as it was. */
	CHECK_EQ(fcntl(p[1][0], F_GETFD), FD_CLOEXEC);
	close_pipes(p);
}

TEST(one_source_may_serve_many)
{
	int p[3][2];
	struct seen seen[16];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);

	make_pipes(p);
	struct ward_fd fds[] = {
		{ .fd = 10, .from = GIVEN(p[0][0]) },
		{ .fd = 11, .from = GIVEN(p[0][0]) },
		{ .fd = 12, .from = { .kind = WARD_FD_CHILD, .fd = 11 } },
		{ .fd = 13, .from = { .kind = WARD_FD_CHILD, .fd = 12 } },
		{ .fd = 14, .from = { .kind = WARD_FD_CHILD, .fd = 2 } },
	};
	opts.fds = fds;
	opts.n_fds = 5;
	REQUIRE_EQ(look_in_child(&opts, seen, 16), 8);
	for (int i = 3; i < 7; i++)
		CHECK(is_same_file(&seen[i], p[0][0]));
	CHECK(is_same_file(&seen[7], 2));
	close_pipes(p);
}

TEST(stderr_may_be_the_same_as_stdout)
{
	struct ward_spawn_opts opts =
		*WARD_SPAWN_OPTS(.err = { .kind = WARD_FD_CHILD, .fd = 1 });

	output_of(ARGV("sh", "-c", "echo one; echo two >&2"), &opts, out, sizeof(out));
	CHECK_STR(out, "one\ntwo\n");
}

TEST(descriptors_may_be_closed)
{
	struct seen seen[16];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_CLOSED },
	                                               .err = { .kind = WARD_FD_CLOSED });

	if (on_emulator())
		SKIP("the emulator takes the first free descriptor");
	REQUIRE_EQ(look_in_child(&opts, seen, 16), 1);
	CHECK_EQ(seen[0].fd, 1);
}

TEST(the_null_device_reads_and_writes)
{
	struct seen seen[16];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(.in = { .kind = WARD_FD_NULL },
	                                               .err = { .kind = WARD_FD_NULL });
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	REQUIRE_EQ(look_in_child(&opts, seen, 16), 3);
	CHECK(is_same_file(&seen[0], null));
	CHECK_EQ(seen[0].access, O_RDWR);
	CHECK(is_same_file(&seen[2], null));
	close(null);
}

/* ------------------------------------------------------------------------- paths */

TEST(a_path_is_opened_for_what_its_place_needs)
{
	struct folder folder = folder_make();
	char in[200], to[200], text[64];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct stat st;
	int fd;

	umask(027);
	check_baseline();
	folder_write(&folder, "in", "what is in the file", 0600, in, sizeof(in));
	opts.in = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = in };
	opts.out = (struct ward_stdio){
		.kind = WARD_FD_PATH, .path = folder_file(&folder, "out", to, sizeof(to))
	};
	/* Its umask is the caller's, not the one that the child gets. */
	opts.flags = WARD_SPAWN_UMASK;
	opts.umask = 0777;
	expect_exit(spawn_or_fail(CHILD("cat"), &opts), 0);
	fd = open(to, O_RDONLY | O_CLOEXEC);
	REQUIRE(fd >= 0);
	read_all(fd, text, sizeof(text));
	CHECK_STR(text, "what is in the file");
	REQUIRE_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0640);
	close(fd);
	folder_remove(&folder);
}

TEST(a_path_is_opened_as_asked)
{
	struct folder folder = folder_make();
	char path[200], text[64];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct stat st;
	int fd;

	folder_write(&folder, "log", "old\n", 0644, path, sizeof(path));
	opts.out = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = path,
		                        .flags = WARD_FILE_WRITE | WARD_FILE_APPEND };
	expect_exit(spawn_or_fail(CHILD("write", "1", "new\n"), &opts), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	read_all(fd, text, sizeof(text));
	close(fd);
	CHECK_STR(text, "old\nnew\n");

	opts.out.flags = WARD_FILE_WRITE | WARD_FILE_CREATE | WARD_FILE_EXCLUSIVE;
	spawn_fails(CHILD("write", "1", "x"), &opts, -EEXIST, WARD_STEP_OPEN);
	folder_file(&folder, "other", path, sizeof(path));
	opts.out.mode = 0600;
	expect_exit(spawn_or_fail(CHILD("write", "1", "x"), &opts), 0);
	REQUIRE_EQ(stat(path, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	opts.out.flags = WARD_FILE_WRITE;
	folder_file(&folder, "missing", path, sizeof(path));
	spawn_fails(CHILD("write", "1", "x"), &opts, -ENOENT, WARD_STEP_OPEN);
	folder_remove(&folder);
}

TEST(a_path_may_go_to_any_number)
{
	struct folder folder = folder_make();
	char path[200], text[64];
	struct ward_spawn_opts opts = *WARD_SPAWN_OPTS(0);
	struct ward_fd fds[2] = { { .fd = 3 }, { .fd = 40 } };
	int fd;

	folder_write(&folder, "file", "abc", 0644, path, sizeof(path));
	for (int i = 0; i < 2; i++)
		fds[i].from = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = path };
	opts.fds = fds;
	opts.n_fds = 2;
	output_of(CHILD("cat", "40"), &opts, text, sizeof(text));
	CHECK_STR(text, "abc");
	/* Further ones are opened for reading and writing. */
	expect_exit(spawn_or_fail(CHILD("write", "3", "x"), &opts), 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	read_all(fd, text, sizeof(text));
	CHECK_STR(text, "xbc");
	close(fd);
	folder_remove(&folder);
}
