/* SPDX-License-Identifier: MIT */
/*
 * What the verbs of the command share: exit statuses, messages, options, and the reading
 * of words such as "1.5m" or "nofile=4096". The command uses the public header of the
 * library and nothing below it.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <ward.h>

/* Exit statuses, as timeout(1), env(1) and nohup(1) have them. */
enum {
	STATUS_OK = 0,
	STATUS_GONE = 1,              /* a process is gone, or it is not the one named */
	STATUS_TIMED_OUT = 124,
	STATUS_FAILED = 125,          /* ward itself failed, or was called wrongly */
	STATUS_CANNOT_RUN = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNALED = 128         /* plus the number of the signal */
};

/* ---------------------------------------------------------------------------- verbs */

/* Each takes its own words, argv[0] being the verb, and returns the exit status. */
int tool_run(char **argv);
int tool_pipe(char **argv);
int tool_wait(char **argv);
int tool_kill(char **argv);
int tool_id(char **argv);
int tool_info(char **argv);
int tool_tree(char **argv);

/* ------------------------------------------------------------------------- messages */

/* The verb, with which messages begin: "ward run: ...". */
void tool_set_name(const char *name);
const char *tool_name(void);

/* Begin and end one line on standard error; the end returns STATUS_FAILED. */
void tool_say_begin(void);
int tool_say_end(void);

/*
 * tool_fail(format, ...): say why, on one line; the value is STATUS_FAILED. A macro, so
 * that every compiler checks the arguments against the format.
 */
#define tool_fail(...) \
	(tool_say_begin(), (void)fprintf(stderr, __VA_ARGS__), tool_say_end())

/* Flush standard output: @status, or STATUS_FAILED when it could not be written. */
int tool_finish(int status);

/* Zeroed memory for @n things; without it the command ends. Not once a child runs. */
void *tool_alloc(size_t n, size_t size);

/* -------------------------------------------------------------------------- options */

enum { TOOL_FLAG, TOOL_VALUE, TOOL_MAYBE_VALUE };

struct tool_option {
	const char *name;             /* long, without the dashes */
	char letter;                  /* short; 0: none */
	int value;                    /* TOOL_MAYBE_VALUE only as --name=value */
	/* Take it; @value is NULL without one. 0, or an exit status after a message. */
	int (*take)(void *to, const char *name, const char *value);
	const struct tool_option *more; /* of the end, that without a name; NULL */
};

struct tool_args {
	char **argv;                  /* in: the words from the verb; out: the operands */
	int status;
};

/*
 * Take the options up to the first word that is none; @options ends with a NULL name.
 * true: go on; false: leave with args->status (--help was asked for, or a mistake was
 * told).
 */
bool tool_options(struct tool_args *args, const char *help,
                  const struct tool_option *options, void *to);

/* Values of options. Each returns 0, or STATUS_FAILED after a message that names both. */
int tool_take_duration(const char *name, const char *value, int64_t *ret);
int tool_take_signal(const char *name, const char *value, int *ret);
int tool_take_number(const char *name, const char *value, int64_t min, int64_t max,
                     int64_t *ret);
int tool_take_size(const char *name, const char *value, uint64_t *ret);
int tool_take_octal(const char *name, const char *value, uint32_t max, uint32_t *ret);
int tool_take_rlimit(const char *name, const char *value, struct ward_rlimit *ret);

/* The number of KILL: not every <signal.h> has it. */
int tool_signal_kill(void);

/* The name of a signal; "?" where it has none. */
const char *tool_signal_text(int sig);

/* ----------------------------------------------------------------------------- time */

/* "250ms", "1.5m", "2.5", "forever" (WARD_FOREVER): 0; -EINVAL; -ERANGE. */
int tool_duration(const char *text, int64_t *ret_ns);

/* @timeout_ns from now; WARD_FOREVER when that never comes. */
int64_t tool_deadline(int64_t timeout_ns);

/* What poll(2) takes: milliseconds until @deadline, rounded up; -1 for WARD_FOREVER. */
int tool_poll_ms(int64_t deadline);

/* What is left of @deadline in nanoseconds, at least 0, or WARD_FOREVER. */
int64_t tool_time_left(int64_t deadline);

/* ----------------------------------------------------------------------------- text */

/*
 * @bytes as valid UTF-8 in fresh memory, every byte that fits nowhere replaced by U+FFFD.
 * NULL: out of memory.
 */
char *tool_utf8(const char *bytes);

/*
 * Text that grows. Begins as { 0 }; what cannot be added for want of memory spoils all.
 */
struct tool_text {
	char *bytes;
	size_t length, room;
	bool bad;
};

/* tool_text_add(text, format, ...), checked like tool_fail. */
#define tool_text_add(text, ...) \
	((void)sizeof(printf(__VA_ARGS__)), tool_text_print(text, __VA_ARGS__))
void tool_text_print(struct tool_text *text, const char *format, ...);

/* Add bytes of any kind. */
void tool_text_bytes(struct tool_text *text, const char *bytes, size_t size);

/* Add @word so that a shell would read it back; nothing in it can steer a terminal. */
void tool_text_word(struct tool_text *text, const char *word);

/* All of it, to be freed, or NULL; the text is empty then. */
char *tool_text_take(struct tool_text *text);

#endif
