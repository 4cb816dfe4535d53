/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of output: how quickly what a program writes comes to where it is wanted.
 * Options, the contests, and one after the other. bench/run builds this, calls it and
 * draws the picture; docs/benchmarks.md tells how to read what it prints.
 */
#include "output.h"

#include <string.h>
#include <unistd.h>

#include "options.h"

static const char usage[] =
	"usage: bench-output --writer PROGRAM --say PROGRAM [OPTION]... [CONTEST]...\n"
	"  --writer PROGRAM   bench-writer\n"
	"  --say PROGRAM      bench-say\n"
	"  --python SCRIPT    output.py; without it, Python takes no part\n"
	"  --folder DIR       where files are made, each gone after its turn (/dev/shm)\n"
	"  --quick            six minutes instead of fifteen, a first look\n"
	"  --no-peers         only the floors and ward\n"
	"  --seconds S        for each contest (90)\n"
	"  --cpu N            pin reader and writer to one CPU ('none')\n"
	"  --raw FILE         every turn, as tab-separated values\n"
	"  --plot FILE        the ratios, for bench/output.gp\n"
	"  --command TEXT     what to name as the command that was run\n"
	"  --list             name the contests\n";

static const double mib = 1024 * 1024;
static const uint64_t gib = (uint64_t)1 << 30;

static const struct contest_spec contests[] = {
	{
		.name = "capture", .title = "Capture: 1 GiB into memory",
		.unit = "MiB", .unit_size = mib, .act = CAPTURE,
		.bytes = gib, .quick_bytes = gib, .turns = 1, .quick_turns = 1,
	}, {
		.name = "pieces",
		.title = "Capture: 256 MiB into memory, written 4 KiB at a time",
		.unit = "MiB", .unit_size = mib, .act = CAPTURE, .chunk = "4096",
		.bytes = gib / 4, .quick_bytes = gib / 4, .turns = 1, .quick_turns = 1,
	}, {
		.name = "discard", .title = "Discard: 1 GiB read and thrown away",
		.unit = "MiB", .unit_size = mib, .act = DISCARD,
		.bytes = gib, .quick_bytes = gib, .turns = 1, .quick_turns = 1,
	}, {
		.name = "file", .title = "Move: 4 GiB into a file (quick: 1 GiB)",
		.unit = "MiB", .unit_size = mib, .act = MOVE_FILE,
		.bytes = 4 * gib, .quick_bytes = gib, .turns = 1, .quick_turns = 1,
	}, {
		.name = "null", .title = "Move: 4 GiB into /dev/null (quick: 1 GiB)",
		.unit = "MiB", .unit_size = mib, .act = MOVE_NULL,
		.bytes = 4 * gib, .quick_bytes = gib, .turns = 1, .quick_turns = 1,
	}, {
		.name = "small", .title = "Small runs: 20 bytes captured, 200 in a turn",
		.unit = "runs", .act = SMALL,
		.bytes = SAY_BYTES, .quick_bytes = SAY_BYTES,
		.turns = 200, .quick_turns = 200,
	}, {
		.name = "echo", .title = "Echo: 64 bytes there and back, 5000 in a turn",
		.unit = "trips", .act = ECHO,
		.bytes = ECHO_BYTES, .quick_bytes = ECHO_BYTES, .turns = 5000,
		.quick_turns = 5000,
	},
	{ 0 },
};

const struct player *const players[] = {
	&plain_player,
	&poll_player,
	&ward_player,
	&cat_player,
	&popen_player,
#ifdef BENCH_GLIB
	&glib_player,
#endif
#ifdef BENCH_UV
	&uv_player,
#endif
	&python_player,
	NULL,
};

static void list_contests(void)
{
	const struct contest_spec *spec;

	for (spec = contests; spec->name; spec++)
		printf("%-10s %s\n", spec->name, spec->title);
	printf("%-10s %s\n", "memory", "Memory of a capture with a limit");
}

static void parse_options(struct settings *settings, int argc, char *argv[])
{
	const char *python = NULL;
	const struct option_spec options[] = {
		{ "writer", .text = &settings->writer, .required = true },
		{ "say", .text = &settings->say, .required = true },
		{ "python", .text = &python },
		{ "folder", .text = &settings->folder },
		{ "quick", .flag = &settings->quick },
		{ "no-peers", .flag = &settings->no_peers },
		{ "seconds", .number = &settings->seconds, .high = 3600 },
		{ "cpu", .cpu = &settings->cpu },
		{ "raw", .file = &settings->raw },
		{ "plot", .file = &settings->plot },
		{ "command", .text = &settings->command },
		{ "list", .act = list_contests },
		{ 0 },
	};

	options_parse(options, usage, argc, argv);
	if (python)
		python_script(python);
	if (settings->seconds < 0)
		settings->seconds = settings->quick ? 25 : 90;
}

static bool is_memory(const char *name)
{
	return strcmp(name, "memory") == 0;
}

static const struct contest_spec *find_contest(const char *name)
{
	const struct contest_spec *spec;

	for (spec = contests; spec->name; spec++)
		if (strcmp(spec->name, name) == 0)
			return spec;
	die_usage(usage, "no such contest:", name);
}

static void measure(const struct contest_spec *spec, const struct settings *settings)
{
	static struct contest contest;

	contest_measure(&contest, spec, settings);
	report_contest(&contest);
	report_plot(&contest, settings->plot);
	goals_note(&contest);
	contest_free(&contest);
}

static void measure_named(const char *name, const struct settings *settings)
{
	if (is_memory(name))
		memory_measure(settings);
	else
		measure(find_contest(name), settings);
}

static void measure_all(const struct settings *settings)
{
	const struct contest_spec *spec;

	for (spec = contests; spec->name; spec++)
		measure(spec, settings);
	memory_measure(settings);
}

int main(int argc, char *argv[])
{
	struct settings settings = {
		.cpu = -1,
		.seconds = -1,                /* not said */
		.folder = "/dev/shm",
		.command = "bench-output",
	};
	int i;

	parse_options(&settings, argc, argv);
	for (i = optind; i < argc; i++)
		if (!is_memory(argv[i]))
			find_contest(argv[i]);
	if (settings.raw)
		fputs("contest\tround\tby\tns\tcpu_ns\n", settings.raw);
	head_print(settings.command);
	for (i = optind; i < argc; i++)
		measure_named(argv[i], &settings);
	if (optind == argc)
		measure_all(&settings);
	goals_print();
	return 0;
}
