/* SPDX-License-Identifier: MIT */
/*
 * The cgroup (v2) that a test is in, found out without the library, and what can be done
 * there. What is not Linux has none.
 */
#ifndef CGROUP_H
#define CGROUP_H

#include "able.h"
#ifdef __linux__
#include <fcntl.h>
#include <sys/stat.h>
#endif

/* Where it is mounted on the systems that there are; NULL: neither. */
static inline const char *cgroup_mount(void)
{
	if (access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0)
		return "/sys/fs/cgroup/unified";
	if (access("/sys/fs/cgroup/cgroup.subtree_control", F_OK) == 0)
		return "/sys/fs/cgroup";
	return NULL;
}

/* The path of its directory; NULL: there is none, or it cannot be seen. */
static inline const char *own_cgroup(void)
{
#ifdef __linux__
	static char path[4096];
	char line[4096], rest[2048] = "";
	FILE *f = fopen("/proc/self/cgroup", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "0::", 3) == 0)
			snprintf(rest, sizeof(rest), "%s", line + 3);
	if (f)
		fclose(f);
	rest[strcspn(rest, "\n")] = '\0';
	if (rest[0] && !rest[1])
		rest[0] = '\0';
	if (cgroup_mount()) {
		snprintf(path, sizeof(path), "%s%s", cgroup_mount(), rest);
		if (access(path, F_OK) == 0)
			return path;
	}
#endif
	return NULL;
}

/* Of a group with this name in it. */
static inline const char *cgroup_path(const char *name)
{
	static char path[8192];
	const char *own = own_cgroup();

	snprintf(path, sizeof(path), "%s/%s", own ? own : "", name);
	return path;
}

/* The kernel kills a whole group in one go (5.14). */
static inline bool able_cgroup_kill(void)
{
	char name[64], file[8300];
	bool able;

	if (!own_cgroup() || is_forced("cgroup_kill"))
		return false;
	snprintf(name, sizeof(name), "kill-%d", (int)getpid());
	if (mkdir(cgroup_path(name), 0755) < 0)
		return false;
	snprintf(file, sizeof(file), "%s/cgroup.kill", cgroup_path(name));
	able = access(file, F_OK) == 0;
	rmdir(cgroup_path(name));
	return able;
}

/* A group can be made in it, and a process moved there; and be killed there. */
static inline bool able_cgroup(void)
{
#ifdef __linux__
	char name[64], file[8300];
	int fd;

	if (!on_linux_system() || !own_cgroup())
		return false;
	snprintf(file, sizeof(file), "%s/cgroup.procs", own_cgroup());
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	close(fd);
	snprintf(name, sizeof(name), "able-%d", (int)getpid());
	if (mkdir(cgroup_path(name), 0755) < 0)
		return false;
	rmdir(cgroup_path(name));
	return able_cgroup_kill() || (able_pidfd_open() && able_pidfd_signal());
#else
	return false;
#endif
}

#endif
