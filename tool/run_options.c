/* SPDX-License-Identifier: MIT */
/*
 * The options of `ward run`, one small function each. Whatever can be wrong with them is
 * said here, before anything is started.
 */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define OPTIONS_HELP                                                                   \
	"\n"                                                                           \
	"  -t, --timeout DURATION     end it after this time; no limit\n"              \
	"  -s, --signal SIGNAL        ... first with this signal; TERM\n"              \
	"  -k, --kill-after DURATION  ... and with KILL this much later; 5s\n"         \
	"      --dir D                in directory D\n"                                \
	"      --env NAME=VALUE       add to its environment\n"                        \
	"      --unset NAME           take from its environment\n"                     \
	"      --clear-env            begin with an empty environment\n"               \
	"      --user U               as this user, with the user's groups\n"          \
	"      --group G              with this group\n"                               \
	"      --umask M              with this umask (octal)\n"                       \
	"      --nice N               at this niceness, -20 to 19\n"                   \
	"      --rlimit NAME=SOFT[:HARD]  with this resource limit\n"                  \
	"      --new-session          in a session of its own, without a terminal\n"   \
	"      --leave                let live what it leaves behind\n"                 \
	"      --means WHICH          hold what it starts by cgroup, pidns, keeper or\n" \
	"                             group; the best there is\n"                      \
	"      --at-least STRENGTH    ... no less than group, tree or kernel; any\n"   \
	"      --memory-max SIZE, --pids-max N, --cpu-max CPUS  limit all of it\n"    \
	"      --lifeline FD          end all of it when the other side of FD is gone\n" \
	"      --stdin F, --stdout F, --stderr F  with these files\n"                  \
	"      --append               add to the files of --stdout and --stderr\n"     \
	"      --input F              feed it F (-: standard input) by a pipe\n"       \
	"      --pty                  on a terminal of its own\n"                      \
	"      --capture-limit SIZE   pass on this much of each of its outputs\n"      \
	"      --keep WHICH           ... the head, tail or ends of it; then close\n"  \
	"                             the output, or kill it; head\n"                  \
	"      --idle-timeout DURATION  end it after this time without output\n"       \
	"      --drain DURATION       read on after its end, if others write; 1s\n"    \
	"      --prefix[=TEXT]        begin its lines with TEXT; its name\n"           \
	"      --timestamps           begin its lines with the time\n"                 \
	"      --tee F                write its output to F, too\n"                    \
	"      --report[=text|json]   say on standard error how it went\n"             \
	"      --report-file F        ... in this file instead\n"                      \
	"  -h, --help                 show this text\n"                                \
	"\n"                                                                           \
	"DURATION is 250ms, 5s, 1.5m, 2h, 1d, 2.5 (seconds) or forever; SIZE 64K,\n"   \
	"10M, 1G or bytes.\n"

#define STATUS_HELP                                                                    \
	"124 ward has ended it by a bound; 125 ward failed; 126\n"                     \
	"it cannot be run; 127 it was not found; 128+N signal N ended it. See ward(1).\n"

static const char run_help[] =
	"Usage: ward run [OPTION]... [--] COMMAND [ARG]...\n"
	"Start a command, wait for it, and end it when its time is up.\n"
	"      --init                 as the first process of a container\n"
	"  -g, --signal-group         ... with signals for the command's group\n"
	OPTIONS_HELP "Exit status: the command's own; " STATUS_HELP;

static const char pipe_help[] =
	"Usage: ward pipe [OPTION]... [--] COMMAND [ARG]... [::: COMMAND [ARG]...]...\n"
	"Start commands, the output of each being the input of the next, as one thing.\n"
	OPTIONS_HELP
	"Exit status: that of the first command that failed, or 0; " STATUS_HELP;

/* ----------------------------------------------------------------- time and signals */

static int take_timeout(void *to, const char *name, const char *value)
{
	struct run_options *o = to;
	int r = tool_take_duration(name, value, &o->timeout_ns);

	if (r == 0 && o->timeout_ns == 0)
		return tool_fail("--%s: '%s' leaves the command no time; leave the "
		                 "option out for no limit", name, value);
	return r;
}

static int take_kill_after(void *to, const char *name, const char *value)
{
	return tool_take_duration(name, value, &((struct run_options *)to)->grace_ns);
}

static int take_signal(void *to, const char *name, const char *value)
{
	struct run_options *o = to;
	int r = tool_take_signal(name, value, &o->signal);

	if (r == 0 && o->signal == 0)
		return tool_fail("--%s: '%s' is no signal that ends anything", name,
		                 value);
	return r;
}

/* ---------------------------------------------------------------------- environment */

static int take_dir(void *to, const char *name, const char *value)
{
	if (!*value)
		return tool_fail("--%s: the directory has no name", name);
	((struct run_options *)to)->spawn.cwd = value;
	return 0;
}

