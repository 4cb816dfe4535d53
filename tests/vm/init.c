/* SPDX-License-Identifier: MIT */
/*
 * The first process of a virtual machine that exists to run the suite: mount what a Linux
 * program expects, run /suite with our own arguments and environment (the kernel passes
 * on what it does not know of its command line), say how it ended, switch off. What is
 * hard: nothing may be lost on the way to the console, and a machine that could not run
 * the suite must say so and not just be silent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The host looks for lines that begin so. */
#define SAY "ward-vm: "

static void mounted(const char *type, const char *where, const char *options)
{
	mkdir(where, 0755);
	if (mount("none", where, type, 0, options) < 0)
		printf("# no %s at %s: %s\n", type, where, strerror(errno));
}

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("# %s: \"%s\" could not be written: %s\n", path, text,
		       strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Every controller for the groups below; the suite runs in one of them. */
static void prepare_cgroups(void)
{
	char names[512] = "", one[64], *name, *rest = names;
	FILE *f;

	mounted("cgroup2", "/sys/fs/cgroup", "");
	f = fopen("/sys/fs/cgroup/cgroup.controllers", "re");
	if (!f || !fgets(names, sizeof(names), f))
		printf("# no controllers of cgroups\n");
	if (f)
		fclose(f);
	printf("# controllers: %s%s", names, strchr(names, '\n') ? "" : "\n");
	while ((name = strsep(&rest, " \n")) != NULL) {
		snprintf(one, sizeof(one), "+%s", name);
		if (*name)
			write_file("/sys/fs/cgroup/cgroup.subtree_control", one);
	}
	mkdir("/sys/fs/cgroup/suite", 0755);
}

static void prepare(void)
{
	umask(022);
	mounted("devtmpfs", "/dev", "mode=0755");
	open_console();
	mounted("proc", "/proc", "");
	mounted("sysfs", "/sys", "");
	mounted("devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666");
	mounted("tmpfs", "/tmp", "mode=1777");
	prepare_cgroups();
}

static _Noreturn void become_suite(char *args[])
{
	setsid();
	write_file("/sys/fs/cgroup/suite/cgroup.procs", "0");
	setenv("PATH", "/bin", 1);
	execv("/suite", args);
	printf("# /suite: %s\n", strerror(errno));
	exit(126);
}

/* All orphans of the machine are ours. */
static int run_suite(char *args[])
{
	pid_t suite = fork(), pid;
	int status = 126 << 8;

	if (suite == 0)
		become_suite(args);
	while (suite > 0 && ((pid = wait(&status)) > 0 || errno == EINTR))
		if (pid == suite)
			break;
	return status;
}

int main(int argc, char *argv[])
{
	static char name[] = "/suite";
	int status;

	(void)argc;
	prepare();
	printf(SAY "begin\n");
	argv[0] = name;
	status = run_suite(argv);
	printf(SAY "end %d\n", status);
	tcdrain(1);
	sync();
	reboot(RB_POWER_OFF);
	printf("# it cannot be switched off: %s\n", strerror(errno));
	for (;;)
		pause();
}
