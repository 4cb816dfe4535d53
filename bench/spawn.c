/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of starting a process and waiting for it: options, and one scenario
 * after the other. bench/run builds this, calls it and draws the picture;
 * docs/benchmarks.md tells how to read what it prints.
 */
#include "bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { ENVIRONMENT_STRINGS = 32 };
enum {
	OPT_QUICK = 256, OPT_CPU, OPT_SECONDS, OPT_BLOCK, OPT_STATIC, OPT_DYNAMIC,
	OPT_COMMAND, OPT_RAW, OPT_PLOT, OPT_LIST, OPT_HELP
};

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

static void set_option(struct settings *settings, int option, const char *value)
{
	switch (option) {
	case OPT_QUICK:
		settings->quick = true;
		settings->seconds = 0.7;
		settings->window_ns = 20000000;
		break;
	case OPT_CPU:
		settings->cpus[0] = parse_cpu(usage, value);
		break;
	case OPT_SECONDS:
		settings->seconds = parse_number(usage, value, 0, 3600);
		break;
	case OPT_BLOCK:
		settings->block = (int)parse_number(usage, value, 1, BLOCK_MAX);
		break;
	case OPT_STATIC:
		settings->static_program = value;
		break;
	case OPT_DYNAMIC:
		settings->dynamic_program = value;
		break;
	case OPT_COMMAND:
		settings->command = value;
		break;
	case OPT_RAW:
		settings->raw = create_file(value);
		break;
	case OPT_PLOT:
		settings->plot = create_file(value);
		break;
	case OPT_LIST:
		list_scenarios();
		exit(0);
	case OPT_HELP:
		fputs(usage, stdout);
		exit(0);
	default:
		fputs(usage, stderr);
		exit(125);
	}
}

static void parse_options(struct settings *settings, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, OPT_QUICK },
		{ "cpu", required_argument, NULL, OPT_CPU },
		{ "seconds", required_argument, NULL, OPT_SECONDS },
		{ "block", required_argument, NULL, OPT_BLOCK },
		{ "static", required_argument, NULL, OPT_STATIC },
		{ "dynamic", required_argument, NULL, OPT_DYNAMIC },
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
	if (!settings->static_program)
		die_usage(usage, "missing option", "--static");
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
		.window_ns = 150000000,
		.seconds = 20,
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
