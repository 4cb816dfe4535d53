/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of jobs: what a contained start costs, how long it takes to end a tree of
 * many, and how much memory a keeper has. Options, what there is room for, and one part
 * after the other. bench/run builds this, calls it and draws the picture;
 * docs/benchmarks.md tells how to read what it prints.
 */
#include "job.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_QUICK = 256, OPT_CPU, OPT_SECONDS, OPT_TREES_SECONDS, OPT_MOST, OPT_TREE,
	OPT_STATIC, OPT_DYNAMIC, OPT_SCRIPTS, OPT_COMMAND, OPT_RAW, OPT_PLOT,
	OPT_LIST, OPT_HELP
};

static const char usage[] =
	"usage: bench-job --tree PROGRAM --static PROGRAM --scripts DIR [OPTION]... "
	"[starts|ends|memory]...\n"
	"  --tree PROGRAM     bench-tree\n"
	"  --static PROGRAM   bench-tiny\n"
	"  --dynamic PROGRAM  what a start with loader and libc starts (/bin/true)\n"
	"  --scripts DIR      where kill-children.sh and kill-pgrep.sh are\n"
	"  --quick            two minutes instead of seven, a first look\n"
	"  --seconds S        for each table of starts (30)\n"
	"  --end-seconds S    for the ends of the smallest trees (30); twice that for\n"
	"                     1,000, six times for 10,000\n"
	"  --most N           processes in the largest tree (10000)\n"
	"  --cpu N            pin the parents of starts to CPU N (the last one); 'none'\n"
	"  --raw FILE         every block and every trial, as tab-separated values\n"
	"  --plot FILE        ratios and times, for bench/job.gp\n"
	"  --command TEXT     what to name as the command that was run\n"
	"  --list             name the enders\n";

static void list_enders(void)
{
	int i;

	for (i = 0; enders[i]; i++)
		printf("%s\n", enders[i]->name);
}

/* True: it was one of those that name a program or a file. */
static bool set_path(struct job_settings *settings, int option, const char *value)
{
	switch (option) {
	case OPT_TREE:
		tree_program = value;
		return true;
	case OPT_STATIC:
		settings->starts.static_program = value;
		return true;
	case OPT_DYNAMIC:
		settings->starts.dynamic_program = value;
		return true;
	case OPT_SCRIPTS:
		scripts_folder = value;
		return true;
	case OPT_COMMAND:
		settings->starts.command = value;
		return true;
	case OPT_RAW:
		settings->starts.raw = create_file(value);
		return true;
	case OPT_PLOT:
		settings->starts.plot = create_file(value);
		return true;
	default:
		return false;
	}
}

/* True: it was one of those with a number. */
static bool set_number(struct job_settings *settings, int option, const char *value)
{
	switch (option) {
	case OPT_SECONDS:
		settings->starts.seconds = parse_number(usage, value, 0, 3600);
		return true;
	case OPT_TREES_SECONDS:
		settings->trees_seconds = parse_number(usage, value, 0, 3600);
		return true;
	case OPT_MOST:
		settings->most = (uint32_t)parse_number(usage, value, 10, 1000000);
		return true;
	case OPT_CPU:
		settings->starts.cpus[0] = parse_cpu(usage, value);
		return true;
	default:
		return false;
	}
}

static void set_option(struct job_settings *settings, int option, const char *value)
{
	switch (option) {
	case OPT_QUICK:
		settings->starts.quick = true;
		settings->starts.seconds = 4;
		settings->trees_seconds = 6;
		break;
	case OPT_LIST:
		list_enders();
		exit(0);
	case OPT_HELP:
		fputs(usage, stdout);
		exit(0);
	default:
		if (set_path(settings, option, value) ||
		    set_number(settings, option, value))
			break;
		fputs(usage, stderr);
		exit(125);
	}
}

static void parse_options(struct job_settings *settings, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, OPT_QUICK },
		{ "cpu", required_argument, NULL, OPT_CPU },
		{ "seconds", required_argument, NULL, OPT_SECONDS },
		{ "end-seconds", required_argument, NULL, OPT_TREES_SECONDS },
		{ "most", required_argument, NULL, OPT_MOST },
		{ "tree", required_argument, NULL, OPT_TREE },
		{ "static", required_argument, NULL, OPT_STATIC },
		{ "dynamic", required_argument, NULL, OPT_DYNAMIC },
		{ "scripts", required_argument, NULL, OPT_SCRIPTS },
		{ "command", required_argument, NULL, OPT_COMMAND },
		{ "raw", required_argument, NULL, OPT_RAW },
		{ "plot", required_argument, NULL, OPT_PLOT },
		{ "list", no_argument, NULL, OPT_LIST },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		set_option(settings, option, optarg);
	if (!tree_program)
		die_usage(usage, "missing option", "--tree");
	if (!settings->starts.static_program)
		die_usage(usage, "missing option", "--static");
	if (!scripts_folder)
		die_usage(usage, "missing option", "--scripts");
}

static bool wanted(int argc, char *argv[], const char *part)
{
	int i;

	for (i = optind; i < argc; i++)
		if (strcmp(argv[i], part) == 0)
			return true;
	return optind == argc;
}

static void measure_starts(const struct job_settings *settings)
{
	static struct scenario scenario;
	const struct scenario_spec *spec;

	for (spec = job_scenarios; spec->name; spec++) {
		if (settings->starts.cpus[0] < 0 && spec->unpinned_twin)
			continue;
		scenario_measure(&scenario, spec, &settings->starts);
		job_report_starts(&scenario, settings->starts.plot);
		job_goals_starts(&scenario);
		scenario_free(&scenario);
	}
}

static void measure_ends(const struct job_settings *settings)
{
	static const uint32_t sizes[] = { 10, 1000, 10000 };
	static struct size size;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i] > settings->most || sizes[i] > settings->limits.children)
			break;
		size_measure(&size, sizes[i], settings);
		job_report_size(&size, settings->starts.plot);
		job_goals_size(&size);
	}
}

static void measure_memory(const struct job_settings *settings)
{
	static struct memories memories;

	memories_measure(&memories, settings);
	job_report_memories(&memories);
	job_goals_memories(&memories);
}

static void check_parts(int argc, char *argv[])
{
	int i;

	for (i = optind; i < argc; i++)
		if (strcmp(argv[i], "starts") != 0 && strcmp(argv[i], "ends") != 0 &&
		    strcmp(argv[i], "memory") != 0)
			die_usage(usage, "no such part:", argv[i]);
}

int main(int argc, char *argv[])
{
	struct job_settings settings = {
		.starts = {
			.cpus = { cpu_last(), -1 },
			.block = 20,
			.seconds = 30,
			.dynamic_program = "/bin/true",
			.command = "bench-job",
		},
		.trees_seconds = 30,
		.most = 10000,
	};

	limits_find(&settings.limits);
	parse_options(&settings, argc, argv);
	check_parts(argc, argv);
	if (settings.starts.raw)
		fputs("part\tround\tparent\tby\tcount\tns, or until empty\t"
		      "ns_a_start, or until gone\tcpu_ns, or until asked\n",
		      settings.starts.raw);
	head_print(settings.starts.command);
	job_report_limits(&settings);
	if (wanted(argc, argv, "starts"))
		measure_starts(&settings);
	if (wanted(argc, argv, "ends"))
		measure_ends(&settings);
	if (wanted(argc, argv, "memory"))
		measure_memory(&settings);
	job_goals_print();
	return 0;
}
