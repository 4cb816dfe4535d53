/* SPDX-License-Identifier: MIT */
/*
 * The benchmark of many children at once: what it costs to learn of the end of one of
 * them, and how soon. Options, what there is room for, and one part after the other.
 * bench/run builds this, calls it and draws the picture; docs/benchmarks.md tells how to
 * read what it prints.
 */
#include "many.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_QUICK = 256, OPT_NO_PEERS, OPT_CPU, OPT_SECONDS, OPT_MOST, OPT_TABLE,
	OPT_IDLE, OPT_TINY, OPT_POSIX, OPT_COMMAND, OPT_RAW, OPT_PLOT, OPT_LIST, OPT_SERVE, OPT_HELP
};

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

/* True: it was one of those that name a program or a file. */
static bool set_path(struct settings *settings, int option, const char *value)
{
	switch (option) {
	case OPT_IDLE:
		idle_program = value;
		return true;
	case OPT_TINY:
		tiny_program = value;
		return true;
	case OPT_POSIX:
		settings->posix = value;
		return true;
	case OPT_COMMAND:
		settings->command = value;
		return true;
	case OPT_RAW:
		settings->raw = create_file(value);
		return true;
	case OPT_PLOT:
		settings->plot = create_file(value);
		return true;
	default:
		return false;
	}
}

/* True: it was one of those with a number. */
static bool set_number(struct settings *settings, int option, const char *value)
{
	switch (option) {
	case OPT_SECONDS:
		settings->seconds = parse_number(usage, value, 0, 3600);
		return true;
	case OPT_MOST:
		settings->most = (uint32_t)parse_number(usage, value, 1, 1000000);
		return true;
	case OPT_TABLE:
		settings->limits.table = (uint32_t)parse_number(usage, value, 10,
		                                                1000000);
		return true;
	case OPT_CPU:
		settings->cpu = parse_cpu(usage, value);
		return true;
	default:
		return false;
	}
}

static void set_option(struct settings *settings, int option, const char *value)
{
	switch (option) {
	case OPT_QUICK:
		settings->quick = true;
		settings->seconds = 12;
		settings->most = 10000;
		break;
	case OPT_NO_PEERS:
		settings->no_peers = true;
		break;
	case OPT_SERVE:
		keeper_serve(value, settings->cpu);
	case OPT_LIST:
		list_watchers();
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

static void parse_options(struct settings *settings, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, OPT_QUICK },
		{ "no-peers", no_argument, NULL, OPT_NO_PEERS },
		{ "cpu", required_argument, NULL, OPT_CPU },
		{ "seconds", required_argument, NULL, OPT_SECONDS },
		{ "most", required_argument, NULL, OPT_MOST },
		{ "table", required_argument, NULL, OPT_TABLE },
		{ "idle", required_argument, NULL, OPT_IDLE },
		{ "tiny", required_argument, NULL, OPT_TINY },
		{ "posix", required_argument, NULL, OPT_POSIX },
		{ "command", required_argument, NULL, OPT_COMMAND },
		{ "raw", required_argument, NULL, OPT_RAW },
		{ "plot", required_argument, NULL, OPT_PLOT },
		{ "list", no_argument, NULL, OPT_LIST },
		{ "serve", required_argument, NULL, OPT_SERVE },
		{ "help", no_argument, NULL, OPT_HELP },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0)
		set_option(settings, option, optarg);
	if (!idle_program)
		die_usage(usage, "missing option", "--idle");
	if (!tiny_program)
		die_usage(usage, "missing option", "--tiny");
}

static bool wanted(int argc, char *argv[], const char *part)
{
	int i;

	for (i = optind; i < argc; i++)
		if (strcmp(argv[i], part) == 0)
			return true;
	return optind == argc;
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
		.seconds = 30,
		.most = 100000,
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
	if (wanted(argc, argv, "alive"))
		measure_alive(&settings, &levels);
	if (wanted(argc, argv, "starts"))
		measure_starts(&settings);
	if (wanted(argc, argv, "alive"))
		goals_print(&levels);
	return 0;
}
