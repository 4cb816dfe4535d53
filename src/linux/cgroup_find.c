/* SPDX-License-Identifier: MIT */
/*
 * Finding our own cgroup (v2): its path is in /proc/self/cgroup, where it is mounted in
 * /proc/self/mountinfo. What is hard: the file system may be mounted beside v1 (hybrid),
 * several times, in parts (bind mounts, containers), read-only, or under another mount;
 * and in a namespace of cgroups both paths are told from its root, which need not be
 * above us. So each mount is tried that could show us, and what is opened must be a
 * cgroup.
 */
#define _GNU_SOURCE 1
#include "cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "cgroup_file.h"

#define CGROUP2_MAGIC 0x63677270

/* ----------------------------------------------------------------------------- text */

/* The next word of a line, cut out; NULL: there is none. */
static char *next_word(char **line)
{
	char *word = *line ? *line + strspn(*line, " ") : NULL;
	char *end;

	if (!word || !*word)
		return NULL;
	end = word + strcspn(word, " ");
	*line = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* Blanks, tabs, newlines and backslashes are written as \ooo there. */
static char *unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && is_octal(from + 1)) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 +
			             (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

/* "31 23 0:28 ROOT POINT rw,relatime shared:1 - cgroup2 cgroup2 rw" */
static bool parse_mount(char *line, struct ward__mount *ret)
{
	char *root = NULL, *point = NULL, *word;
	const char *type;

	for (int i = 1; (word = next_word(&line)) != NULL && strcmp(word, "-") != 0;
	     i++) {
		root = i == 4 ? word : root;
		point = i == 5 ? word : point;
	}
	type = next_word(&line);
	if (!point || !type || strcmp(type, "cgroup2") != 0)
		return false;
	ret->root = unescape(root);
	ret->point = unescape(point);
	return true;
}

bool ward__mount_next(char **text, struct ward__mount *ret)
{
	while (**text) {
		char *line = *text, *end = line + strcspn(line, "\n");

		*text = *end ? end + 1 : end;
		*end = '\0';
		if (parse_mount(line, ret))
			return true;
	}
	return false;
}

char *ward__cgroup_line(char *text)
{
	while (text && strncmp(text, "0::", 3) != 0) {
		text = strchr(text, '\n');
		text += text != NULL;
	}
	if (!text || text[3] != '/')
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text + 3;
}

static bool leads_out(const char *path)
{
	return strncmp(path, "..", 2) == 0 && (path[2] == '/' || path[2] == '\0');
}

const char *ward__cgroup_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	while (n > 0 && root[n - 1] == '/')
		n--;
	if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	path += n;
	path += *path == '/';
	/* From a root that is not above: the name of the way down is not told. */
	return leads_out(path) ? NULL : path;
}

/* -------------------------------------------------------------------------- our own */

static bool is_cgroup2(int fd)
{
	struct statfs fs;

	return ward__gate("fstatfs") == 0 && fstatfs(fd, &fs) == 0 &&
	       (unsigned long)fs.f_type == CGROUP2_MAGIC;
}

static int open_checked(int dir, const char *path)
{
	int fd = ward__cgroup_open(dir, path, O_RDONLY | O_DIRECTORY);

	if (fd >= 0 && !is_cgroup2(fd)) {
		close(fd);
		return -ENOTDIR;      /* something else is mounted above it */
	}
	return fd;
}

/*
 * To start a process in a group below takes the right to move processes from here, too:
 * this is the nearest that is above both. (faccessat asks for another user in musl, by
 * a child.)
 */
