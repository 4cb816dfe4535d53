/* SPDX-License-Identifier: MIT */
/*
 * Parents: processes that start programs on order. Each is a fork of the benchmark that
 * takes on the burden of its spec (memory, descriptors, a CPU) and then serves orders
 * from a socket until it is sent home. Several live at the same time, so that a big one
 * and a small one can be compared block by block; only one works at a time.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SPARE_FDS = 64 };

/* Bytes that can be taken without pushing anybody out; 0 when nobody tells. */
static size_t memory_available(void)
{
	static const char name[] = "MemAvailable:";
	unsigned long long kib = 0;
	char line[128];
	FILE *f;

	f = fopen("/proc/meminfo", "re");
	if (!f)
		return 0;
	while (kib == 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			kib = strtoull(line + sizeof(name) - 1, NULL, 10);
	fclose(f);
	return (size_t)kib * 1024;
}

/* In small pages: they are what most programs have, and what fork has to copy. */
static int take_memory(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), at;
	volatile char *memory;

	if (bytes == 0)
		return 0;
	if (memory_available() < bytes + bytes / 4)
		return -ENOMEM;
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	madvise((void *)(uintptr_t)memory, bytes, MADV_NOHUGEPAGE);
	for (at = 0; at < bytes; at += page)
		memory[at] = 1;
	return 0;
}

static int allow_fds(int count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_cur >= (rlim_t)count)
		return 0;
	limit.rlim_cur = (rlim_t)count;
	if (limit.rlim_max < limit.rlim_cur)
		return -EMFILE;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static int take_fds(int count)
{
	int null, i, r;

	if (count == 0)
		return 0;
	r = allow_fds(count + SPARE_FDS);
	if (r < 0)
		return r;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	for (i = 1; i < count; i++)
		if (fcntl(null, F_DUPFD_CLOEXEC, 3) < 0)
			return -errno;
	return 0;
}

/* To the CPUs, if it is a pinned one. Threads that would share one are no measure. */
static int take_place(const struct parent_spec *spec, const int cpus[THREADS_MAX])
{
	static const int anywhere[THREADS_MAX] = { -1, -1 };
	int i, r;

	if (spec->roams || cpus[0] < 0)
		return workload_prepare(spec->threads, anywhere);
	for (i = 1; i < spec->threads; i++)
		if (cpus[i] < 0)
			return -ENODEV;
	r = cpu_pin(cpus[0]);
	return r < 0 ? r : workload_prepare(spec->threads, cpus);
}

static int take_burden(const struct parent_spec *spec, const int cpus[THREADS_MAX])
{
	int r;

	r = take_place(spec, cpus);
	if (r < 0)
		return r;
	r = take_memory(spec->memory);
	if (r < 0)
		return r;
	return take_fds(spec->fds);
}

static _Noreturn void serve(const struct parent_spec *spec, const int cpus[THREADS_MAX],
			    int socket)
{
	static struct block block;
	struct order order;

	block.error = take_burden(spec, cpus);
	while (send(socket, &block, sizeof(block), MSG_NOSIGNAL) > 0) {
		if (recv(socket, &order, sizeof(order), 0) != sizeof(order))
			break;
		if (order.contestant < 0)
			break;
		workload_run(&order, &block);
	}
	contestants_end();
	_exit(0);
}

static int answer(struct parent *parent, struct block *ret)
{
	ssize_t n;

	n = recv(parent->socket, ret, sizeof(*ret), 0);
	if (n != sizeof(*ret))
		return n < 0 ? -errno : -EPIPE;
	return ret->error;
}

void parent_start(struct parent *parent, const struct parent_spec *spec,
		  const int cpus[THREADS_MAX])
{
	static struct block block;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		die("socketpair");
	parent->spec = spec;
	parent->pid = fork();
	if (parent->pid < 0)
		die("fork");
	if (parent->pid == 0) {
		close(pair[0]);
		serve(spec, cpus, pair[1]);
	}
	close(pair[1]);
	parent->socket = pair[0];
	parent->error = answer(parent, &block);
}

void parent_stop(struct parent *parent)
{
	struct order home = { .contestant = -1 };

	send(parent->socket, &home, sizeof(home), MSG_NOSIGNAL);
	close(parent->socket);
	waitpid(parent->pid, NULL, 0);
}

int parent_run(struct parent *parent, const struct order *order, struct block *ret)
{
	if (send(parent->socket, order, sizeof(*order), MSG_NOSIGNAL) < 0)
		return -errno;
	return answer(parent, ret);
}
