/* SPDX-License-Identifier: MIT */
/*
 * Starting a pipeline. All pipes of a stage are there before it starts, and the sides
 * that a child has got are closed before the next one: no command ever has an end of a
 * pipe that is not its own, so that every end of file comes. What has started when
 * another one fails is killed and waited for.
 */
#include <errno.h>
#include <string.h>

#include "call.h"
#include "fail.h"
#include "memory.h"
#include "pipeline.h"
#include "sized.h"
#include "stop.h"

enum { MOST = 1 << 20 };

/* -------------------------------------------------------------------------- reserve */

/* What a stage is started with: its own copy, to be changed. */
struct start {
	struct ward_pipeline *p;
	const struct ward_stage *stage;
	size_t i;
	struct ward_spawn_opts opts;
	/* The children's sides: of the pipe from the stage before, of the one to the
	 * next, and of the outputs that are shared. */
	struct ward_stdio from_before, to_next, out_side, err_side;
	struct ward_stdio last_out;   /* what the last command's options say */
};

static bool has_own_err(const struct ward_pipeline *p)
{
	return (p->opts.flags & WARD_RUN_STAGE_ERRORS) != 0;
}

static int make_steps(struct ward_pipeline *p)
{
	size_t n = p->opts.n_stop;
	struct ward_stop_step gentle[WARD__GENTLE_STEPS];

	ward__stop_gentle(gentle);
	p->steps = ward__alloc((n + WARD__GENTLE_STEPS) * sizeof(*p->steps));
	if (!p->steps)
		return -ENOMEM;
	if (n > 0)
		memcpy(p->steps, p->opts.stop, n * sizeof(*p->steps));
	else
		p->steps[n++] = gentle[0];
	if (ward__stop_has(p->opts.stop, p->opts.n_stop, WARD_STOP_JOB))
		p->steps[n++] = (struct ward_stop_step){ gentle[1].signal,
			                                 WARD_STOP_JOB, 0 };
	p->steps[n++] = gentle[1];
	p->n_steps = n;
	return 0;
}

static int make_outputs(struct ward_pipeline *p)
{
	int r;

	p->n_outputs = has_own_err(p) ? 1 + p->n : 2;
	p->outputs = ward__alloc(p->n_outputs * sizeof(*p->outputs));
	if (!p->outputs)
		return -ENOMEM;
	r = ward__output_init(&p->outputs[0], &p->opts.out);
	for (size_t i = 1; r == 0 && i < p->n_outputs; i++)
		r = ward__output_init(&p->outputs[i], &p->opts.err);
	for (size_t i = 0; i < p->n_outputs; i++) {
		struct ward__output *output = &p->outputs[i];

		output->context = p->opts.context;
		output->fd = i == 0 ? 1 : 2;
		output->stage = i == 0 ? (int64_t)p->n - 1 :
		                has_own_err(p) ? (int64_t)i - 1 :
		                p->n == 1      ? 0 :
		                                 -1;
	}
	return r;
}

static int reserve(struct ward_pipeline *p)
{
	int r;

	p->stages = ward__alloc(p->n * sizeof(*p->stages));
	p->results = ward__alloc(p->n * sizeof(*p->results));
	p->scratch = ward__block_resize(NULL, 0, WARD__SCRATCH_BLOCK);
	if (!p->stages || !p->results || !p->scratch)
		return -ENOMEM;
	r = make_steps(p);
	return r < 0 ? r : make_outputs(p);
}

/* What MEMORY there is to feed is known when all have been started. */
static int reserve_events(struct ward_pipeline *p, struct ward_error *error)
{
	size_t n;

	for (size_t i = 0; i < p->n; i++)
		p->most_hungry += ward__hungry_count(p->stages[i].ward);
	/* These, every stage and output, the input, and what wakes us. */
	n = p->most_hungry + p->n + p->n_outputs + 2;
	p->events = ward__alloc(n * sizeof(*p->events));
	p->hungry = ward__alloc((p->most_hungry + 1) * sizeof(struct ward__stream *));
	return p->events && p->hungry ?
	               0 :
	               ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
}

/* --------------------------------------------------------------------------- streams */

static int fail_pipe(struct ward_error *error, int code, int fd)
{
	return code < 0 ? ward__fail(error, WARD_STEP_PIPE, code, fd, NULL) : 0;
}

