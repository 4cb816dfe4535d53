/* SPDX-License-Identifier: MIT */
/*
 * Keepers: processes that have many children. Each is a copy of the benchmark, started
 * anew so that it inherits nobody's heap, and serves orders from a socket until that is
 * closed. Its end is the end of its children, however it comes.
 */
#include "many.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVE_FD = 3 };

static _Noreturn void become(const char *program, const struct watcher *by, int cpu,
			     int socket, pid_t parent)
{
	char text[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(text, sizeof(text), "%d", cpu);
	if (getppid() == parent && dup2(socket, SERVE_FD) == SERVE_FD)
		execl(program, program, "--idle", idle_program, "--tiny", tiny_program,
		      "--cpu", text, "--serve", by->name, (char *)NULL);
	_exit(127);
}

int keeper_start(struct keeper *ret, const char *program, const struct watcher *by,
		 int cpu)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become(program, by, cpu, pair[1], parent);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return -EAGAIN;
	}
	ret->pid = pid;
	ret->socket = pair[0];
	return 0;
}

int keeper_ask(struct keeper *keeper, const struct order *order, struct answer *ret)
{
	ssize_t n;

	if (send(keeper->socket, order, sizeof(*order), MSG_NOSIGNAL) < 0)
		return -errno;
	n = recv(keeper->socket, ret, sizeof(*ret), 0);
	if (n != sizeof(*ret))
		return n < 0 ? -errno : -EPIPE;
	return ret->error;
}

void keeper_stop(struct keeper *keeper)
{
	if (keeper->pid == 0)
		return;
	close(keeper->socket);
	waitpid((pid_t)keeper->pid, NULL, 0);
	keeper->pid = 0;
}

static const struct watcher *find(const char *name)
{
	int i;

	for (i = 0; watchers[i]; i++)
		if (strcmp(watchers[i]->name, name) == 0)
			return watchers[i];
	return NULL;
}

static void allow_fds(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

_Noreturn void keeper_serve(const char *watcher, int cpu)
{
	const struct watcher *by = find(watcher);
	struct answer answer;
	struct order order;

	if (!by)
		_exit(125);
	allow_fds();
	if (cpu_pin(cpu) < 0)
		_exit(125);
	while (recv(SERVE_FD, &order, sizeof(order), 0) == sizeof(order)) {
		order_carry_out(by, &order, &answer);
		if (send(SERVE_FD, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}
