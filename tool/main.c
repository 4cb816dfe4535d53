/* SPDX-License-Identifier: MIT */
/* The command `ward`: finds the verb and hands it its words. */
#include <string.h>

#include "host.h"
#include "tool.h"

static const char help[] =
	"Usage: ward COMMAND [OPTION]... [ARG]...\n"
	"Hold processes, so that they cannot be lost, mistaken or raced.\n"
	"\n"
	"  ward run COMMAND    start a command, bound its time, report how it ended\n"
	"  ward pipe COMMAND   start a pipeline of commands without a shell\n"
	"  ward wait PID...    wait for running processes, also for those of others\n"
	"  ward kill PID...    signal running processes, and no others\n"
	"  ward id PID...      name running processes for good: PID:INODE\n"
	"  ward info PID...    tell about running processes\n"
	"  ward tree PID...    ... and about all that descends from them\n"
	"\n"
	"  ward COMMAND --help tells more, and so does ward(1).\n"
	"  ward --version      the version\n";

static const struct {
	const char *name;
	int (*run)(char **argv);
} verbs[] = {
	{ "run", tool_run },   { "pipe", tool_pipe }, { "wait", tool_wait },
	{ "kill", tool_kill }, { "id", tool_id },     { "info", tool_info },
	{ "tree", tool_tree },
};

static int dispatch(char **argv)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, argv[0]) != 0)
			continue;
		tool_set_name(verbs[i].name);
		return verbs[i].run(argv);
	}
	return tool_fail("unknown command '%s'; 'ward --help' lists them", argv[0]);
}

int tool_main(int argc, char **argv)
{
	if (argc < 2)
		return tool_fail("no command given; 'ward --help' lists them");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		fputs(help, stdout);
		return tool_finish(STATUS_OK);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("ward %s\n", ward_version());
		return tool_finish(STATUS_OK);
	}
	return dispatch(argv + 1);
}
