/* SPDX-License-Identifier: MIT */
/*
 * The signals that `ward run` passes on to its command: INT, TERM, HUP, QUIT, USR1, USR2;
 * and as the first process of a container all that can be passed on.
 */
#ifndef TOOL_SIGNALS_H
#define TOOL_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct ward;

/*
 * Before all that follows: pass on every signal, and let the end of a child wake, too. Of
 * the terminal's own that stop and continue both are left to it when @shared.
 */
void tool_signals_take_all(bool shared);

/*
 * Before the start: hold them back, so that none is lost, and undo what a caller left
 * ignored, except those that are passed on: an ignored one (nohup, a shell's trap '' HUP)
 * stays ignored, in ward and in the command. 0, or a negative errno.
 */
int tool_signals_hold(void);

/* After the start, whether it went well or not: from now on they are taken note of. */
void tool_signals_watch(void);

/*
 * Sleep until tool_signals_next may have something, @w may have ended (unless NULL), or
 * @deadline; perhaps shorter. Was it woken by @w?
 */
bool tool_signals_sleep(struct ward *w, int64_t deadline);

/* The same for a descriptor that becomes readable; -1: shortly. */
bool tool_signals_sleep_read(int fd, int64_t deadline);

/*
 * Sleep until tool_signals_next may have something, @fd takes bytes, or @deadline. Does
 * it take some? (A system that cannot wait for it says so at once.)
 */
bool tool_signals_sleep_write(int fd, int64_t deadline);

/* What is readable (Windows: a HANDLE that is set) while there is a next one. */
int64_t tool_signals_wake(void);

/*
 * The next signal that arrived, or 0. With @shared the terminal's own (Ctrl-C) are passed
 * over, since the terminal sent them to the command too.
 */
int tool_signals_next(bool shared);

/* Wake it so, from a signal handler. */
void tool_signals_poke(void);

/* Did one of INT, TERM, HUP, QUIT ever arrive, whoever sent it? */
bool tool_signals_asked(void);

/* Did @sig ever arrive? If so end by it; returns if it did not. */
void tool_signals_end_alike(int sig);

#endif