static int take_env(void *to, const char *name, const char *value)
{
	struct run_options *o = to;

	if (*value == '=' || !strchr(value, '='))
		return tool_fail("--%s: '%s' is not NAME=VALUE", name, value);
	o->env_set[o->n_env_set++] = value;
	return 0;
}

static int take_unset(void *to, const char *name, const char *value)
{
	struct run_options *o = to;

	if (!*value || strchr(value, '='))
		return tool_fail("--%s: '%s' is not the name of a variable", name, value);
	o->env_unset[o->n_env_unset++] = value;
	return 0;
}

static int take_clear_env(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	((struct run_options *)to)->clear_env = true;
	return 0;
}

/* -------------------------------------------------------------- identity and limits */

static int take_user(void *to, const char *name, const char *value)
{
	if (!*value)
		return tool_fail("--%s: the user has no name", name);
	((struct run_options *)to)->user = value;
	return 0;
}

static int take_group(void *to, const char *name, const char *value)
{
	if (!*value)
		return tool_fail("--%s: the group has no name", name);
	((struct run_options *)to)->group = value;
	return 0;
}

static int take_umask(void *to, const char *name, const char *value)
{
	struct run_options *o = to;

	o->spawn.flags |= WARD_SPAWN_UMASK;
	return tool_take_octal(name, value, 0777, &o->spawn.umask);
}

static int take_nice(void *to, const char *name, const char *value)
{
	struct run_options *o = to;
	int64_t n = 0;
	int r = tool_take_number(name, value, -20, 19, &n);

	o->spawn.flags |= WARD_SPAWN_NICE;
	o->spawn.nice = (int32_t)n;
	return r;
}

static int take_rlimit(void *to, const char *name, const char *value)
{
	struct run_options *o = to;

	return tool_take_rlimit(name, value, &o->rlimits[o->spawn.n_rlimits++]);
}

static int take_new_session(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	((struct run_options *)to)->spawn.flags |= WARD_SPAWN_SESSION;
	return 0;
}

/* ----------------------------------------------------------------- files and report */

static int take_path(const char **ret, const char *name, const char *value)
{
	if (!*value)
		return tool_fail("--%s: the file has no name", name);
	*ret = value;
	return 0;
}

static int take_stdin(void *to, const char *name, const char *value)
{
	return take_path(&((struct run_options *)to)->in, name, value);
}

static int take_stdout(void *to, const char *name, const char *value)
{
	return take_path(&((struct run_options *)to)->out, name, value);
}

static int take_stderr(void *to, const char *name, const char *value)
{
	return take_path(&((struct run_options *)to)->err, name, value);
}

static int take_append(void *to, const char *name, const char *value)
{
	(void)name, (void)value;
	((struct run_options *)to)->append = true;
	return 0;
}

static int take_report(void *to, const char *name, const char *value)
{
	return tool_report_format(name, value, &((struct run_options *)to)->report);
}

static int take_report_file(void *to, const char *name, const char *value)
{
	return take_path(&((struct run_options *)to)->report_file, name, value);
}

static const struct tool_option options[] = {
	{ "timeout", 't', TOOL_VALUE, take_timeout, NULL },
	{ "kill-after", 'k', TOOL_VALUE, take_kill_after, NULL },
	{ "signal", 's', TOOL_VALUE, take_signal, NULL },
	{ "dir", 0, TOOL_VALUE, take_dir, NULL },
	{ "env", 0, TOOL_VALUE, take_env, NULL },
	{ "unset", 0, TOOL_VALUE, take_unset, NULL },
	{ "clear-env", 0, TOOL_FLAG, take_clear_env, NULL },
	{ "user", 0, TOOL_VALUE, take_user, NULL },
	{ "group", 0, TOOL_VALUE, take_group, NULL },
	{ "umask", 0, TOOL_VALUE, take_umask, NULL },
	{ "nice", 0, TOOL_VALUE, take_nice, NULL },
	{ "rlimit", 0, TOOL_VALUE, take_rlimit, NULL },
	{ "new-session", 0, TOOL_FLAG, take_new_session, NULL },
	{ "stdin", 0, TOOL_VALUE, take_stdin, NULL },
	{ "stdout", 0, TOOL_VALUE, take_stdout, NULL },
	{ "stderr", 0, TOOL_VALUE, take_stderr, NULL },
	{ "append", 0, TOOL_FLAG, take_append, NULL },
	{ "report", 0, TOOL_MAYBE_VALUE, take_report, NULL },
	{ "report-file", 0, TOOL_VALUE, take_report_file, NULL },
	{ .more = tree_option_table },
};

/* ------------------------------------------------------------ what belongs together */

static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

static int group_id(const char *group, uint32_t *ret)
{
	int64_t id;
	int r;

	if (is_number(group)) {
		r = tool_take_number("group", group, 0, UINT32_MAX - 1, &id);
		*ret = r == 0 ? (uint32_t)id : 0;
		return r;
	}
	r = tool_host_group(group, ret);
	if (r == -ESRCH)
		return tool_fail("--group: no group '%s'", group);
	if (r < 0)
		return tool_fail("--group: cannot look up '%s': %s", group,
		                 ward_strerror(r));
	return 0;
}

