/* SPDX-License-Identifier: MIT */
/*
 * apart EMULATOR PROGRAM [ARG]...: run a program of another architecture, and whatever
 * of that architecture it starts, by an emulator, without the machine taking notice: in
 * a user and a mount namespace with a binfmt_misc of their own (Linux 6.7). All ids
 * mean what they mean outside. Temporary files are in memory: the offsets in folders on
 * a disk do not fit into those of an emulated processor of 32 bits. Exits as the
 * program; with 77 and a reason on stdout where this cannot be done.
 *
 * What is hard: the namespace's ids can only be given from outside of it, and the
 * kernel's line of registration wants the head of an ELF file as text.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BINFMT "/proc/sys/fs/binfmt_misc"
#define TEMPORARY "/mnt"

/*
 * e_ident up to the version, and e_machine: what every program of an architecture
 * shares.
 */
enum { HEAD = 20, IDENT = 7, MACHINE = 18 };

static _Noreturn void unable(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(77);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		unable(path);
	close(fd);
}

/* All ids, as they are. Only one with the rights of root outside may do that. */
static void map_ids(pid_t pid)
{
	static const char *const files[] = { "uid_map", "gid_map" };
	char path[64];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		write_file(path, "0 0 4294967295");
	}
}

/*
 * With P the program sees the argv[0] that it was given, with O what cannot be opened
 * by its name is handed over as a descriptor, with F the emulator is opened now.
 */
static void register_emulator(const char *emulator, const char *program)
{
	char line[4096], magic[4 * HEAD + 1] = "", mask[4 * HEAD + 1] = "";
	unsigned char head[HEAD];
	int fd = open(program, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, head, HEAD) != HEAD)
		unable(program);
	close(fd);
	for (int i = 0; i < HEAD; i++) {
		int counts = i < IDENT || i >= MACHINE;

		sprintf(magic + 4 * i, "\\x%02x", counts ? head[i] : 0);
		sprintf(mask + 4 * i, "\\x%02x", counts ? 0xff : 0);
	}
	snprintf(line, sizeof(line), ":ward-tests:M::%s:%s:%s:POF", magic, mask,
	         emulator);
	write_file(BINFMT "/register", line);
}

static _Noreturn void become_program(int mapped, char *args[])
{
	char byte;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		unable("a user namespace");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (raise(SIGSTOP) != 0 || read(mapped, &byte, 1) != 1)
		exit(77);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		unable("private mounts");
	if (mount("none", TEMPORARY, "tmpfs", 0, "mode=1777") < 0 ||
	    setenv("TMPDIR", TEMPORARY, 1) < 0)
		unable("a tmpfs of our own");
	if (mount("none", BINFMT, "binfmt_misc", 0, NULL) < 0)
		unable("a binfmt_misc of our own");
	register_emulator(args[0], args[1]);
	execv(args[1], args + 1);
	unable(args[1]);
}

int main(int argc, char *argv[])
{
	int ends[2], status;
	pid_t pid;

	if (argc < 3 || pipe2(ends, O_CLOEXEC) < 0) {
		fprintf(stderr, "usage: apart EMULATOR PROGRAM [ARG]...\n");
		return 99;
	}
	pid = fork();
	if (pid == 0)
		become_program(ends[0], argv + 1);
	/* It stops when it has its namespaces. */
	if (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
		map_ids(pid);
		if (write(ends[1], "", 1) == 1)
			kill(pid, SIGCONT);
		waitpid(pid, &status, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
