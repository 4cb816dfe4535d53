/* SPDX-License-Identifier: MIT */
/*
 * A job that is closed and leaves its processes, or whose program is killed, leaves its
 * directory, which nothing in the kernel removes when the last process has ended. So each
 * new job looks at some of those beside it. What is hard: to know that one is nobody's.
 * Its owner may be in another pid namespace, and an empty one may be about to be used; so
 * no number is asked, but a lock, which its owner's descriptor holds while that is open.
 */
#define _GNU_SOURCE 1
#include "cgroup_sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../gate.h"
#include "../platform.h"
#include "../unix/self.h"
#include "cgroup_file.h"
#include "cgroup_tree.h"

/* ----------------------------------------------------------------------------- names */

static uint64_t random_number(void)
{
	uint64_t number = 0;

	if (ward__gate("getrandom") < 0 ||
	    getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (uint64_t)ward__now() ^ (uint64_t)(uintptr_t)&number;
	return number;
}

void ward__cgroup_name(char name[WARD__CGROUP_NAME])
{
	snprintf(name, WARD__CGROUP_NAME, "ward-%d-%016" PRIx64, (int)ward__self(),
	         random_number());
}

/* "ward-PID-0123456789abcdef" */
static bool is_name(const char *name)
{
	size_t digits, hex;

	if (strncmp(name, "ward-", 5) != 0)
		return false;
	digits = strspn(name + 5, "0123456789");
	name += 5 + digits;
	hex = *name == '-' ? strspn(name + 1, "0123456789abcdef") : 0;
	return digits > 0 && hex == 16 && name[17] == '\0';
}

/* ------------------------------------------------------------------------------ locks */

static int lock(int dir, int how)
{
	int r = ward__gate("flock");

	return r < 0 ? r : flock(dir, how | LOCK_NB) < 0 ? -errno : 0;
}

static bool is_same(int base, const char *name, int dir)
{
	struct stat a, b;

	return fstat(dir, &a) == 0 &&
	       fstatat(base, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Where there are no locks nobody sweeps either. */
int ward__cgroup_claim(int base, const char *name, int dir)
{
	int r = lock(dir, LOCK_SH);

	return r == -EWOULDBLOCK || !is_same(base, name, dir) ? -ESTALE : 0;
}

/* ------------------------------------------------------------------------------ sweep */

static int remove_named(int base, const char *name)
{
	int r = ward__gate("rmdir");

	return r < 0 ? r : unlinkat(base, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* The kernel refuses as long as a process is in it. */
static void sweep_one(int base, const char *name)
{
	int dir = ward__cgroup_open(base, name, O_RDONLY | O_DIRECTORY);
	char events[128];

	if (dir < 0)
		return;
	if (lock(dir, LOCK_EX) == 0 && is_same(base, name, dir) &&
	    remove_named(base, name) == -EBUSY &&
	    ward__cgroup_read(dir, "cgroup.events", events, sizeof(events)) > 0 &&
	    ward__cgroup_number(events, "populated") == 0 &&
	    ward__tree_remove(dir) == 0)
		remove_named(base, name);
	close(dir);
}

struct sweeping {
	int base;
	char digit;
};

static int sweep_some(void *arg, const char *name)
{
	const struct sweeping *sweeping = arg;

	if (is_name(name) && name[strlen(name) - 1] == sweeping->digit)
		sweep_one(sweeping->base, name);
	return 0;
}

/*
 * One in sixteen, chosen anew each time, so that a new job does not pay for all that live
 * beside it.
 */
void ward__cgroup_sweep(int base)
{
	struct sweeping sweeping = { base, "0123456789abcdef"[random_number() & 15] };

	ward__tree_list(base, sweep_some, &sweeping);
}