static int check_writable(int dir)
{
	int fd = ward__cgroup_open(dir, "cgroup.procs", O_WRONLY);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int open_by_mount(const struct ward__mount *mount, const char *path)
{
	const char *below = ward__cgroup_below(path, mount->root);
	char where[PATH_MAX];
	int fd, r;

	if (!below)
		return -ENOENT;
	if (snprintf(where, sizeof(where), "%s/%s", mount->point, below) >=
	    (int)sizeof(where))
		return -ENAMETOOLONG;
	fd = open_checked(AT_FDCWD, where);
	if (fd < 0)
		return fd;
	r = check_writable(fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* This mount does not show it, or no more. */
static bool shows_not(int code)
{
	return code == -ENOENT || code == -ENOTDIR || code == -ENAMETOOLONG;
}

/* The first mount by which it can be written; else what the last that shows it says. */
static int open_by_mounts(char *mounts, const char *path, const char *whose,
                          struct ward__why *why)
{
	struct ward__mount mount;
	int fd = -ENOENT, seen = 0, worst = -ENOENT;

	while (fd < 0 && ward__mount_next(&mounts, &mount)) {
		seen++;
		fd = open_by_mount(&mount, path);
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
			return ward__why(why, fd, "%s cgroup cannot be opened", whose);
		worst = fd < 0 && !shows_not(fd) ? fd : worst;
	}
	if (fd >= 0)
		return fd;
	if (seen == 0)
		return ward__why(why, -ENOTSUP,
		                 "no file system of cgroups (v2) is mounted");
	if (worst == -EROFS)
		return ward__why(why, worst, "the cgroups are mounted read-only");
	if (worst == -EACCES || worst == -EPERM)
		return ward__why(why, worst,
		                 "%s cgroup %.100s may not be written: it was not "
		                 "given to this user",
		                 whose, path);
	return ward__why(why, worst == -ENOENT ? -ENOTSUP : worst,
	                 "no mount shows %s cgroup %.100s", whose, path);
}

static int open_told(char *cgroups, char *mounts, const char *whose,
                     struct ward__cgroup_base *ret, struct ward__why *why)
{
	char *path = ward__cgroup_line(cgroups), *copy;
	int fd;

	if (!path)
		return ward__why(why, -ENOTSUP, "%s cgroup is none of v2", whose);
	copy = ward__alloc(strlen(path) + 1);
	if (!copy)
		return -ENOMEM;
	strcpy(copy, path);
	fd = open_by_mounts(mounts, path, whose, why);
	if (fd < 0) {
		ward__free(copy);
		return fd;
	}
	ret->dir = fd;
	ret->path = copy;
	return 0;
}

static int open_of(const char *file, const char *whose, struct ward__cgroup_base *ret,
                   struct ward__why *why)
{
	char *cgroups = NULL, *mounts = NULL;
	int r = ward__cgroup_read_all(AT_FDCWD, file, &cgroups);

	if (r == 0)
		r = ward__cgroup_read_all(AT_FDCWD, "/proc/self/mountinfo", &mounts);
	if (r == 0)
		r = open_told(cgroups, mounts, whose, ret, why);
	else if (r == -ENOENT || r == -EACCES || r == -EPERM)
		r = ward__why(why, -ENOTSUP, "/proc does not tell %s cgroup", whose);
	ward__free(mounts);
	ward__free(cgroups);
	return r;
}

int ward__cgroup_own(struct ward__cgroup_base *ret, struct ward__why *why)
{
	return open_of("/proc/self/cgroup", "the own", ret, why);
}

int ward__cgroup_of(struct ward__cgroup_base *ret, pid_t pid, struct ward__why *why)
{
	char file[64];

	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	return open_of(file, "the scope's", ret, why);
}

void ward__cgroup_base_drop(struct ward__cgroup_base *base)
{
	close(base->dir);
	ward__free(base->path);
}

/* ---------------------------------------------------------------------------- above */

/* As systemd marks what it has given away. */
static bool is_delegated(int dir)
{
	char value[2] = "";

	if (ward__gate("fgetxattr") < 0)
		return false;
	return (fgetxattr(dir, "user.delegate", value, sizeof(value)) > 0 ||
	        fgetxattr(dir, "trusted.delegate", value, sizeof(value)) > 0) &&
	       value[0] == '1';
}

/* Its manager counts on being alone there. */
static bool is_systemds(const char *path)
{
	static const char *const kinds[] = { ".slice", ".service", ".scope" };
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i]);

		if (n > len && strcmp(path + n - len, kinds[i]) == 0)
			return true;
	}
	return false;
}

static bool runs_systemd(void)
{
	return ward__gate("faccessat") == 0 &&
	       faccessat(AT_FDCWD, "/run/systemd/system", F_OK, 0) == 0;
}

/*
 * A group beside our own escapes the limits of our own: so only where the one above was
 * given to us. Marked so; or it belongs to this user, and is no unit of a manager; or it
 * is all that there is to see, and we are root without a manager.
 */
static bool is_given(int dir, const char *path)
{
	struct stat st;

	if (is_delegated(dir))
		return true;
	if (is_systemds(path) || fstat(dir, &st) < 0)
		return false;
	if (geteuid() != 0)
		return st.st_uid == geteuid();
	return strcmp(path, "/") == 0 && !runs_systemd();
}

/* "/a/b" to "/a", "/a" to "/" */
static char *path_above(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == path ? 1 : (size_t)(slash - path);
	char *copy = ward__alloc(n + 1);

	if (copy)
		memcpy(copy, path, n);
	return copy;
}

int ward__cgroup_above(struct ward__cgroup_base *ret,
                       const struct ward__cgroup_base *base)
{
	char *path;
	int fd;

	if (base->path[1] == '\0' || leads_out(strrchr(base->path, '/') + 1))
		return -ENOENT;
	path = path_above(base->path);
	if (!path)
		return -ENOMEM;
	fd = open_checked(base->dir, "..");
	if (fd == -ENOTDIR)
		fd = -ENOENT;         /* the mount shows no more */
	if (fd >= 0 && (!is_given(fd, path) || check_writable(fd) < 0)) {
		close(fd);
		fd = -ENOENT;
	}
	if (fd < 0) {
		ward__free(path);
		return fd;
	}
	ret->dir = fd;
	ret->path = path;
	return 0;
}
