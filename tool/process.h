/* SPDX-License-Identifier: MIT */
/* The operands of wait, kill, id and info: running processes, by PID or PID:INODE. */
#ifndef TOOL_PROCESS_H
#define TOOL_PROCESS_H

#include "tool.h"

struct tool_process {
	const char *text;             /* the operand */
	struct ward_id id;            /* what it says */
	struct ward *ward;            /* NULL until it was opened, and when that failed */
};

struct tool_processes {
	struct tool_process *all;
	size_t n;
};

/* All of @operands, none opened: 0, or STATUS_FAILED after a message. To be freed. */
int tool_processes_parse(struct tool_processes *ret, char *const operands[]);

/*
 * Open each, with ward_open's @flags where only a number was given; one that is gone does
 * not stop the others. @what ("wait for") is for messages. STATUS_OK, or after messages
 * the status of the worst failure.
 */
int tool_processes_open(struct tool_processes *processes, uint32_t flags,
                        const char *what);

/* Close all and free the list. */
void tool_processes_free(struct tool_processes *processes);

/* Say that @what ("signal") failed for this one and why; the exit status for it. */
int tool_process_fail(const struct tool_process *p, const char *what, int code);

/* PID:INODE, or the number alone where the system has nothing better. */
void tool_process_id_text(struct ward *w, uint32_t flags, char text[WARD_ID_TEXT_MAX]);

/* A zombie, but not one whose first thread alone has ended; or gone. */
bool tool_process_is_zombie(struct ward *w);

/* Has it ended, collected or not? */
bool tool_process_is_over(struct ward *w);

/* The exit status for two failures: a failure of ward counts more than a process gone. */
int tool_worse(int a, int b);

#endif
