/* SPDX-License-Identifier: MIT */
/*
 * What a command has left when ward has ended. All of a tree of the helper (child_tree.c)
 * hold ward's standard output, and so its end tells that nobody is left.
 */
#ifndef TEST_TOOL_LEFT_H
#define TEST_TOOL_LEFT_H

#include "tool.h"

#include <poll.h>

/* 0 best, and each that can be forced. */
static const char *const every_means[] = { NULL, "cgroup", "keeper", "pidns" };
enum { EVERY_MEANS = sizeof(every_means) / sizeof(every_means[0]) };

/* Those that are not here are noted with the reason. */
static inline bool can_hold_by(const char *means)
{
	struct result r;

	if (!means)
		means = "keeper";     /* the least of those that hold a tree */
	r = tool(WORDS("run", "--means", means, "true"));
	if (WIFEXITED(r.status) && WEXITSTATUS(r.status) == 0)
		return true;
	exits(&r, 125);
	says(r.err, means);
	check_note("not tried: %s", r.err);
	return false;
}

/* "--means=..." or a word that changes nothing. */
static inline const char *means_option(char buf[32], const char *means)
{
	if (!means)
		return "--report-file=/dev/null";
	snprintf(buf, 32, "--means=%s", means);
	return buf;
}

/* Read what is there: has it ended? */
static inline bool is_at_end(int fd, char *buf, size_t size)
{
	size_t len = strlen(buf);
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return n == 0;
}

/* As tool_end, and tells whether at its end somebody was left. */
static inline struct result end_and_look(struct running *t, bool *is_left)
{
	struct result r = { .status = -1 };
	int status;
	pid_t pid;

	do {
		pid = waitpid(-1, &status, 0);
		if (pid == t->pid)
			r.status = status;
	} while (pid > 0 && pid != t->pid);
	*is_left = !is_at_end(t->from, r.out, sizeof(r.out));
	tool_close_stdin(t);
	while (waitpid(-1, NULL, 0) > 0)
		;
	lseek(t->err, 0, SEEK_SET);
	read_rest(t->err, r.err, sizeof(r.err));
	close(t->from);
	close(t->err);
	return r;
}

/* The same from the start; nobody is left. Its stdin stays open meanwhile. */
static inline struct result leaves_nothing(const char *const words[])
{
	struct running t = tool_start(words);
	bool is_left;
	struct result r = end_and_look(&t, &is_left);

	CHECK(!is_left);
	return r;
}

/* All who hold its stdout end by themselves, soon. */
static inline bool all_end(const struct running *t)
{
	struct pollfd p = { .fd = t->from, .events = POLLIN };
	char buf[256] = "";

	while (poll(&p, 1, 40000) > 0) {
		if (is_at_end(t->from, buf, sizeof(buf)))
			return true;
		buf[0] = '\0';
	}
	return false;
}

#endif