/* Where output goes: where the options of the start say, with nothing of it here; to the
 * terminal that they ask for; or to a pipe of ours. */
enum way { LEFT, TERMINAL, PIPED };

static enum way way_of(const struct ward_output_opts *o, const struct ward_stdio *own)
{
	if (o->to == WARD_TO_SPAWN)
		return LEFT;
	if (own->kind == WARD_FD_PTY)
		return TERMINAL;
	return o->to == WARD_TO_MEMORY && own->kind != WARD_FD_INHERIT ? LEFT : PIPED;
}

/* What is asked of output that does not come through here would be ignored. */
static bool asks_something(const struct ward_output_opts *o)
{
	return o->on_chunk || o->on_line || o->keep || o->limit;
}

/* One pipe for @output: its side goes to all that write to it. */
static int open_output(struct ward__output *output, struct ward_stdio *side,
                       const struct ward_stdio *own)
{
	if (way_of(&output->opts, own) != PIPED || output->tap.channel)
		return 0;
	return ward__channel_pipe(&output->tap.channel, side, WARD__READ);
}

static void use_side(struct ward_stdio *own, const struct ward_stdio *side)
{
	if (side->kind != WARD_FD_CLOSED)
		*own = *side;
}

/* Small input is in the pipe before the command runs, and its end too. */
static int open_input(struct start *start, struct ward_stdio *side)
{
	struct ward__input *input = &start->p->input;
	const struct ward_run_opts *o = &start->p->opts;
	int r;

	input->fd = o->flags & WARD_RUN_INPUT_FD ? o->input_fd : -1;
	input->data = o->input;
	input->size = o->input_size;
	/* Where no descriptor can be waited for, that is to be known at once. */
	if (input->fd >= 0 && ward__descriptor_read(input->fd, NULL, 0) == -ENOTSUP)
		return -ENOTSUP;
	if ((!o->input && input->fd < 0) || start->opts.in.kind == WARD_FD_PTY)
		return 0;
	r = ward__channel_pipe(&input->tap.channel, side, WARD__WRITE);
	if (r < 0)
		return r;
	if (input->size > 65536)
		ward__channel_widen(input->tap.channel);
	if (input->fd < 0)
		r = ward__input_pump(input);
	start->opts.in = *side;
	return r;
}

static int open_in(struct start *start, struct ward_error *error)
{
	if (start->i == 0)
		return fail_pipe(error, open_input(start, &start->from_before), 0);
	start->opts.in = start->from_before;
	return 0;
}

static int open_out(struct start *start, struct ward_stdio *reader,
                    struct ward_error *error)
{
	struct ward__output *out = &start->p->outputs[0];
	int r;

	if (start->i + 1 < start->p->n) {
		r = ward__pipe_between(&start->to_next, reader);
		start->opts.out = start->to_next;
		return fail_pipe(error, r, 1);
	}
	if (way_of(&out->opts, &start->opts.out) == LEFT && asks_something(&out->opts))
		return ward__fail(error, WARD_STEP_OPTIONS, -EINVAL, 1, NULL);
	r = open_output(out, &start->out_side, &start->opts.out);
	use_side(&start->opts.out, &start->out_side);
	return fail_pipe(error, r, 1);
}

/* Errors of a command before the last one, where the last one's options leave its output:
 * only what can be shared, and not what is opened anew for each. */
static int share_last_out(struct start *start, struct ward_error *error)
{
	const struct ward_stdio *out = &start->last_out;

	if (out->kind == WARD_FD_INHERIT)
		start->opts.err = (struct ward_stdio){ .kind = WARD_FD_GIVEN, .fd = 1 };
	else if (out->kind == WARD_FD_NULL || out->kind == WARD_FD_GIVEN ||
	         out->kind == WARD_FD_HANDLE)
		start->opts.err = *out;
	else
		return ward__fail(error, WARD_STEP_OPTIONS, -EINVAL, 2, NULL);
	return 0;
}

/* All that err to where out goes need its pipe before the last stage makes it. */
static int open_err_to_out(struct start *start, struct ward_error *error)
{
	const struct ward_stdio captured = { .kind = WARD_FD_INHERIT };
	struct ward_pipeline *p = start->p;
	/* A terminal is the last command's alone. */
	bool is_own = way_of(&p->opts.out, &start->last_out) != PIPED;
	int r;

	if (p->n == 1 || (is_own && start->i + 1 == p->n)) {
		start->opts.err = (struct ward_stdio){ .kind = WARD_FD_CHILD, .fd = 1 };
		return 0;
	}
	if (is_own)
		return share_last_out(start, error);
	r = open_output(&p->outputs[0], &start->out_side, &captured);
	use_side(&start->opts.err, &start->out_side);
	return fail_pipe(error, r, 2);
}

