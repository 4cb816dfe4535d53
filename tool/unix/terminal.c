/* SPDX-License-Identifier: MIT */
/*
 * ward's own terminal in raw mode. What is hard is that it must never stay so: not at the
 * end, not while ward is stopped, and not when the shell has put another program in front
 * meanwhile, whose settings are none of our business. So it is touched in the foreground
 * only. What cannot be caught is KILL; and STOP, but shells set the terminal right after
 * that one themselves.
 */
#define _DEFAULT_SOURCE 1
#include "../terminal.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "../signals.h"

enum event { RESIZED = 1, STOP = 2, CONTINUED = 4 };

static atomic_uint events;
static struct termios before;         /* of standard input */
static bool ours, raw;                /* we have taken it; it is in raw mode now */

/* ------------------------------------------------------------------------------- size */

bool tool_terminal_size(uint16_t *rows, uint16_t *columns)
{
	static const int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	struct winsize size;

	for (int i = 0; i < 3; i++)
		if (ioctl(fds[i], TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
		    size.ws_col > 0) {
			*rows = size.ws_row;
			*columns = size.ws_col;
			return true;
		}
	return false;
}

/* ------------------------------------------------------------------------------- mode */

static bool is_in_front(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Every key is a byte for the command's terminal, which makes of it what it says. */
static void make_raw(void)
{
	struct termios mode = before;

	mode.c_iflag &= (tcflag_t)~(BRKINT | ICRNL | IGNBRK | IGNCR | INLCR | INPCK |
	                            ISTRIP | IXON | PARMRK);
	mode.c_oflag &= (tcflag_t)~OPOST;
	mode.c_lflag &= (tcflag_t)~(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	mode.c_cflag = (mode.c_cflag & (tcflag_t)~(CSIZE | PARENB)) | CS8;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	raw = tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
}

static void make_as_before(void)
{
	if (raw && is_in_front())
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	raw = false;
}

bool tool_terminal_has_keys(void)
{
	ours = is_in_front() && tcgetattr(STDIN_FILENO, &before) == 0 &&
	       atexit(tool_terminal_give_back) == 0;
	return ours;
}

void tool_terminal_give_back(void)
{
	make_as_before();
	ours = false;
}

/* ----------------------------------------------------------------------------- events */

static void note(int sig)
{
	unsigned event = sig == SIGWINCH ? RESIZED : sig == SIGTSTP ? STOP : CONTINUED;

	atomic_fetch_or(&events, event);
	tool_signals_poke();
}

static void watch(int sig)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = SA_RESTART };
	struct sigaction old;

	sigfillset(&action.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(sig, &action, NULL);
}

void tool_terminal_take(void)
{
	watch(SIGWINCH);
	watch(SIGTSTP);
	watch(SIGCONT);
	if (ours && is_in_front())
		make_raw();
}

/* The shell finds its terminal as it was, and we find it as somebody has set it since. */
static void stop(void)
{
	make_as_before();
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	watch(SIGTSTP);
}

bool tool_terminal_changed(void)
{
	unsigned arrived = atomic_exchange(&events, 0);

	if (arrived & STOP) {
		stop();
		arrived |= atomic_exchange(&events, 0) | CONTINUED;
	}
	if (arrived & CONTINUED && ours && is_in_front()) {
		/* After STOP the shell has made its own mode of it. */
		if (!raw)
			tcgetattr(STDIN_FILENO, &before);
		make_raw();
	}
	return arrived != 0;
}
