/* SPDX-License-Identifier: MIT */
/*
 * Keepers in tests. Each claim is tried with a keeper that has its own program, and with
 * one that is a copy of its host, which is what there is where that program does not run.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <sys/prctl.h>

#include "gate.h"
#include "job.h"

/* From now on the keepers of this case are copies; to be said before the first. */
static inline void keepers_are_copies(void)
{
	ward__gate_fail("keeper_image", 1, ENOSYS);
}

/* Has a keeper its own program here? */
static inline bool able_keeper_image(void)
{
	return !is_forced("keeper_image") && !is_forced("memfd_create") &&
	       able_close_range() && !is_forced("clone_vm") && able_pidfd_open() &&
	       !is_forced("clone_pidfd") && able_pidfd_wait() && !on_valgrind() &&
	       !on_emulator();
}

#define TEST_BOTH(sentence)                        \
	static void both_##sentence(void);         \
	TEST(sentence)                             \
	{                                          \
		both_##sentence();                 \
	}                                          \
	TEST(sentence##_also_with_a_copy_as_keeper) \
	{                                          \
		keepers_are_copies();              \
		both_##sentence();                 \
	}                                          \
	static void both_##sentence(void)

#define KEPT(...) WARD_SPAWN_OPTS(.on_owner_death = WARD_KILL, __VA_ARGS__)

/* The parent of a process, or -1. */
static inline pid_t parent_of(int64_t pid)
{
	pid_t parent = -1;

	return state_of((pid_t)pid, &parent) ? parent : -1;
}

static inline pid_t keeper_of(const struct ward *w)
{
	pid_t keeper = parent_of(ward_pid(w));

	REQUIRE(keeper > 1);
	CHECK(keeper != getpid());
	return keeper;
}

/* How many descriptors it has. */
static inline int descriptors_of(pid_t pid)
{
	char path[64];
	struct dirent *e;
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	REQUIRE(dir != NULL);
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static inline bool has_own_program(pid_t keeper)
{
	static const char own[] = "/memfd:ward-keeper";
	char path[64], name[128] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)keeper);
	REQUIRE(readlink(path, name, sizeof(name) - 1) > 0);
	return strncmp(name, own, strlen(own)) == 0;
}

/*
 * An exec lets the host go on a moment before the keeper has left the host's memory;
 * until then that is what /proc shows of it.
 */
static inline bool gets_own_program(pid_t keeper)
{
	int64_t end = host_now_ns() + SECONDS(40);

	while (!has_own_program(keeper)) {
		if (host_now_ns() > end)
			return false;
		host_yield();
	}
	return true;
}

static inline bool is_at_root(pid_t pid)
{
	char path[64], name[128] = "";

	snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
	return readlink(path, name, sizeof(name) - 1) > 0 && strcmp(name, "/") == 0;
}

/* It was made in the memory of its host, and is soon somewhere else. */
static inline void await_program(pid_t keeper)
{
	int64_t end = host_now_ns() + SECONDS(40);

	while (!is_at_root(keeper) && host_now_ns() < end)
		host_yield();
	CHECK(is_at_root(keeper));
}

#endif
