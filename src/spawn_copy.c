/* SPDX-License-Identifier: MIT */
/*
 * A deep copy of a start's options in one block. The same code runs twice: first without
 * a block, to learn how big it has to be, then to fill it.
 */
#include "spawn_copy.h"

#include <errno.h>
#include <string.h>

#include "channels.h"
#include "memory.h"

struct copier {
	char *block;                  /* NULL: only counting */
	size_t size;
};

/* Everything begins where anything may. */
static void *put(struct copier *copier, const void *data, size_t size)
{
	const size_t align = 2 * sizeof(void *);
	char *to;

	copier->size = (copier->size + align - 1) / align * align;
	to = copier->block ? copier->block + copier->size : NULL;
	if (to && size > 0)
		memcpy(to, data, size);
	copier->size += size;
	return to;
}

static void copy(struct copier *copier, const void *where, size_t size)
{
	const void *from;
	void *to;

	memcpy(&from, where, sizeof(from));
	if (!from)
		return;
	to = put(copier, from, size);
	/* The pointer is one of the copy itself, once there is a copy. */
	if (to)
		memcpy((void *)(uintptr_t)where, &to, sizeof(to));
}

static void copy_text(struct copier *copier, const char *const *where)
{
	if (*where)
		copy(copier, where, strlen(*where) + 1);
}

static void copy_list(struct copier *copier, const char *const **where)
{
	const char *const *list = *where;
	size_t n = 0;

	if (!list)
		return;
	while (list[n])
		n++;
	copy(copier, where, (n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++)
		copy_text(copier, copier->block ? &(*where)[i] : &list[i]);
}

static void copy_source(struct copier *copier, struct ward__spawn_copy *of,
                        const struct ward_stdio *source)
{
	copy_text(copier, &source->path);
	copy(copier, &source->data, source->data_size);
	of->is_fed |= source->kind == WARD_FD_MEMORY;
}

/* @to is the block's own once there is one, and a mere copy of the caller's before. */
static void copy_all(struct copier *copier, struct ward__spawn_copy *to)
{
	struct ward_spawn_opts *o = &to->opts;

	copy_list(copier, &to->argv);
	copy_text(copier, &o->file);
	copy_text(copier, &o->cwd);
	copy_text(copier, &o->user);
	copy_list(copier, &o->env);
	copy_list(copier, &o->env_unset);
	copy_list(copier, &o->env_set);
	copy_source(copier, to, &o->in);
	copy_source(copier, to, &o->out);
	copy_source(copier, to, &o->err);
	copy(copier, &o->fds, o->n_fds * sizeof(*o->fds));
	for (size_t i = 0; i < o->n_fds; i++)
		copy_source(copier, to, &o->fds[i].from);
	copy(copier, &o->groups, o->n_groups * sizeof(*o->groups));
	copy(copier, &o->rlimits, o->n_rlimits * sizeof(*o->rlimits));
	copy(copier, &o->cpus, o->n_cpus * sizeof(*o->cpus));
	copy(copier, &o->pty, sizeof(*o->pty));
}

int ward__spawn_copy(struct ward__spawn_copy **ret, const char *const argv[],
                     const struct ward_spawn_opts *opts)
{
	struct ward__spawn_copy whole = { .argv = argv }, *to;
	struct copier counter = { .size = sizeof(whole) }, writer = counter;
	struct ward_pty_opts pty;
	int r = ward__spawn_check(&whole.opts, &pty, argv, opts, 0);

	if (r < 0)
		return r;
	whole.n_channels = ward__channels_count(&whole.opts);
	copy_all(&counter, &whole);
	writer.block = ward__alloc(counter.size);
	if (!writer.block)
		return -ENOMEM;
	to = (struct ward__spawn_copy *)writer.block;
	*to = whole;
	copy_all(&writer, to);
	*ret = to;
	return 0;
}
