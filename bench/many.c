/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of many children at once: what it costs to learn of the end of one of
 * them, and how soon. Options, what there is room for, and one part after the other.
 * bench/run builds this, calls it and draws the picture; docs/benchmarks.md tells how to
 * read what it prints.
 */
#include "many.h"

#include <string.h>
#include <unistd.h>

#include "options.h"

static const char usage[] =
	"usage: bench-many --idle PROGRAM --tiny PROGRAM [OPTION]... [alive|starts]\n"
	"  --idle PROGRAM     bench-idle\n"
	"  --tiny PROGRAM     bench-tiny\n"
	"  --posix PROGRAM    bench-many of a build for the posix system\n"
	"  --quick            four minutes instead of half an hour, 10,000 children\n"
	"  --most N           children at the same time (100000)\n"
	"  --table N          children in one descriptor table (what fits)\n"
	"  --no-peers         no event loops of others\n"
	"  --seconds S        for each batch of contestants (30)\n"
	"  --cpu N            pin parents and children to that CPU (the last; 'none')\n"
	"  --raw FILE         every end, as tab-separated values\n"
	"  --plot FILE        the medians, for bench/many.gp\n"
	"  --command TEXT     what to name as the command that was run\n"
	"  --list             name the contestants\n";

const struct watcher *const watchers[] = {
	&epoll_watcher,
	&ward_watcher,
	&posix_watcher,
	&poll_watcher,
	&sigchld_watcher,
#ifdef BENCH_UV
	&uv_watcher,
#endif
#ifdef BENCH_GLIB
	&glib_watcher,
#endif
#ifdef BENCH_EV
	&libev_watcher,
#endif
#ifdef BENCH_SD
	&sd_watcher,
#endif
#ifdef BENCH_URING
	&uring_watcher,
#endif
	NULL,
};

static void list_watchers(void)
{
	int i;

	for (i = 0; watchers[i]; i++)
		printf("%s\n", watchers[i]->name);
}

static void parse_options(struct settings *settings, int argc, char *argv[])
{
	const char *serve = NULL;
	const struct option_spec options[] = {
		{ "idle", .text = &idle_program, .required = true },
		{ "tiny", .text = &tiny_program, .required = true },
		{ "posix", .text = &settings->posix },
		{ "quick", .flag = &settings->quick },
		{ "most", .count = &settings->most, .low = 1, .high = 1000000 },
		{ "table", .count = &settings->limits.table, .low = 10,
		  .high = 1000000 },
		{ "no-peers", .flag = &settings->no_peers },
		{ "seconds", .number = &settings->seconds, .high = 3600 },
		{ "cpu", .cpu = &settings->cpu },
		{ "raw", .file = &settings->raw },
		{ "plot", .file = &settings->plot },
		{ "command", .text = &settings->command },
		{ "list", .act = list_watchers },
		{ "serve", .text = &serve },
		{ 0 },
	};

	options_parse(options, usage, argc, argv);
	if (serve)
		keeper_serve(serve, settings->cpu);
	if (settings->seconds < 0)
		settings->seconds = settings->quick ? 12 : 30;
	if (settings->most == 0)
		settings->most = settings->quick ? 10000 : 100000;
}

static void measure_alive(const struct settings *settings, struct levels *levels)
{
	levels_measure(levels, settings);
	report_levels(levels);
	report_plot(levels, settings->plot);
}

static void measure_starts(const struct settings *settings)
{
	static struct stints stints;

	stints_measure(&stints, settings);
	report_stints(&stints);
}

int main(int argc, char *argv[])
{
	static struct levels levels;
	struct settings settings = {
		.cpu = cpu_last(),
		.seconds = -1,                /* not said */
		.command = "bench-many",
	};
	int i;

	limits_find(&settings.limits);
	parse_options(&settings, argc, argv);
	for (i = optind; i < argc; i++)
		if (strcmp(argv[i], "alive") != 0 && strcmp(argv[i], "starts") != 0)
			die_usage(usage, "no such part:", argv[i]);
	settings.other_cpu = cpu_beside(settings.cpu);
	if (settings.raw)
		fputs("by\talive\tround\twall_ns\tcpu_ns\tlate_ns\n", settings.raw);
	head_print(settings.command);
	report_limits(&settings);
	if (options_want(argc, argv, "alive"))
		measure_alive(&settings, &levels);
	if (options_want(argc, argv, "starts"))
		measure_starts(&settings);
	if (options_want(argc, argv, "alive"))
		goals_print(&levels);
	return 0;
}
