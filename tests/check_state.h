/* SPDX-License-Identifier: MIT */
/*
 * What a case must leave as it found it, and who looks after its orphans; for check.c.
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include <stdbool.h>

/* In the runner: ignored signals back to default; become the parent of orphans; a
 * duplicate of @fd above those that tests use, CLOEXEC, and nothing else open but
 * stdio; end and collect all children that are left. */
void check_state_fresh_signals(void);
void check_state_adopt_orphans(void);
int check_state_high_fd(int fd);
void check_state_end_orphans(void);

/* In the case: its own process group and orphans, and its end with the runner's. */
void check_state_enter(void);

/* Compare with the last check_baseline(); says what differs. */
bool check_state_unchanged(void);

/* Is there another process of this case, alive or not yet collected? */
bool check_state_has_children(void);

/* Windows: the environment is from now on to be as it is now. */
void check_state_environment(void);

#endif
