/* SPDX-License-Identifier: MIT */
/*
 * A program that turns a user without privileges into another one: a copy of the helper
 * with the set-uid bit, run as nobody by "other-user" (tests/child_tree.c).
 */
#ifndef SET_UID_H
#define SET_UID_H

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "help.h"

enum { SET_UID_NOBODY = 65534 };

struct set_uid {
	char dir[64], program[96];
};

static inline void become_nobody(void)
{
	REQUIRE(setgroups(0, NULL) == 0 && setgid(SET_UID_NOBODY) == 0 &&
	        setuid(SET_UID_NOBODY) == 0);
}

static inline void set_uid_copy(const char *path)
{
	int from = open(check_child(), O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char buf[65536];
	ssize_t n;

	REQUIRE(from >= 0 && to >= 0);
	while ((n = read(from, buf, sizeof(buf))) > 0)
		REQUIRE_EQ(write(to, buf, (size_t)n), n);
	REQUIRE_EQ(fchmod(to, 04755), 0);
	close(from);
	close(to);
}

static inline void set_uid_remove(const struct set_uid *s)
{
	CHECK_EQ(unlink(s->program), 0);
	CHECK_EQ(rmdir(s->dir), 0);
}

/* Does the bit do anything here? Some file systems and sandboxes ignore it. */
static inline bool set_uid_works(const struct set_uid *s)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		become_nobody();
		close(0);
		close(1);
		if (open("/dev/null", O_RDONLY) == 0 && open("/dev/null", O_WRONLY) == 1)
			execl(s->program, "child", "other-user", (char *)NULL);
		_exit(99);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	return status == 0;
}

/* false, and nothing is left: there is no becoming another user here. */
static inline bool set_uid_make(struct set_uid *s)
{
	snprintf(s->dir, sizeof(s->dir), "/tmp/ward-test-XXXXXX");
	REQUIRE(mkdtemp(s->dir) != NULL);
	REQUIRE_EQ(chmod(s->dir, 0755), 0);
	snprintf(s->program, sizeof(s->program), "%s/child", s->dir);
	set_uid_copy(s->program);
	if (set_uid_works(s))
		return true;
	set_uid_remove(s);
	return false;
}

#endif
