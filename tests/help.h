/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the library do over and over: start the helper program, talk with it,
 * wait for it. Only the public interface.
 */
#ifndef HELP_H
#define HELP_H

#include "check.h"
#include "host.h"
#include "ward.h"

#ifndef ENODATA                               /* FreeBSD, OpenBSD: what ward says there */
#define ENODATA ENOMSG
#endif

#define SECONDS(n) ((n) * WARD_NS_PER_S)
#define MILLISECONDS(n) ((n) * WARD_NS_PER_MS)

/* Argument vectors: of any program, and of the helper. */
#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CHILD(...) ARGV(check_child(), __VA_ARGS__)

/* A descriptor of ours as a source. */
#define GIVEN(number) { .kind = WARD_FD_GIVEN, .fd = (number) }

static inline void make_pipe(int ends[2])
{
	host_pipe(ends);
}

/* Everything up to end of file, as text. */
static inline void read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	int64_t n;

	while (len < size - 1 && (n = host_read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
}

/* Up to the end of one line. */
static inline void read_line(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size - 1 && host_read(fd, buf + len, 1) == 1)
		if (buf[len++] == '\n')
			break;
	buf[len] = '\0';
}

/* ------------------------------------------------------------------------- starts */

static inline void note_failure(int r, const struct ward_error *error)
{
	char text[768];

	if (r >= 0)
		return;
	check_note("%s", ward_strerror(r));
	if (error->code < 0) {
		ward_error_text(error, text, sizeof(text));
		check_note("%s (the system's number is %lld)", text,
		           (long long)error->os_error);
	}
}

static inline struct ward *spawn_or_fail(const char *const argv[],
                                         const struct ward_spawn_opts *opts)
{
	struct ward_spawn_opts own = opts ? *opts : *WARD_SPAWN_OPTS(0);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *w = NULL;
	int r;

	own.error = own.error ? own.error : &error;
	r = ward_spawn(&w, argv, &own);
	note_failure(r, own.error);
	REQUIRE_EQ(r, 0);
	REQUIRE(w != NULL);
	return w;
}

/* A start that is to fail in this way. */
static inline struct ward_error spawn_fails(const char *const argv[],
                                            const struct ward_spawn_opts *opts, int code,
                                            int step)
{
	struct ward_spawn_opts own = opts ? *opts : *WARD_SPAWN_OPTS(0);
	struct ward_error error = WARD_ERROR_INIT;
	struct ward *untouched = (struct ward *)&own, *w = untouched;

	own.error = &error;
	CHECK_EQ(ward_spawn(&w, argv, &own), code);
	CHECK(w == untouched);
	CHECK_EQ(error.code, code);
	CHECK_STR(ward_step_name(error.step), ward_step_name(step));
	if (w != untouched)
		ward_close(w);
	return error;
}

/* --------------------------------------------------------------------------- ends */

static inline void check_exited(const struct ward_exit *e, int code)
{
	CHECK_EQ(e->how, WARD_EXITED);
	CHECK_EQ(e->code, code);
	CHECK_EQ(e->signal, -1);
	CHECK_EQ(e->core_dumped, 0);
}

static inline void check_signaled(const struct ward_exit *e, int sig)
{
	CHECK_EQ(e->how, WARD_SIGNALED);
	CHECK_EQ(e->signal, sig);
	/* Windows knows no signals: there is a code that stands for one. */
	CHECK(HOST_POSIX ? e->code == -1 : e->code > 0);
}

static inline void check_lost(const struct ward_exit *e)
{
	CHECK_EQ(e->how, WARD_LOST);
	CHECK_EQ(e->code, -1);
	CHECK_EQ(e->signal, -1);
	CHECK_EQ(e->core_dumped, -1);
	CHECK_EQ(e->has_usage, 0);
}

/* [true-status] The truth, always where it can be @known; or a loss that is said. */
static inline void check_exited_or_lost(const struct ward_exit *e, int code, bool known)
{
	if (known || e->how == WARD_EXITED)
		check_exited(e, code);
	else
		check_lost(e);
}

static inline void check_signaled_or_lost(const struct ward_exit *e, int sig, bool known)
{
	if (known || e->how == WARD_SIGNALED)
		check_signaled(e, sig);
	else
		check_lost(e);
}

static inline struct ward_exit wait_or_fail(struct ward *w)
{
	struct ward_exit e = WARD_EXIT_INIT;

	REQUIRE_EQ(ward_wait(w, SECONDS(40), &e), 1);
	return e;
}

/* Wait, and give it up. */
static inline void expect_exit(struct ward *w, int code)
{
	struct ward_exit e = wait_or_fail(w);

	check_exited(&e, code);
	ward_close(w);
}

static inline void expect_signal(struct ward *w, int sig)
{
	struct ward_exit e = wait_or_fail(w);

	check_signaled(&e, sig);
	ward_close(w);
}

/* ---------------------------------------------------------------------------- talk */

/* A child with a pipe to its stdin and one from its stdout. */
struct talk {
	struct ward *w;
	int to, from;
};

static inline struct talk talk_start(const char *const argv[],
                                     const struct ward_spawn_opts *opts)
{
	struct ward_spawn_opts own = opts ? *opts : *WARD_SPAWN_OPTS(0);
	int in[2], out[2];
	struct ward *w;

	make_pipe(in);
	make_pipe(out);
	own.in = (struct ward_stdio)GIVEN(in[0]);
	own.out = (struct ward_stdio)GIVEN(out[1]);
	w = spawn_or_fail(argv, &own);
	close(in[0]);
	close(out[1]);
	return (struct talk){ w, in[1], out[0] };
}

/* The child has come to where it says "ready". */
static inline void talk_ready(const struct talk *t)
{
	char line[64];

	read_line(t->from, line, sizeof(line));
	CHECK_STR(line, "ready\n");
}

static inline struct talk talk_start_ready(const char *const argv[],
                                           const struct ward_spawn_opts *opts)
{
	struct talk t = talk_start(argv, opts);

	talk_ready(&t);
	return t;
}

/* Its stdin ends: a child that holds goes on. */
static inline void talk_let_go(struct talk *t)
{
	if (t->to >= 0)
		close(t->to);
	t->to = -1;
}

/* Everything that it still has to say, then give up the pipes and the ward. */
static inline void talk_end(struct talk *t)
{
	talk_let_go(t);
	close(t->from);
	ward_wait(t->w, SECONDS(40), NULL);
	ward_close(t->w);
}

/* Run to the end, which is to be success, and have what it wrote to stdout. */
static inline void output_of(const char *const argv[], const struct ward_spawn_opts *opts,
                             char *buf, size_t size)
{
	struct talk t = talk_start(argv, opts);

	talk_let_go(&t);
	read_all(t.from, buf, size);
	close(t.from);
	expect_exit(t.w, 0);
}

/* --------------------------------------------------------------------------- places */

/* A folder of one's own, to be removed with all files in it. */
struct folder {
	char path[260];
};

static inline struct folder folder_make(void)
{
	struct folder f = { "" };

	host_make_folder(f.path, sizeof(f.path));
	return f;
}

static inline const char *folder_file(const struct folder *f, const char *name,
                                      char *path, size_t size)
{
	snprintf(path, size, "%s/%s", f->path, name);
	return path;
}

/* A file with this text and mode; its path in @path. */
static inline const char *folder_write(const struct folder *f, const char *name,
                                       const char *text, unsigned mode, char *path,
                                       size_t size)
{
	host_write_file(folder_file(f, name, path, size), text, mode);
	return path;
}

static inline void folder_remove(const struct folder *f)
{
	host_remove_folder(f->path);
}

#endif
