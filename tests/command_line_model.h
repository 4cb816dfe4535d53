/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a command line, written from the descriptions of those who read it
 * and not from the code under test: the Microsoft C runtime (learn.microsoft.com,
 * "Parsing C command-line arguments"; before 2008 a doubled quote ended its part), and
 * cmd.exe in command-line mode. The model of cmd.exe is a hostile one: every variable
 * but the working directory's is set, to something that must never come out.
 */
#ifndef COMMAND_LINE_MODEL_H
#define COMMAND_LINE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { MODEL_ARGS = 64, MODEL_BYTES = 1 << 16 };

struct model_args {
	size_t n;
	const char *at[MODEL_ARGS];
	size_t used;
	char text[MODEL_BYTES];
};

static inline bool model_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline void model_put(struct model_args *a, char c)
{
	if (a->used < MODEL_BYTES)
		a->text[a->used++] = c;
}

static inline void model_begin(struct model_args *a)
{
	if (a->n < MODEL_ARGS)
		a->at[a->n++] = a->text + a->used;
}

/* The first: quotes come and go, nothing protects anything. */
static inline const char *model_first(struct model_args *a, const char *line)
{
	bool quoted = false;

	model_begin(a);
	while (*line && (quoted || !model_is_blank(*line))) {
		if (*line == '"')
			quoted = !quoted;
		else
			model_put(a, *line);
		line++;
	}
	model_put(a, '\0');
	return line;
}

/* A quote with an even number of backslashes before it. */
static inline const char *model_quote(struct model_args *a, const char *line,
                                      bool *quoted, bool before_2008)
{
	if (!*quoted) {
		*quoted = true;
		return line + 1;
	}
	if (line[1] != '"') {
		*quoted = false;
		return line + 1;
	}
	model_put(a, '"');
	*quoted = !before_2008;
	return line + 2;
}

static inline const char *model_other(struct model_args *a, const char *line,
                                      bool before_2008)
{
	bool quoted = false;

	model_begin(a);
	while (*line && (quoted || !model_is_blank(*line))) {
		size_t slashes = strspn(line, "\\");
		bool before_quote = line[slashes] == '"';

		for (size_t i = 0; i < (before_quote ? slashes / 2 : slashes); i++)
			model_put(a, '\\');
		line += slashes;
		if (before_quote && slashes % 2 == 0)
			line = model_quote(a, line, &quoted, before_2008);
		else if (before_quote || slashes == 0)
			model_put(a, *line++);
	}
	model_put(a, '\0');
	return line;
}

/* Take @line apart; with its first argument, or as what follows one. */
static inline void model_parse(struct model_args *a, const char *line, bool with_first,
                               bool before_2008)
{
	a->n = a->used = 0;
	if (with_first)
		line = model_first(a, line);
	for (;;) {
		while (model_is_blank(*line))
			line++;
		if (!*line)
			return;
		line = model_other(a, line, before_2008);
	}
}

/* ---------------------------------------------------------------------------- cmd.exe */

#define MODEL_POISON "\" & poison & \""

struct model_text {
	size_t n;
	char text[MODEL_BYTES];
};

static inline void model_append(struct model_text *t, const char *from, size_t n)
{
	if (n > MODEL_BYTES - 1 - t->n)
		n = MODEL_BYTES - 1 - t->n;
	memcpy(t->text + t->n, from, n);
	t->n += n;
	t->text[t->n] = '\0';
}

/* The value of what stands between two percent signs. */
static inline void model_variable(struct model_text *t, const char *name, size_t n)
{
	const char nothing[] = "cd:~,";

	if (n == sizeof(nothing) - 1 && !memcmp(name, nothing, n))
		return;
	model_append(t, MODEL_POISON, strlen(MODEL_POISON));
}

/* Percent signs: two of them are no variable, the second one may begin one. */
static inline void model_expand(struct model_text *t, const char *line)
{
	while (*line) {
		size_t n = strcspn(line, "%");
		const char *name = line + n + 1, *end;

		model_append(t, line, n);
		line += n;
		if (!*line)
			return;
		end = strchr(name, '%');
		if (!end || end == name) {
			model_append(t, line, 1);
			line++;
			continue;
		}
		model_variable(t, name, (size_t)(end - name));
		line = end + 1;
	}
}

/*
 * Does cmd.exe take all of it as one command with words, in quotes or without anything
 * that means something to it?
 */
static inline bool model_is_one_command(const char *line)
{
	bool quoted = false;

	for (; *line; line++) {
		bool is_control = (unsigned char)*line < ' ' && *line != '\t';

		if (*line == '"')
			quoted = !quoted;
		else if (is_control || (!quoted && strchr("&|<>()^%!;,=", *line)))
			return false;
	}
	return !quoted;
}

/*
 * What a batch file finds behind its own name (%*), or NULL: cmd.exe would do something
 * else. @line is the whole line, @script the file that it is to run.
 */
static inline const char *model_batch(struct model_text *t, const char *line,
                                      const char *script)
{
	const char options[] = "\" /e:ON /v:OFF /d /c \"";
	const char *at = line[0] == '"' ? strstr(line, options) : NULL;
	size_t n = strlen(script);

	t->n = 0;
	t->text[0] = '\0';
	if (!at)
		return NULL;
	model_expand(t, at + sizeof(options) - 1);
	/* The last quote goes with the first one behind /c. */
	if (t->n == 0 || t->text[t->n - 1] != '"')
		return NULL;
	t->text[--t->n] = '\0';
	if (!model_is_one_command(t->text) || t->text[0] != '"' ||
	    strncmp(t->text + 1, script, n) != 0 || t->text[n + 1] != '"')
		return NULL;
	return t->text + n + 2;
}

#endif
