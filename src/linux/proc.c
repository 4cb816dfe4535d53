/* SPDX-License-Identifier: MIT */
/*
 * Reading /proc. The one trap is the name in PID/stat: it may hold anything, blanks and
 * parentheses included, so the fields are counted from the last ")".
 */
#define _GNU_SOURCE 1
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../gate.h"

enum { MAX_FIELDS = 53, FIRST_FIELD = 3 };

/* A whole small file, NUL-ended; its length, or a negative errno. */
static int read_file(const char *path, char *buf, size_t size)
{
	int fd, n, r = ward__gate("proc_open");

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do
		n = (int)read(fd, buf, size - 1);
	while (n < 0 && errno == EINTR);
	r = n < 0 ? -errno : n;
	close(fd);
	buf[r < 0 ? 0 : r] = '\0';
	return r;
}

static int read_of(int64_t pid, const char *file, char *buf, size_t size)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/%s", pid, file);
	r = read_file(path, buf, size);
	return r == -ENOENT ? -ESRCH : r;
}

/*
 * The text behind "KEY:" at the start of a line, blanks passed over; NULL: no such line.
 */
static const char *find_line(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, key, n) && text[n] == ':')
			return text + n + 1 + strspn(text + n + 1, " \t");
	}
	return NULL;
}

int64_t ward__proc_fdinfo_pid(int fd)
{
	char path[64], text[1024];
	const char *value;
	long pid;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	r = read_file(path, text, sizeof(text));
	if (r < 0)
		return r;
	value = find_line(text, "Pid");
	if (!value)
		return -EBADF;
	pid = strtol(value, NULL, 10);
	return pid < 0 ? -ESRCH : pid;
}

int64_t ward__proc_tgid(int64_t tid)
{
	char text[4096];
	const char *value;
	int r = read_of(tid, "status", text, sizeof(text));

	if (r < 0)
		return r;
	value = find_line(text, "Tgid");
	return value ? strtol(value, NULL, 10) : -ENODATA;
}

/* ------------------------------------------------------------------------- PID/stat */

struct stat_line {
	char text[1024];
	const char *name, *name_end;
	const char *fields[MAX_FIELDS];       /* [3] is the state, as proc(5) counts */
};

static int read_stat(int64_t pid, struct stat_line *line)
{
	char *p;
	int r = read_of(pid, "stat", line->text, sizeof(line->text));

	if (r < 0)
		return r;
	memset(line->fields, 0, sizeof(line->fields));
	line->name = strchr(line->text, '(');
	p = strrchr(line->text, ')');
	if (!line->name++ || !p)
		return -ENODATA;
	line->name_end = p;
	for (int i = FIRST_FIELD; i < MAX_FIELDS && (p = strchr(p, ' ')) != NULL; i++)
		line->fields[i] = ++p;
	return 0;
}

static int64_t field(const struct stat_line *line, int i)
{
	return line->fields[i] ? strtoll(line->fields[i], NULL, 10) : -1;
}

int ward__proc_start(int64_t pid, uint64_t *ret)
{
	struct stat_line line;
	int r = read_stat(pid, &line);

	if (r < 0)
		return r;
	if (!line.fields[22])
		return -ENODATA;
	*ret = strtoull(line.fields[22], NULL, 10);
	return 0;
}

static int state_of(char letter)
{
	switch (letter) {
	case 'R':
		return WARD_STATE_RUNNING;
	case 'S':
	case 'I':
		return WARD_STATE_SLEEPING;
	case 'D':
		return WARD_STATE_BLOCKED;
	case 'T':
		return WARD_STATE_STOPPED;
	case 't':
		return WARD_STATE_TRACED;
	case 'Z':
	case 'X':
		return WARD_STATE_ENDED;
	default:
		return WARD_STATE_UNKNOWN;
	}
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * WARD_NS_PER_S + t.tv_nsec;
}

static int64_t ticks_to_ns(int64_t ticks)
{
	long hz = sysconf(_SC_CLK_TCK);

	return ticks < 0 ? -1 : ticks * (WARD_NS_PER_S / (hz > 0 ? hz : 100));
}

static void fill_name(const struct stat_line *line, struct ward_info *info)
{
	size_t n = (size_t)(line->name_end - line->name);

	if (n >= sizeof(info->name))
		n = sizeof(info->name) - 1;
	memcpy(info->name, line->name, n);
	info->name[n] = '\0';
}

static void fill_stat(const struct stat_line *line, struct ward_info *info)
{
	int64_t since_boot = ticks_to_ns(field(line, 22));

	fill_name(line, info);
	info->state = line->fields[3] ? state_of(*line->fields[3]) : WARD_STATE_UNKNOWN;
	info->ppid = field(line, 4);
	info->pgid = field(line, 5);
	info->sid = field(line, 6);
	info->user_ns = ticks_to_ns(field(line, 14));
	info->system_ns = ticks_to_ns(field(line, 15));
	info->threads = (int32_t)field(line, 20);
	if (since_boot >= 0)
		info->start_unix_ns =
		        clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) + since_boot;
	info->virtual_bytes = field(line, 23);
	info->rss_bytes = field(line, 24) * sysconf(_SC_PAGESIZE);
}

/* "Uid:	real effective saved fs" */
static void fill_ids(const char *text, const char *key, uint32_t *ids[3])
{
	const char *value = find_line(text, key);

	for (int i = 0; value && i < 3; i++) {
		char *end;
		unsigned long id = strtoul(value, &end, 10);

		if (end == value)
			return;
		*ids[i] = (uint32_t)id;
		value = end;
	}
}

int ward__proc_info(int64_t pid, struct ward_info *info)
{
	struct stat_line line;
	char text[4096];
	int r = read_stat(pid, &line);

	if (r < 0)
		return r;
	fill_stat(&line, info);
	if (read_of(pid, "status", text, sizeof(text)) > 0) {
		fill_ids(text, "Uid",
		         (uint32_t *[]){ &info->uid, &info->euid, &info->suid });
		fill_ids(text, "Gid",
		         (uint32_t *[]){ &info->gid, &info->egid, &info->sgid });
	}
	return 0;
}

/* ----------------------------------------------------------------------------- boot */

/* "01234567-89ab-cdef-0123-456789abcdef" */
bool ward__proc_boot(uint8_t ret[16])
{
	char text[64];
	int n = read_file("/proc/sys/kernel/random/boot_id", text, sizeof(text)), got = 0;

	for (int i = 0; i + 1 < n && got < 16; i++) {
		unsigned byte;

		if (text[i] == '-')
			continue;
		if (sscanf(text + i, "%2x", &byte) != 1)
			return false;
		ret[got++] = (uint8_t)byte;
		i++;
	}
	return got == 16;
}
