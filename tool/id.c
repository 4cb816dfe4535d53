/* SPDX-License-Identifier: MIT */
/* ward id: a name for a running process that never comes to mean another one. */
#include "process.h"

static const char help[] =
	"Usage: ward id [OPTION]... PID[:INODE]...\n"
	"Print PID:INODE for processes, which names them for good.\n"
	"\n"
	"      --boot  add the boot of the machine, so that the name may outlive it\n"
	"  -h, --help  show this text\n"
	"\n"
	"Exit status: 0 all were named; 1 one is gone or is not the one named; 125 ward\n"
	"failed. See ward(1).\n";

static int take_boot(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	*(uint32_t *)to = WARD_ID_WITH_BOOT;
	return 0;
}

static const struct tool_option options[] = {
	{ "boot", 0, TOOL_FLAG, take_boot, NULL },
	{ 0 },
};

static int print_id(const struct tool_process *p, uint32_t flags)
{
	struct ward_id id = WARD_ID_INIT;
	char text[WARD_ID_TEXT_MAX];
	int r = ward_identity(p->ward, &id);

	if (r >= 0)
		r = ward_id_format(&id, flags, text, sizeof(text));
	if (r < 0)
		return tool_process_fail(p, "name", r);
	puts(text);
	return STATUS_OK;
}

int tool_id(char **argv)
{
	struct tool_args args = { argv, STATUS_OK };
	struct tool_processes processes;
	uint32_t flags = 0;
	int status;

	if (!tool_options(&args, help, options, &flags))
		return args.status;
	status = tool_processes_parse(&processes, args.argv);
	if (status != STATUS_OK)
		return status;
	status = tool_processes_open(&processes, WARD_OPEN_WEAK, "name");
	for (size_t i = 0; i < processes.n; i++)
		if (processes.all[i].ward)
			status = tool_worse(status, print_id(&processes.all[i], flags));
	tool_processes_free(&processes);
	return tool_finish(status);
}
