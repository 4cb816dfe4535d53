/* SPDX-License-Identifier: MIT */
/*
 * The part of the helper program that looks at what its descriptors are, and uses its
 * terminal: the other end of what the library gives a child on POSIX systems.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "child_bytes.h"

/* ---------------------------------------------------------------------------- looks */

static const char *kind_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return "closed";
	if (S_ISFIFO(st.st_mode))
		return "pipe";
	if (S_ISSOCK(st.st_mode))
		return "socket";
	if (S_ISREG(st.st_mode))
		return "file";
	return isatty(fd) ? "terminal" : "other";
}

static const char *access_of(int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return "read";
	case O_WRONLY:
		return "write";
	default:
		return "both";
	}
}

/* For each FD a line: its number, kind, access, whether it blocks, where it stands. */
static int verb_print_kinds(char *args[])
{
	for (; *args; args++) {
		int fd = child_number(*args), flags = fcntl(fd, F_GETFL);

		printf("%d %s %s %s %lld\n", fd, kind_of(fd),
		       flags < 0 ? "none" : access_of(flags),
		       flags >= 0 && (flags & O_NONBLOCK) ? "non-blocking" : "blocking",
		       (long long)lseek(fd, 0, SEEK_CUR));
	}
	return 0;
}

/* Try by every way to change the file that FD is: "unchanged" or what worked. */
static int verb_try_to_change(char *args[])
{
	int fd = child_number(args[0]), again;
	char path[64];

	if (write(fd, "x", 1) > 0)
		child_write_text(1, "written\n");
	if (ftruncate(fd, 1) == 0)
		child_write_text(1, "cut\n");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	if (again >= 0 && pwrite(again, "x", 1, 0) > 0)
		child_write_text(1, "written through another\n");
	if (again >= 0 && ftruncate(again, 1) == 0)
		child_write_text(1, "cut through another\n");
	child_write_text(1, "tried\n");
	return 0;
}

/* ------------------------------------------------------------------------- terminals */

static void say_size(int fd)
{
	struct winsize size = { .ws_row = 0 };
	char line[64];

	ioctl(fd, TIOCGWINSZ, &size);
	snprintf(line, sizeof(line), "%d %d\n", size.ws_row, size.ws_col);
	child_write_text(fd, line);
}

/*
 * In one line: which of 0, 1, 2 are terminals; whether we lead a session, whether it has
 * a controlling terminal, which is descriptor FD (only of that one a group can be asked
 * for), and whether we are in front there.
 */
static int verb_print_terminal(char *args[])
{
	int fd = child_number(args[0]), tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	printf("%d%d%d %s %s %s\n", isatty(0), isatty(1), isatty(2),
	       getsid(0) == getpid() ? "leader" : "member",
	       tty >= 0 && tcgetpgrp(fd) >= 0 ? "controlling" : "none",
	       tcgetpgrp(fd) == getpgrp() ? "foreground" : "background");
	return 0;
}

/* Rows and columns of the terminal FD. */
static int verb_print_size(char *args[])
{
	say_size(child_number(args[0]));
	return 0;
}

static volatile sig_atomic_t size_changed;

static void on_size(int sig)
{
	(void)sig;
	size_changed = 1;
}

/* Say "ready" on FD, a terminal, and its size whenever SIGWINCH comes; COUNT times. */
static int verb_tell_sizes(char *args[])
{
	struct sigaction action = { .sa_handler = on_size };
	int fd = child_number(args[0]), left = child_number(args[1]);
	sigset_t block, open;

	sigemptyset(&block);
	sigaddset(&block, SIGWINCH);
	sigprocmask(SIG_BLOCK, &block, &open);
	sigdelset(&open, SIGWINCH);
	sigaction(SIGWINCH, &action, NULL);
	child_write_text(fd, "ready\n");
	for (; left > 0; left--) {
		while (!size_changed)
			sigsuspend(&open);
		size_changed = 0;
		say_size(fd);
	}
	return 0;
}

/* Ask for a word at the terminal without echo; say what it was. */
static int verb_ask_password(char *args[])
{
	struct termios before, quiet;
	char word[64], line[96];
	size_t n;

	(void)args;
	if (tcgetattr(0, &before) < 0)
		child_die("tcgetattr");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(0, TCSAFLUSH, &quiet) < 0)
		child_die("tcsetattr");
	child_write_text(1, "password: ");
	n = child_read(0, word, sizeof(word) - 1);
	tcsetattr(0, TCSADRAIN, &before);
	word[n] = '\0';
	word[strcspn(word, "\n")] = '\0';
	snprintf(line, sizeof(line), "\nit is <%s>\n", word);
	child_write_text(1, line);
	return 0;
}

/*
 * Say "ready" on FD and read it until it ends or fails, hang-up ignored; then exit: the
 * end was 0, a failure errno.
 */
static int verb_read_to_hangup(char *args[])
{
	int fd = child_number(args[0]);
	char buf[64];
	ssize_t n;

	signal(SIGHUP, SIG_IGN);
	child_write_text(fd, "ready\n");
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? errno : 0;
}

/*
 * End at once; a child of ours that SIGHUP does not end stays until FD ends, says "late"
 * to its stdout, and ends.
 */
static int verb_leave_late_writer(char *args[])
{
	signal(SIGHUP, SIG_IGN);
	if (fork() > 0)
		return 0;
	child_until_end(child_number(args[0]));
	child_write_text(1, "late\n");
	return 0;
}

/* Say "ready", then of each read of FD how much it was and what: "N:...\n"; "end". */
static int verb_print_reads(char *args[])
{
	int fd = child_number(args[0]);
	char buf[256], line[300];
	size_t n;

	child_write_text(1, "ready\n");
	while ((n = child_read(fd, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = '\0';
		snprintf(line, sizeof(line), "%d:%s\n", (int)n, buf);
		child_write_text(1, line);
	}
	child_write_text(1, "end\n");
	return 0;
}

/* Say "ready", pass on what FD reads up to the byte BYTE, and that, too. */
static int verb_print_reads_until(char *args[])
{
	int fd = child_number(args[0]);
	char byte;

	child_write_text(1, "ready\n");
	while (child_read(fd, &byte, 1) == 1) {
		child_write(1, &byte, 1);
		if (byte == args[1][0])
			break;
	}
	return 0;
}

/* Say "ready", read FD to an end, say "end", and pass on what one more read gives. */
static int verb_read_twice(char *args[])
{
	int fd = child_number(args[0]);
	char buf[256];

	child_write_text(1, "ready\n");
	child_until_end(fd);
	child_write_text(1, "end\n");
	child_write(1, buf, child_read(fd, buf, sizeof(buf)));
	return 0;
}

const struct child_verb child_stdio_verbs[] = {
	{ "print-kinds", verb_print_kinds },
	{ "try-to-change", verb_try_to_change },
	{ "print-terminal", verb_print_terminal },
	{ "print-size", verb_print_size },
	{ "tell-sizes", verb_tell_sizes },
	{ "ask-password", verb_ask_password },
	{ "read-to-hangup", verb_read_to_hangup },
	{ "leave-late-writer", verb_leave_late_writer },
	{ "print-reads", verb_print_reads },
	{ "print-reads-until", verb_print_reads_until },
	{ "read-twice", verb_read_twice },
	{ NULL, NULL },
};
