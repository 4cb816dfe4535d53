/* SPDX-License-Identifier: MIT */
/* What the parts of the helper program share. */
#ifndef CHILD_H
#define CHILD_H

struct child_verb {
	const char *name;
	int (*run)(char *args[]);             /* returns the exit code */
};

/* Ended by one without a name. */
extern const struct child_verb child_print_verbs[];
extern const struct child_verb child_play_verbs[];
extern const struct child_verb child_bytes_verbs[];
extern const struct child_verb child_stdio_verbs[];
extern const struct child_verb child_tree_verbs[];

/* 0 for NULL. */
int child_number(const char *text);
_Noreturn void child_die(const char *what);

#endif
