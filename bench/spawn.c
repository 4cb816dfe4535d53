/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of starting a process and waiting for it: options, and one scenario
 * after the other. bench/run builds this, calls it and draws the picture;
 * docs/benchmarks.md tells how to read what it prints.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

enum { ENVIRONMENT_STRINGS = 32 };

static const char usage[] =
	"usage: bench-spawn --static PROGRAM [OPTION]... [SCENARIO]...\n"
	"  --static PROGRAM   a static program that ends at once with 0\n"
	"  --dynamic PROGRAM  a dynamic one (/bin/true)\n"
	"  --quick            seconds instead of minutes, good for a first look\n"
	"  --seconds S        for each scenario (20); with threads, twice that\n"
	"  --block N          starts in a row on one lane, 10 to 50 (20)\n"
	"  --cpu N            pin parents to CPU N (the last one); 'none' pins nothing\n"
	"  --raw FILE         every block, as tab-separated values\n"
	"  --plot FILE        the ratios, for bench/spawn.gp\n"
	"  --command TEXT     what to name as the command that was run\n"
	"  --list             name the scenarios\n";

/* The kernel copies it at every start: the same everywhere, so that machines compare. */
static void fix_environment(void)
{
	char name[16];
	int i;

	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	for (i = 1; i < ENVIRONMENT_STRINGS; i++) {
		snprintf(name, sizeof(name), "VARIABLE_%02d", i);
		setenv(name, "a value of some twenty-odd bytes", 1);
	}
}

static void list_scenarios(void)
{
	const struct scenario_spec *spec;

	for (spec = scenarios; spec->name; spec++)
		printf("%-18s %s\n", spec->name, spec->title);
}

static void parse_options(struct settings *settings, int argc, char *argv[])
{
	const struct option_spec options[] = {
		{ "static", .text = &settings->static_program, .required = true },
		{ "dynamic", .text = &settings->dynamic_program },
		{ "quick", .flag = &settings->quick },
		{ "seconds", .number = &settings->seconds, .high = 3600 },
		{ "block", .count = &settings->block, .low = 1, .high = BLOCK_MAX },
		{ "cpu", .cpu = &settings->cpus[0] },
		{ "raw", .file = &settings->raw },
		{ "plot", .file = &settings->plot },
		{ "command", .text = &settings->command },
		{ "list", .act = list_scenarios },
		{ 0 },
	};

	options_parse(options, usage, argc, argv);
	if (settings->seconds < 0)
		settings->seconds = settings->quick ? 0.7 : 20;
	settings->window_ns = settings->quick ? 20000000 : 150000000;
}

static const struct scenario_spec *find_scenario(const char *name)
{
	const struct scenario_spec *spec;

	for (spec = scenarios; spec->name; spec++)
		if (strcmp(spec->name, name) == 0)
			return spec;
	die_usage(usage, "no such scenario:", name);
}

static void measure(const struct scenario_spec *spec, const struct settings *settings)
{
	static struct scenario scenario;

	scenario_measure(&scenario, spec, settings);
	report_scenario(&scenario);
	report_plot(&scenario, settings->plot);
	goals_note(&scenario);
	scenario_free(&scenario);
}

static void measure_all(const struct settings *settings)
{
	const struct scenario_spec *spec;

	for (spec = scenarios; spec->name; spec++)
		if (settings->cpus[0] >= 0 || !spec->unpinned_twin)
			measure(spec, settings);
}

int main(int argc, char *argv[])
{
	struct settings settings = {
		.cpus = { cpu_last() },
		.block = 20,
		.seconds = -1,                /* not said */
		.dynamic_program = "/bin/true",
		.command = "bench-spawn",
	};
	int i;

	parse_options(&settings, argc, argv);
	settings.cpus[1] = cpu_beside(settings.cpus[0]);
	for (i = optind; i < argc; i++)
		find_scenario(argv[i]);
	fix_environment();
	if (settings.raw)
		fputs("scenario\tround\tparent\tstart\tstarts\tns\tns_a_start\tcpu_ns\n", settings.raw);
	head_print(settings.command);
	for (i = optind; i < argc; i++)
		measure(find_scenario(argv[i]), &settings);
	if (optind == argc)
		measure_all(&settings);
	goals_print();
	return 0;
}
