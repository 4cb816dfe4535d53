/* SPDX-License-Identifier: MIT */
/*
 * Identity and information. What /proc says by number is believed only if the handle
 * shows afterwards that the process was there all the while.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../gate.h"
#include "../memory.h"
#include "pidfd.h"
#include "probe.h"
#include "proc.h"
#include "process.h"

/* ------------------------------------------------------------------------- identity */

static int find_number(const struct ward__process *p, struct ward_id *id)
{
	int r;

	id->kind = WARD_ID_INODE;
	if (p->pidfd >= 0 && ward__pidfd_number(p->pidfd, &id->number))
		return 0;
	id->kind = WARD_ID_START;
	r = ward__proc_start(p->pid, &id->number);
	if (r < 0)
		return r == -ESRCH ? r : -ENOTSUP;
	/* A mere number has nothing to be checked against: it is what is there now. */
	return (p->pidfd >= 0 || p->child) && !ward__process_is_there(p) ? -ESRCH : 0;
}

static int find_identity(const struct ward__process *p, struct ward_id *ret)
{
	struct ward_id id = { .size = sizeof(id), .pid = p->pid };
	int r = find_number(p, &id);

	if (r < 0)
		return r;
	id.has_boot = ward__proc_boot(id.boot);
	*ret = id;
	return 0;
}

int ward__process_identify(struct ward__process *p)
{
	struct ward_id *id;
	int r;

	if (p->id)
		return 0;
	id = ward__alloc(sizeof(*id));
	if (!id)
		return -ENOMEM;
	r = find_identity(p, id);
	if (r < 0)
		ward__free(id);
	else
		p->id = id;
	return r;
}

int ward__process_identity(struct ward__process *p, struct ward_id *ret)
{
	int r;

	pthread_mutex_lock(&p->lock);
	r = ward__process_identify(p);
	if (r == 0)
		*ret = *p->id;
	pthread_mutex_unlock(&p->lock);
	return r;
}

static int open_by_handle(struct ward__process **ret, const struct ward_id *id)
{
	int fd = ward__pidfd_by_number(id->number), r = -ESRCH;

	if (fd < 0)
		return fd;
	if (ward__pidfd_pid(fd) == id->pid)
		r = ward__process_adopt(ret, fd, (pid_t)id->pid);
	if (r < 0)
		close(fd);
	return r;
}

/*
 * Hold whoever has the number, then see who it is: the other way round would be a race.
 */
static int open_and_compare(struct ward__process **ret, const struct ward_id *id)
{
	struct ward_id now;
	struct ward__process *p;
	int r = ward__process_open(&p, id->pid, 0);

	if (r < 0)
		return r == -EINVAL ? -ESRCH : r;
	r = ward__process_identity(p, &now);
	if (r == 0 && now.kind != id->kind)
		r = -ENOTSUP;
	if (r == 0 && now.number != id->number)
		r = -ESRCH;
	if (r < 0)
		ward__process_free(p);
	else
		*ret = p;
	return r;
}

/* The start time of a process that a pidfd with a number holds, for identities of old. */
static int open_by_start(struct ward__process **ret, const struct ward_id *id)
{
	struct ward__process *p;
	uint64_t start;
	int r = ward__process_open(&p, id->pid, 0);

	if (r < 0)
		return r == -EINVAL ? -ESRCH : r;
	r = ward__proc_start(id->pid, &start);
	if (r == 0 && (start != id->number || !ward__process_is_there(p)))
		r = -ESRCH;
	if (r < 0)
		ward__process_free(p);
	else
		*ret = p;
	return r;
}

static bool other_boot(const struct ward_id *id)
{
	uint8_t boot[16];

	return id->has_boot && ward__proc_boot(boot) &&
	       memcmp(boot, id->boot, sizeof(boot)) != 0;
}

int ward__process_open_id(struct ward__process **ret, const struct ward_id *id)
{
	int r;

	if (other_boot(id))
		return -ESRCH;
	if (id->kind == WARD_ID_START)
		return open_by_start(ret, id);
	r = open_by_handle(ret, id);
	/* ESTALE: this kernel knows such handles (6.14), and no process has this one. */
	if (r == 0 || r == -ESRCH || r == -ESTALE || r == -EMFILE || r == -ENFILE)
		return r == -ESTALE ? -ESRCH : r;
	return open_and_compare(ret, id);
}

/* ----------------------------------------------------------------------------- info */

static void fill_unknown(struct ward_info *info)
{
	*info = (struct ward_info){ .size = sizeof(*info) };
	info->ppid = info->pgid = info->sid = -1;
	info->threads = -1;
	info->uid = info->euid = info->suid = UINT32_MAX;
	info->gid = info->egid = info->sgid = UINT32_MAX;
	info->start_unix_ns = info->user_ns = info->system_ns = -1;
	info->rss_bytes = info->virtual_bytes = info->cgroup_id = -1;
}

/* Needs no /proc (6.13), and is about the process by its nature. */
static void fill_by_pidfd(const struct ward__process *p, struct ward_info *info)
{
	const uint64_t wanted = KERNEL_INFO_PID | KERNEL_INFO_CREDS | KERNEL_INFO_CGROUP;
	struct kernel_pidfd_info from;

	if (p->pidfd < 0 || ward__pidfd_info(p->pidfd, wanted, &from) < 0)
		return;
	if (from.mask & KERNEL_INFO_PID)
		info->ppid = from.ppid;
	if (from.mask & KERNEL_INFO_CGROUP)
		info->cgroup_id = (int64_t)from.cgroupid;
	if (!(from.mask & KERNEL_INFO_CREDS))
		return;
	info->uid = from.ruid;
	info->euid = from.euid;
	info->suid = from.suid;
	info->gid = from.rgid;
	info->egid = from.egid;
	info->sgid = from.sgid;
}

static bool was_it(struct ward__process *p)
{
	if (atomic_load_explicit(&p->ended, memory_order_acquire))
		return false;
	return p->pidfd >= 0 || p->child ? ward__process_is_there(p) : true;
}

int ward__process_info(struct ward__process *p, struct ward_info *ret)
{
	struct ward_info info;
	int r = 0;

	fill_unknown(&info);
	info.pid = p->pid;
	if (p->pid > 0)
		r = ward__proc_info(p->pid, &info);
	fill_by_pidfd(p, &info);
	if (r == -ESRCH || !was_it(p)) {
		/* /proc may hide it (hidepid) though it is there. */
		if (p->pidfd < 0 || !was_it(p))
			return -ESRCH;
	}
	*ret = info;
	return 0;
}
