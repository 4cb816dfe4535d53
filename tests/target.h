/* SPDX-License-Identifier: MIT */
/* Processes for the tests of ward wait, kill, id and info to name. */
#ifndef TEST_TARGET_H
#define TEST_TARGET_H

#include <dirent.h>
#include <sched.h>

#include "tool.h"

/* A process that holds until its stdin ends. It is our child, and a stranger to the
 * command. */
struct target {
	pid_t pid;
	int to, from;
	char name[32];
};

static inline struct target target_start_prepared(const char *verb, const char *arg,
                                                  const char *arg2, void (*prepare)(void))
{
	const char *path = check_child();
	struct target t;
	int in[2], out[2];

	REQUIRE_EQ(pipe2(in, O_CLOEXEC), 0);
	REQUIRE_EQ(pipe2(out, O_CLOEXEC), 0);
	t.pid = fork();
	if (t.pid == 0) {
		setpgid(0, 0);
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (prepare)
			prepare();
		execl(path, "child", verb, arg, arg2, (char *)NULL);
		_exit(99);
	}
	REQUIRE(t.pid > 0);
	setpgid(t.pid, t.pid);
	close(in[0]);
	close(out[1]);
	t.to = in[1];
	t.from = out[0];
	snprintf(t.name, sizeof(t.name), "%d", (int)t.pid);
	return t;
}

static inline struct target target_start(const char *verb, const char *arg,
                                         const char *arg2)
{
	return target_start_prepared(verb, arg, arg2, NULL);
}

static inline struct target holding(void)
{
	return target_start("hold", NULL, NULL);
}

static inline void target_ready(const struct target *t)
{
	char text[16] = "";

	CHECK_EQ(read(t->from, text, sizeof(text) - 1), 6);
	CHECK_STR(text, "ready\n");
}

static inline void target_let_go(struct target *t)
{
	close(t->to);
	close(t->from);
}

/* It has ended already, or does so now. */
static inline int target_end(struct target *t)
{
	int status = -1;

	target_let_go(t);
	CHECK_EQ(waitpid(t->pid, &status, 0), t->pid);
	return status;
}

/* What the command says while our children live: only its own end is waited for. */
static inline struct result tool_beside(const char *const words[])
{
	struct running t = tool_start(words);
	struct result r = { .status = -1 };

	tool_close_stdin(&t);
	CHECK_EQ(waitpid(t.pid, &r.status, 0), t.pid);
	read_rest(t.from, r.out, sizeof(r.out));
	lseek(t.err, 0, SEEK_SET);
	read_rest(t.err, r.err, sizeof(r.err));
	close(t.from);
	close(t.err);
	return r;
}

/* What the kernel can: the command that is tested has no gate that could take it away. */
static inline bool can(bool (*able)(void))
{
	unsetenv("WARD_TEST_FAIL");
	return able();
}

#define NEEDS_STRANGERS()                                                        \
	do {                                                                     \
		if (!can(able_pidfd_open))                                       \
			SKIP("processes of others cannot be held here");         \
	} while (0)

static inline int count_pidfds(pid_t pid)
{
	char path[64], target[128];
	DIR *dir;
	struct dirent *e;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)) != NULL) {
		ssize_t len =
			readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);

		target[len > 0 ? len : 0] = '\0';
		n += strncmp(target, "anon_inode:[pidfd]", 18) == 0 ||
		     strncmp(target, "pidfd:", 6) == 0;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* Until the command holds this many processes: only /proc shows it. */
static inline void await_holds(const struct running *t, int n)
{
	while (count_pidfds(t->pid) < n)
		sched_yield();
}

/* PID:INODE as ward id prints it, without the end of line. */
static inline void id_of(const struct target *t, char *text, size_t size)
{
	struct result r = tool_beside(WORDS("id", t->name));

	exits(&r, 0);
	snprintf(text, size, "%.*s", (int)strcspn(r.out, "\n"), r.out);
}

/* The id of a process that was collected: another one may have its number. */
static inline void stale_id(char *text, size_t size)
{
	struct target t = holding();

	id_of(&t, text, size);
	target_end(&t);
}

#endif