/*
 * One output has one end that is read: a pipe that they share, or one terminal. And of
 * what the options of every command leave there is nothing to be seen.
 */
static bool err_agrees(const struct start *start, const struct ward__output *output)
{
	const struct ward_pipeline *p = start->p;
	bool is_shown = start->i + 1 == p->n && start->opts.out.kind == WARD_FD_PTY;

	switch (way_of(&p->opts.err, &start->opts.err)) {
	case LEFT:
		return p->n > 1 || !asks_something(&p->opts.err);
	case TERMINAL:
		return is_shown || !output->tap.channel;
	default:
		return !output->tap.lent;
	}
}

static int open_err(struct start *start, struct ward_error *error)
{
	struct ward_pipeline *p = start->p;
	struct ward__output *output = &p->outputs[has_own_err(p) ? 1 + start->i : 1];
	int r;

	if (p->opts.err.to == WARD_TO_OUT)
		return open_err_to_out(start, error);
	if (!err_agrees(start, output))
		return ward__fail(error, WARD_STEP_OPTIONS, -EINVAL, 2, NULL);
	r = open_output(output, &start->err_side, &start->opts.err);
	if (way_of(&p->opts.err, &start->opts.err) == PIPED)
		use_side(&start->opts.err, &start->err_side);
	return fail_pipe(error, r, 2);
}

/* A terminal is the ward's own stream: lent, and by one output only. */
static void lend_terminal(struct ward_pipeline *p, size_t i)
{
	struct ward *w = p->stages[i].ward;
	struct ward__output *out = &p->outputs[0];
	struct ward__output *err = &p->outputs[has_own_err(p) ? 1 + i : 1];
	int fd = w->streams ? w->streams->terminal : -1;
	bool is_out = i + 1 == p->n && !out->tap.channel && out->opts.to != WARD_TO_SPAWN;
	struct ward__output *output = is_out ? out : err;

	if (fd < 0)
		return;
	if (!output->tap.channel && output->opts.to != WARD_TO_SPAWN &&
	    output->opts.to != WARD_TO_OUT)
		ward__tap_lend(&output->tap, w, fd);
	if (i == 0 && !p->input.tap.channel && (p->opts.input || p->input.fd >= 0))
		ward__tap_lend(&p->input.tap, w, fd);
}

/* ----------------------------------------------------------------------------- start */

/* What is behind the last of what makes a path of a name on this system. */
static const char *last_part(const char *path)
{
	const char *name = path;

	for (const char *c = path; *c; c++)
		if (ward__is_path((const char[]){ *c, '\0' }) && c[1])
			name = c + 1;
	return name;
}

static void copy_name(char *to, size_t size, const char *argv0)
{
	const char *name = last_part(argv0);
	size_t n;

	n = strlen(name);
	if (n >= size)
		n = size - 1;
	memcpy(to, name, n);
	to[n] = '\0';
}

/* What marks a side of ours is not for the caller to use. */
static bool marks(const struct ward_stdio *source)
{
	return source->kind == WARD_FD_GIVEN && source->flags != 0;
}

static int read_spawn_opts(struct start *start)
{
	const struct ward_spawn_opts *opts =
		start->stage->opts ? start->stage->opts : start->p->opts.spawn;
	int r;

	memset(&start->opts, 0, sizeof(start->opts));
	start->opts.size = sizeof(start->opts);
	if (!opts)
		return 0;
	r = ward__sized_read(&start->opts, sizeof(start->opts), opts,
	                     sizeof(start->opts));
	return r == 0 && (marks(&start->opts.in) || marks(&start->opts.out) ||
	                  marks(&start->opts.err)) ?
	               -EINVAL :
	               r;
}

