/* SPDX-License-Identifier: MIT */
/*
 * How much memory a capture takes that has a limit: the peak of the resident set while a
 * GiB comes, less what the process had before. Each in a process forked for it, whose
 * peak is reset first: it begins as that of the benchmark.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ward.h"

static const uint64_t limit = (uint64_t)16 << 20;
static const int64_t allowance = (int64_t)1 << 20;

struct found {
	int error;
	int64_t above;                /* bytes, of the peak over what was before */
	uint64_t kept, total;
};

/* "VmHWM:", "VmRSS:" in bytes; 0: nobody tells. */
static int64_t own_memory(const char *name)
{
	long long kib = 0;
	char line[128];
	FILE *f;

	f = fopen("/proc/self/status", "re");
	if (!f)
		return 0;
	while (kib == 0 && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtoll(line + strlen(name), NULL, 10);
	fclose(f);
	return (int64_t)kib * 1024;
}

static void reset_peak(void)
{
	int fd;

	fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "5", 1) != 1)
		perror("clear_refs");
	close(fd);
}

static void run(const char *const argv[], uint32_t keep, struct found *ret)
{
	struct ward_result result = WARD_RESULT_INIT;

	ret->error = ward_run(argv, WARD_RUN_OPTS(.out = { .keep = keep, .limit = limit },
	                                          .err.to = WARD_TO_SPAWN), &result);
	if (ret->error)
		return;
	ret->kept = result.out.size;
	ret->total = result.out.total;
	ward_result_free(&result);
}

/* A small run first: what is set up once is not what a capture takes. */
static _Noreturn void serve(const struct settings *settings, uint32_t keep, int answer)
{
	const char *const small[] = { settings->writer, "100", NULL };
	const char *const big[] = { settings->writer, "1073741824", NULL };
	struct found found = { 0 };
	int64_t before;

	run(small, keep, &found);
	reset_peak();
	before = own_memory("VmRSS:");
	if (found.error == 0)
		run(big, keep, &found);
	found.above = own_memory("VmHWM:") - before;
	_exit(write(answer, &found, sizeof(found)) != sizeof(found));
}

static void measure(const struct settings *settings, uint32_t keep, struct found *ret)
{
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		serve(settings, keep, pair[1]);
	close(pair[1]);
	if (read(pair[0], ret, sizeof(*ret)) != sizeof(*ret))
		ret->error = -EPIPE;
	close(pair[0]);
	waitpid(pid, NULL, 0);
}

static void print_row(const char *name, const struct found *found)
{
	if (found->error) {
		printf("| %-5s | not measured: %s |\n", name, strerror(-found->error));
		return;
	}
	printf("| %-5s | %12.0f | %12.0f | %12.0f | %9.0f | %-7s |\n", name,
	       (double)found->total / 1024, (double)found->kept / 1024,
	       (double)found->above / 1024, (double)((int64_t)limit + allowance) / 1024,
	       found->above <= (int64_t)limit + allowance ? "met" : "not met");
}

void memory_measure(const struct settings *settings)
{
	static const struct {
		const char *name;
		uint32_t keep;
	} policies[] = {
		{ "HEAD", WARD_KEEP_HEAD }, { "TAIL", WARD_KEEP_TAIL },
		{ "ENDS", WARD_KEEP_ENDS }, { "CLOSE", WARD_KEEP_CLOSE },
		{ "KILL", WARD_KEEP_KILL },
	};
	struct found found;
	size_t i;

	printf("\n#### Memory: 1 GiB comes, 16 MiB is the limit\n\n");
	printf("| %-5s | %12s | %12s | %12s | %9s | %-7s |\n", "keep", "read KiB",
	       "kept KiB", "peak KiB", "goal KiB", "");
	printf("|-------|-------------:|-------------:|-------------:|----------:"
	       "|---------|\n");
	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		memset(&found, 0, sizeof(found));
		measure(settings, policies[i].keep, &found);
		print_row(policies[i].name, &found);
	}
	fflush(stdout);
}
