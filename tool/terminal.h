/* SPDX-License-Identifier: MIT */
/*
 * ward's own terminal, while the command has another one (--pty): the keys are the
 * command's then, and the window is as large as ours.
 */
#ifndef TOOL_TERMINAL_H
#define TOOL_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

/* The size of ward's terminal; false: it has none. */
bool tool_terminal_size(uint16_t *rows, uint16_t *columns);

/* Before the start: is ward's standard input a terminal with ward in its foreground, so
 * that there are keys to pass on? */
bool tool_terminal_has_keys(void);

/*
 * After the start: hand every key over as it is, until tool_terminal_give_back (at the
 * latest at exit); a window that changes, a stop and its end wake what signals wake.
 */
void tool_terminal_take(void);
void tool_terminal_give_back(void);

/*
 * What has happened since: stop with the terminal as it was, take it again afterwards.
 * May its size have changed?
 */
bool tool_terminal_changed(void);

#endif
