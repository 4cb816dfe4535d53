/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the command do over and over: start it, talk with what it runs, look
 * at what it said. It is started by plain fork and exec, so that nothing under test is a
 * tool of the test. The path of the command comes from WARD_TOOL.
 */
#ifndef TEST_TOOL_H
#define TEST_TOOL_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "able.h"
#include "check.h"

/* The words after "ward", and those of the helper program within them. */
#define WORDS(...) ((const char *const[]){ "ward", __VA_ARGS__, NULL })

/* The command, running. */
struct running {
	pid_t pid;
	int to, from;                 /* its stdin and stdout; -1: closed */
	int err;                      /* a file with its stderr */
};

/* ... and at its end. */
struct result {
	int status;                   /* as from waitpid */
	char out[8192], err[8192];
};

static inline const char *tool_path(void)
{
	const char *path = getenv("WARD_TOOL");

	if (!path)
		check_note("WARD_TOOL must be the path of the command that is tested");
	REQUIRE(path && access(path, X_OK) == 0);
	return path;
}

static inline int unnamed_file(void)
{
	FILE *f = tmpfile();
	int fd;

	REQUIRE(f != NULL);
	fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3);
	fclose(f);
	return fd;
}

/* What our own caller left open is nothing that a test wants to see. */
static inline void close_others(void)
{
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
}

/*
 * Start it in a session of its own, without a terminal. @prepare is called just before
 * the exec; NULL is fine.
 */
static inline struct running tool_start_prepared(const char *const words[],
                                                 void (*prepare)(void))
{
	struct running t = { .err = unnamed_file() };
	const char *path = tool_path();
	int in[2], out[2];

	REQUIRE_EQ(pipe2(in, O_CLOEXEC), 0);
	REQUIRE_EQ(pipe2(out, O_CLOEXEC), 0);
	t.pid = fork();
	if (t.pid == 0) {
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(t.err, 2);
		close_others();
		if (prepare)
			prepare();
		execv(path, (char *const *)words);
		_exit(99);
	}
	REQUIRE(t.pid > 0);
	close(in[0]);
	close(out[1]);
	t.to = in[1];
	t.from = out[0];
	return t;
}

static inline struct running tool_start(const char *const words[])
{
	return tool_start_prepared(words, NULL);
}

static inline void tool_close_stdin(struct running *t)
{
	if (t->to >= 0)
		close(t->to);
	t->to = -1;
}

/* One line of its stdout is this one. */
static inline void tool_expect_line(const struct running *t, const char *expected)
{
	char line[256];
	size_t len = 0;

	while (len < sizeof(line) - 1 && read(t->from, line + len, 1) == 1)
		if (line[len++] == '\n')
			break;
	line[len] = '\0';
	CHECK_STR(line, expected);
}

/* What is there, without waiting for more. */
static inline void read_rest(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
}

/*
 * Wait for its end, and then for what it left behind: we are the parent of orphans, and
 * collect them at once, as init would.
 */
static inline struct result tool_end(struct running *t)
{
	struct result r = { .status = -1 };
	int status;
	pid_t pid;

	do {
		pid = waitpid(-1, &status, 0);
		if (pid == t->pid)
			r.status = status;
	} while (pid > 0 && pid != t->pid);
	tool_close_stdin(t);
	while (waitpid(-1, NULL, 0) > 0)
		;
	read_rest(t->from, r.out, sizeof(r.out));
	lseek(t->err, 0, SEEK_SET);
	read_rest(t->err, r.err, sizeof(r.err));
	close(t->from);
	close(t->err);
	return r;
}

/* From start to end, with an empty stdin. */
static inline struct result tool_prepared(const char *const words[],
                                          void (*prepare)(void))
{
	struct running t = tool_start_prepared(words, prepare);

	tool_close_stdin(&t);
	return tool_end(&t);
}

static inline struct result tool(const char *const words[])
{
	return tool_prepared(words, NULL);
}

/* ward run with these options and a script of the shell, to which $0 is the helper. */
#define OPTIONS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static inline struct result script(const char *const options[], const char *text)
{
	const char *words[32] = { "ward", "run" };
	size_t n = 2;

	while (*options)
		words[n++] = *options++;
	words[n++] = "sh";
	words[n++] = "-c";
	words[n++] = text;
	words[n++] = check_child();
	return tool(words);
}

/* --------------------------------------------------------------------------- verdicts */

static inline void exits(const struct result *r, int code)
{
	if (!CHECK(WIFEXITED(r->status)) || !CHECK_EQ(WEXITSTATUS(r->status), code))
		check_note("status %#x, stderr: %s", (unsigned)r->status, r->err);
}

static inline void says(const char *text, const char *part)
{
	if (!CHECK(strstr(text, part) != NULL))
		check_note("not there: %s\n# text: %s", part, text);
}

static inline void does_not_say(const char *text, const char *part)
{
	if (!CHECK(strstr(text, part) == NULL))
		check_note("should not be there: %s\n# text: %s", part, text);
}

/* Refused with status 125 and one line on stderr that has all of @part. */
static inline void is_mistake(const char *const words[], const char *part)
{
	struct result r = tool(words);

	exits(&r, 125);
	says(r.err, part);
	CHECK_STR(r.out, "");
	if (!CHECK_EQ(strcspn(r.err, "\n") + 1, strlen(r.err)))
		check_note("not one line: %s", r.err);
}

/* "@ms ms" as a DURATION, longer under slow tools. */
static inline const char *duration(char buf[32], long ms)
{
	const char *slow = getenv("WARD_TEST_SLOW");
	long factor = slow ? strtol(slow, NULL, 10) : 1;

	snprintf(buf, 32, "%ldms", ms * (factor > 1 ? factor : 1));
	return buf;
}

/* A file of one's own; to be unlinked. */
static inline const char *temporary(char path[64])
{
	int fd;

	strcpy(path, "/tmp/ward-tool-XXXXXX");
	fd = mkstemp(path);
	REQUIRE(fd >= 0);
	close(fd);
	return path;
}

static inline void file_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	REQUIRE(fd >= 0);
	read_rest(fd, buf, size);
	close(fd);
}

#endif
