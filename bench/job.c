/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of jobs: what a contained start costs, how long it takes to end a tree of
 * many, and how much memory a keeper has. Options, what there is room for, and one part
 * after the other. bench/run builds this, calls it and draws the picture;
 * docs/benchmarks.md tells how to read what it prints.
 */
#include "job.h"

#include <string.h>
#include <unistd.h>

#include "options.h"

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

static void parse_options(struct job_settings *settings, int argc, char *argv[])
{
	struct settings *starts = &settings->starts;
	const struct option_spec options[] = {
		{ "tree", .text = &tree_program, .required = true },
		{ "static", .text = &starts->static_program, .required = true },
		{ "dynamic", .text = &starts->dynamic_program },
		{ "scripts", .text = &scripts_folder, .required = true },
		{ "quick", .flag = &starts->quick },
		{ "seconds", .number = &starts->seconds, .high = 3600 },
		{ "end-seconds", .number = &settings->trees_seconds, .high = 3600 },
		{ "most", .count = &settings->most, .low = 10, .high = 1000000 },
		{ "cpu", .cpu = &starts->cpus[0] },
		{ "raw", .file = &starts->raw },
		{ "plot", .file = &starts->plot },
		{ "command", .text = &starts->command },
		{ "list", .act = list_enders },
		{ 0 },
	};

	options_parse(options, usage, argc, argv);
	if (starts->seconds < 0)
		starts->seconds = starts->quick ? 4 : 30;
	if (settings->trees_seconds < 0)
		settings->trees_seconds = starts->quick ? 6 : 30;
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
			.seconds = -1,        /* not said */
			.dynamic_program = "/bin/true",
			.command = "bench-job",
		},
		.trees_seconds = -1,
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
	if (options_want(argc, argv, "starts"))
		measure_starts(&settings);
	if (options_want(argc, argv, "ends"))
		measure_ends(&settings);
	if (options_want(argc, argv, "memory"))
		measure_memory(&settings);
	job_goals_print();
	return 0;
}
