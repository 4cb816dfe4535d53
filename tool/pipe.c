/* SPDX-License-Identifier: MIT */
/*
 * ward pipe: commands, the output of each being the input of the next, without a shell:
 * no word of theirs is read twice. A word ":::" stands between two commands.
 */
#include "run.h"

#include <string.h>

int pipe_split(struct run_options *o)
{
	const char **words = o->words, **begin = words;

	for (size_t i = 0;; i++) {
		const char *word = o->command[i];
		bool is_end = !word || strcmp(word, ":::") == 0;

		words[i] = is_end ? NULL : word;
		if (!is_end)
			continue;
		if (words + i == begin)
			return tool_fail("command %zu of the pipeline is empty",
			                 o->n_stages + 1);
		o->stages[o->n_stages++].argv = begin;
		begin = words + i + 1;
		if (!word)
			return 0;
	}
}

int tool_pipe(char **argv)
{
	struct run_options o;
	int status;

	if (run_options_read(&o, argv, true, &status))
		status = run_whole(&o);
	run_options_free(&o);
	return status;
}