/*
 * A user by number gets the groups of the user database like one by name. Where there is
 * no such entry the group must be said, or the command would keep ours, root's perhaps.
 */
static int numbered_user(struct run_options *o)
{
	const char *name;
	int64_t id;
	int r = tool_take_number("user", o->user, 0, UINT32_MAX - 1, &id);

	if (r != 0)
		return r;
	o->spawn.flags |= WARD_SPAWN_UID;
	o->spawn.uid = (uint32_t)id;
	name = tool_host_user((uint32_t)id);
	if (name) {
		o->user = name;
		return 0;
	}
	if (!o->group)
		return tool_fail("--user: no user has the number %s; give --group too",
		                 o->user);
	o->user = NULL;
	o->spawn.flags |= WARD_SPAWN_GROUPS;      /* none at all */
	return 0;
}

static int settle_identity(struct run_options *o)
{
	int r = 0;

	if (o->user && is_number(o->user))
		r = numbered_user(o);
	o->spawn.user = o->user;
	if (r == 0 && o->group) {
		o->spawn.flags |= WARD_SPAWN_GID;
		r = group_id(o->group, &o->spawn.gid);
	}
	return r;
}

static struct ward_stdio output_to(const struct run_options *o, const char *path)
{
	uint32_t how = o->append ? WARD_FILE_APPEND : WARD_FILE_TRUNCATE;

	return (struct ward_stdio){ .kind = WARD_FD_PATH, .path = path,
		                    .flags = WARD_FILE_WRITE | WARD_FILE_CREATE | how };
}

static void settle_output_files(struct run_options *o)
{
	if (o->out)
		o->spawn.out = output_to(o, o->out);
	/* One file opened twice would be overwritten by each in turn. */
	if (o->err && o->out && strcmp(o->err, o->out) == 0)
		o->spawn.err = (struct ward_stdio){ .kind = WARD_FD_CHILD, .fd = 1 };
	else if (o->err)
		o->spawn.err = output_to(o, o->err);
}

/* Where anything goes through ward, it opens the files for output itself. */
static void settle_files(struct run_options *o)
{
	if (o->in)
		o->spawn.in = (struct ward_stdio){ .kind = WARD_FD_PATH, .path = o->in };
	if (!o->pipe && !io_is_any(&o->io))
		settle_output_files(o);
}

static int settle_command(struct run_options *o)
{
	if (!*o->command)
		return tool_fail("no command given; 'ward %s --help' tells more",
		                 tool_name());
	if (o->pipe)
		return pipe_split(o);
	o->stages[0].argv = (const char *const *)o->command;
	o->n_stages = 1;
	return 0;
}

static int settle(struct run_options *o)
{
	static const char *const nothing[] = { NULL };
	int r = settle_command(o);

	if (r != 0)
		return r;
	if (o->append && !o->out && !o->err)
		return tool_fail("--append needs --stdout or --stderr");
	r = io_options_settle(o);
	if (r == 0)
		r = tree_options_settle(o);
	if (r != 0)
		return r;
	if (o->report_file && o->report == REPORT_NONE)
		o->report = REPORT_TEXT;
	if (o->clear_env)
		o->spawn.env = nothing;
	o->spawn.env_set = o->env_set;
	o->spawn.env_unset = o->env_unset;
	o->spawn.rlimits = o->rlimits;
	settle_files(o);
	return settle_identity(o);
}

bool run_options_read(struct run_options *o, char **argv, bool pipe, int *status)
{
	struct tool_args args = { argv, STATUS_OK };
	size_t n = 0;

	while (argv[n])
		n++;
	*o = (struct run_options){ .timeout_ns = WARD_FOREVER,
		                   .grace_ns = 5 * WARD_NS_PER_S,
		                   .signal = ward_signal_number("TERM"),
		                   .pipe = pipe,
		                   .io = { .keep = -1 },
		                   .tree = { .lifeline = -1 },
		                   .spawn = { .size = sizeof(struct ward_spawn_opts) } };
	/* No option occurs more often than there are words, nor does a command. */
	o->env_set = tool_alloc(n + 1, sizeof(*o->env_set));
	o->env_unset = tool_alloc(n + 1, sizeof(*o->env_unset));
	o->rlimits = tool_alloc(n, sizeof(*o->rlimits));
	o->stages = tool_alloc(n, sizeof(*o->stages));
	o->words = tool_alloc(n + 1, sizeof(*o->words));
	if (!tool_options(&args, pipe ? pipe_help : run_help, options, o)) {
		*status = args.status;
		return false;
	}
	o->command = args.argv;
	*status = settle(o);
	return *status == STATUS_OK;
}

void run_options_free(struct run_options *o)
{
	free(o->stages);
	free(o->words);
	free(o->env_set);
	free(o->env_unset);
	free(o->rlimits);
}
