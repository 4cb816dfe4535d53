/* SPDX-License-Identifier: MIT */
/* The command on a terminal of which the test has the other side: keys and screen. */
#ifndef TEST_TOOL_TERMINAL_H
#define TEST_TOOL_TERMINAL_H

#include "tool.h"

#include <sys/ioctl.h>
#include <termios.h>

/* Start it as the leader of a session with a terminal, in front; t.to and t.from are
 * ours. */
static inline struct running start_on_terminal(const char *const words[])
{
	struct running t = { .err = unnamed_file() };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *path = tool_path();
	int slave;

	REQUIRE(master >= 0);
	REQUIRE_EQ(grantpt(master), 0);
	REQUIRE_EQ(unlockpt(master), 0);
	t.pid = fork();
	if (t.pid == 0) {
		setsid();
		slave = open(ptsname(master), O_RDWR);
		ioctl(slave, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		if (slave > 2)
			close(slave);
		execv(path, (char *const *)words);
		_exit(99);
	}
	REQUIRE(t.pid > 0);
	t.to = fcntl(master, F_DUPFD_CLOEXEC, 3);
	t.from = master;
	return t;
}

/* Read until @text has come; what came is kept in @all. */
static inline void await(const struct running *t, char *all, size_t size,
                         const char *text)
{
	size_t len = strlen(all);
	ssize_t n;

	while (!strstr(all, text) && len < size - 1) {
		n = read(t->from, all + len, size - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		all[len] = '\0';
	}
	says(all, text);
}

static inline void type(const struct running *t, const char *keys)
{
	REQUIRE_EQ(write(t->to, keys, strlen(keys)), strlen(keys));
}

static inline size_t count(const char *all, const char *text)
{
	size_t n = 0;

	for (const char *at = strstr(all, text); at; at = strstr(at + 1, text))
		n++;
	return n;
}

#endif