static int spawn(struct start *start, struct ward_error *error)
{
	struct ward__stage *stage = &start->p->stages[start->i];
	struct ward_error *own = start->opts.error;
	int r;

	start->opts.on_close = WARD_KILL_WAIT;
	start->opts.error = error;
	r = ward__spawn(&stage->ward, start->stage->argv, &start->opts, WARD__SIDE_PIPE);
	if (r < 0) {
		if (ward__sized_check(own, sizeof(*own)) == 0)
			ward__sized_write(own, error, sizeof(*error));
		return r;
	}
	copy_name(stage->name, sizeof(stage->name), start->stage->argv[0]);
	start->p->n_live++;
	lend_terminal(start->p, start->i);
	return 0;
}

static int open_and_spawn(struct start *start, struct ward_stdio *reader,
                          struct ward_error *error)
{
	int r = open_in(start, error);

	if (r == 0)
		r = open_out(start, reader, error);
	if (r == 0)
		r = open_err(start, error);
	return r == 0 ? spawn(start, error) : r;
}

/* One stage; the side of its output goes on to the next one. */
static int start_stage(struct start *start, struct ward_error *error)
{
	struct ward_stdio reader = { .kind = WARD_FD_CLOSED };
	int r = start->stage->argv && start->stage->argv[0] ? read_spawn_opts(start) :
	                                                      -EINVAL;

	if (r < 0)
		ward__fail(error, WARD_STEP_OPTIONS, r, -1, NULL);
	else
		r = open_and_spawn(start, &reader, error);
	ward__side_close(&start->from_before);
	ward__side_close(&start->to_next);
	if (has_own_err(start->p))
		ward__side_close(&start->err_side);
	start->from_before = reader;
	return r;
}

static int start_all(struct ward_pipeline *p, const struct ward_stage stages[],
                     struct ward_error *error)
{
	const struct ward_stdio closed = { .kind = WARD_FD_CLOSED };
	struct start start = { .p = p, .from_before = closed, .to_next = closed,
		               .out_side = closed, .err_side = closed };
	int r;

	start.stage = &stages[p->n - 1];
	r = read_spawn_opts(&start);
	if (r < 0)
		return ward__fail(error, WARD_STEP_OPTIONS, r, -1, NULL);
	start.last_out = start.opts.out;
	for (size_t i = 0; r == 0 && i < p->n; i++) {
		start.i = i;
		start.stage = &stages[i];
		r = start_stage(&start, error);
	}
	ward__side_close(&start.from_before);
	ward__side_close(&start.out_side);
	ward__side_close(&start.err_side);
	return r;
}

static int start_pipeline(struct ward_pipeline *p, const struct ward_stage stages[],
                          struct ward_error *error)
{
	int r = reserve(p);

	if (r < 0)
		return ward__fail(error, WARD_STEP_MEMORY, r, -1, NULL);
	p->deadline = p->opts.timeout_ns > 0 ? ward__deadline(p->opts.timeout_ns) : -1;
	p->drain = p->step_deadline = -1;
	p->heard = ward__now();
	r = start_all(p, stages, error);
	return r < 0 ? r : reserve_events(p, error);
}

static int make(struct ward_pipeline **ret, const struct ward_stage stages[], size_t n,
                const struct ward_run_opts *opts, struct ward_error *error)
{
	struct ward_pipeline *p = ward__alloc(sizeof(*p));
	int r;

	if (!p)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	p->opts = *opts;
	p->job = ward__run_job(opts);
	p->n = n;
	p->input.fd = -1;
	r = start_pipeline(p, stages, error);
	if (r < 0)
		ward_pipeline_close(p);
	else
		*ret = p;
	return r;
}

int ward_pipeline_start(struct ward_pipeline **ret, const struct ward_stage stages[],
                        size_t n, const struct ward_run_opts *opts)
{
	struct ward_error error = WARD_ERROR_INIT;
	struct ward__call call = ward__call_begin();
	struct ward_run_opts whole;
	int r = ward__run_opts_read(&whole, opts);

	if (r == 0 && ward__sized_check(whole.error, sizeof(error)) < 0) {
		whole.error = NULL;
		r = -EINVAL;
	}
	if (r == 0 && (!ret || !stages || n == 0 || n > MOST))
		r = -EINVAL;
	if (r < 0)
		ward__fail(&error, WARD_STEP_OPTIONS, r, -1, NULL);
	else
		r = make(ret, stages, n, &whole, &error);
	if (r < 0)
		ward__sized_write(whole.error, &error, sizeof(error));
	ward__call_end(&call);
	return r;
}
