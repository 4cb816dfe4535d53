/* SPDX-License-Identifier: MIT */
/*
 * Command lines. The Microsoft C runtime takes one apart so: blanks and tabs outside of
 * quotes end an argument; 2n backslashes and a quote are n backslashes and the begin or
 * end of a quoted part, 2n+1 backslashes and a quote are n backslashes and a quote;
 * other backslashes are themselves. The first argument knows no backslashes: quotes
 * only toggle. Source: learn.microsoft.com, "Parsing C command-line arguments".
 *
 * cmd.exe sees the line before that and looks at quotes alone: a backslash protects
 * nothing from it (CVE-2024-24576). So for a batch file every quote is doubled, which
 * leaves cmd's state as it was and is one quote to the C runtime; whatever means
 * something to cmd is inside of quotes; and what is replaced even there, a percent
 * sign, gets a variable behind it whose value is cut to nothing, so that no name
 * follows it.
 */
#include "command_line.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct line {
	char *to;                     /* NULL: only measure */
	size_t n;
};

static void put(struct line *line, char c)
{
	if (line->to)
		line->to[line->n] = c;
	line->n++;
}

static void put_many(struct line *line, char c, size_t n)
{
	while (n-- > 0)
		put(line, c);
}

static void put_text(struct line *line, const char *text)
{
	for (; *text; text++)
		put(line, *text);
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c) != NULL;
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* May it stand without quotes? An empty one would be none at all. */
static bool is_plain(const char *text, const char *harmless)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!is_alphanumeric(*text) && !is_one_of(*text, harmless))
			return false;
	return true;
}

static int end(const struct line *line, size_t *length)
{
	*length = line->n;
	if (line->to)
		line->to[line->n] = '\0';
	return 0;
}

/* ------------------------------------------------------- for the Microsoft C runtime */

/*
 * More is quoted than blanks and quotes: some runtimes would take "*" for the names of
 * files, or end an argument at a newline.
 */
static const char harmless[] = "%+,-./:=@\\_";

static int put_name(struct line *line, const char *name)
{
	bool quoted = !is_plain(name, harmless);

	if (strchr(name, '"'))
		return -EINVAL;
	put_many(line, '"', quoted);
	put_text(line, name);
	put_many(line, '"', quoted);
	return 0;
}

/* Backslashes count only before a quote, and there they count double. */
static void put_quoted(struct line *line, const char *text)
{
	size_t backslashes = 0;

	put(line, '"');
	for (; *text; text++) {
		if (*text == '"') {
			put_many(line, '\\', backslashes);
			put_text(line, "\\\"");
		} else {
			put(line, *text);
		}
		backslashes = *text == '\\' ? backslashes + 1 : 0;
	}
	put_many(line, '\\', backslashes);
	put(line, '"');
}

int ward__command_line(char *to, const char *const argv[], size_t *length)
{
	struct line line = { to, 0 };

	if (put_name(&line, argv[0]) < 0)
		return -EINVAL;
	for (size_t i = 1; argv[i]; i++) {
		put(&line, ' ');
		if (is_plain(argv[i], harmless))
			put_text(&line, argv[i]);
		else
			put_quoted(&line, argv[i]);
	}
	return end(&line, length);
}

/* ----------------------------------------------------------------------- for cmd.exe */

/* What means nothing to cmd.exe, nor to a batch file that uses it without quotes. */
static const char harmless_to_cmd[] = "#$*+-./:?@\\_";

/* cmd.exe reads no further than a newline, and keeps few of the other controls. */
static bool is_refused(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' && *text != '\t')
			return true;
	return false;
}

/*
 * "%%cd:~,%": the first sign is left alone, for no variable has the empty name; what
 * follows is the working directory from the beginning for no characters.
 */
static void put_percent(struct line *line)
{
	put_text(line, "%%cd:~,%");
}

static void put_quoted_for_cmd(struct line *line, const char *text)
{
	size_t backslashes = 0;

	put(line, '"');
	for (; *text; text++) {
		if (*text == '"') {
			put_many(line, '\\', backslashes);
			put_text(line, "\"\"");
		} else if (*text == '%') {
			put_percent(line);
		} else {
			put(line, *text);
		}
		backslashes = *text == '\\' ? backslashes + 1 : 0;
	}
	put_many(line, '\\', backslashes);
	put(line, '"');
}

/* A backslash at the end would protect the quote of a batch file that says "%~1". */
static int put_for_cmd(struct line *line, const char *text)
{
	size_t n = strlen(text);

	if (is_refused(text))
		return -EINVAL;
	put(line, ' ');
	if (is_plain(text, harmless_to_cmd) && text[n - 1] != '\\')
		put_text(line, text);
	else
		put_quoted_for_cmd(line, text);
	return 0;
}

static int put_script(struct line *line, const char *script)
{
	size_t n = strlen(script);

	if (n == 0 || is_refused(script) || strchr(script, '"') || script[n - 1] == '\\')
		return -EINVAL;
	put_quoted_for_cmd(line, script);
	return 0;
}

int ward__command_line_batch(char *to, const char *shell, const char *script,
                             const char *const argv[], size_t *length)
{
	struct line line = { to, 0 };

	if (put_name(&line, shell) < 0)
		return -EINVAL;
	/*
	 * Extensions, for the percent signs; no delayed ones, or "!" would mean
	 * something; no AutoRun. cmd.exe takes away the first and the last quote behind
	 * /c.
	 */
	put_text(&line, " /e:ON /v:OFF /d /c \"");
	if (put_script(&line, script) < 0)
		return -EINVAL;
	for (size_t i = 1; argv[0] && argv[i]; i++)
		if (put_for_cmd(&line, argv[i]) < 0)
			return -EINVAL;
	put(&line, '"');
	return end(&line, length);
}
