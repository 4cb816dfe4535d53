/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of a child. The list of what is inherited is exact
 * (PROC_THREAD_ATTRIBUTE_HANDLE_LIST), so that nothing leaks whatever other threads do.
 * The numbers from 3 on are told to the child's C runtime as the runtimes tell them to
 * one another: in a block behind lpReserved2, a count, a byte of flags for each, a
 * HANDLE for each. They agree on it since 1990, and all of them take 2048 descriptors.
 */
#include "handles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../memory.h"
#include "os_error.h"
#include "ward_windows.h"

enum { MAX_TARGET = (1 << 20) - 1, RUNTIME_MAX = 2048 };

/* The runtime's flags of a descriptor; without TEXT (0x80) its bytes are left alone. */
enum {
	RUNTIME_OPEN = 0x01,
	RUNTIME_PIPE = 0x08,
	RUNTIME_APPEND = 0x20,
	RUNTIME_DEV = 0x40
};

/* ------------------------------------------------------------------------------ slots */

static int by_number(const void *a, const void *b)
{
	const struct ward__slot *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static struct ward__slot *find(const struct ward__handles *h, int number)
{
	struct ward__slot key = { .number = number };

	return bsearch(&key, h->slots, h->n_slots, sizeof(key), by_number);
}

static void add(struct ward__handles *h, int number, const struct ward_stdio *from)
{
	h->slots[h->n_slots++] = (struct ward__slot){ .number = number, .from = from };
}

static int check(const struct ward__handles *h, struct ward_error *error)
{
	for (size_t i = 0; i < h->n_slots; i++) {
		const struct ward__slot *slot = &h->slots[i];

		if (slot->number < 0 || slot->number > MAX_TARGET)
			return ward__fail(error, WARD_STEP_OPTIONS, -EBADF, slot->number,
			                  NULL);
		if (i > 0 && slot[-1].number == slot->number)
			return ward__fail(error, WARD_STEP_OPTIONS, -EINVAL,
			                  slot->number, NULL);
	}
	return 0;
}

/* INHERIT_FDS: whatever of our C runtime's is open and inheritable. */
static void add_inherited(struct ward__handles *h)
{
	static const struct ward_stdio inherit = { .kind = WARD_FD_INHERIT };
	size_t n = h->n_slots;

	for (int number = 3; number < RUNTIME_MAX; number++) {
		struct ward__slot key = { .number = number };

		if (!bsearch(&key, h->slots, n, sizeof(key), by_number) &&
		    ward__inherited_handle(number))
			add(h, number, &inherit);
	}
	qsort(h->slots, h->n_slots, sizeof(*h->slots), by_number);
}

static int list_slots(struct ward__handles *h, const struct ward_spawn_opts *opts,
                      struct ward_error *error)
{
	bool all = (opts->flags & WARD_SPAWN_INHERIT_FDS) != 0;
	size_t room = 3 + opts->n_fds + (all ? RUNTIME_MAX : 0);
	int r;

	h->slots = opts->n_fds <= MAX_TARGET ? ward__alloc(room * sizeof(*h->slots)) :
	                                       NULL;
	if (!h->slots) {
		ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
		return -ENOMEM;
	}
	add(h, 0, &opts->in);
	add(h, 1, &opts->out);
	add(h, 2, &opts->err);
	for (size_t i = 0; i < opts->n_fds; i++)
		add(h, opts->fds[i].fd, &opts->fds[i].from);
	qsort(h->slots, h->n_slots, sizeof(*h->slots), by_number);
	r = check(h, error);
	if (r == 0 && all)
		add_inherited(h);
	return r;
}

/* ------------------------------------------------------------------------ references */

/* Follow CHILD references to the slot that has a source of its own. */
static int origin_of(const struct ward__handles *h, const struct ward__slot **slot)
{
	for (size_t hops = 0; (*slot)->from->kind == WARD_FD_CHILD; hops++) {
		*slot = find(h, (*slot)->from->fd);
		if (!*slot || (*slot)->from->kind == WARD_FD_CLOSED)
			return -EBADF;
		if (hops > h->n_slots)
			return -EINVAL;           /* they refer to one another */
	}
	return (*slot)->handle || ward__is_terminal((*slot)->from) ? 0 : -EBADF;
}

/* A program finds its console under the first three numbers only. */
static int check_terminal(const struct ward__slot *slot, bool is_terminal,
                          struct ward_error *error)
{
	if (!is_terminal)
		return ward__fail(error, WARD_STEP_FD, -EBADF, slot->number, NULL);
	if (slot->number > 2)
		return ward__fail(error, WARD_STEP_PTY, -ENOTSUP, slot->number, NULL);
	return 0;
}

static int open_reference(const struct ward__handles *h, struct ward__slot *slot,
                          struct ward_error *error)
{
	const struct ward__slot *origin = slot;
	int r;

	if (slot->from->kind != WARD_FD_CHILD)
		return 0;
	r = origin_of(h, &origin);
	if (r == 0 && ward__is_terminal(origin->from))
		return check_terminal(slot, true, error);
	if (r == 0)
		r = ward__handle_duplicate(&slot->handle, origin->handle);
	if (r < 0)
		return ward__fail(error, WARD_STEP_FD, r, slot->number, NULL);
	slot->append = origin->append;
	return 0;
}

/* --------------------------------------------------------------------------- consoles */

static bool is_console(HANDLE handle)
{
	DWORD mode;

	return GetFileType(handle) == FILE_TYPE_CHAR && GetConsoleMode(handle, &mode);
}

/* A handle of our console means nothing to a process that has another one, or none. */
static bool is_lost(const struct ward__slot *slot, const struct ward__console *console)
{
	HANDLE handle;

	if ((console->kind == WARD_CONSOLE_INHERIT && !console->is_terminal) ||
	    slot->number > 2 || slot->from->kind != WARD_FD_INHERIT)
		return false;
	handle = ward__inherited_handle(slot->number);
	return !handle || is_console(handle);
}

static int check_slot(const struct ward__slot *slot, const struct ward__console *console,
                      struct ward_error *error)
{
	return ward__is_terminal(slot->from) ?
	               check_terminal(slot, console->is_terminal, error) :
	               ward__slot_check(slot, error);
}

static int open_slots(struct ward__handles *h, const struct ward__console *console,
                      struct ward_error *error)
{
	int r = 0;

	h->own_console = !console->is_terminal && is_lost(&h->slots[0], console) &&
	                 is_lost(&h->slots[1], console) &&
	                 is_lost(&h->slots[2], console);
	for (size_t i = 0; r == 0 && i < h->n_slots; i++)
		r = check_slot(&h->slots[i], console, error);
	for (size_t i = 0; r == 0 && i < h->n_slots; i++)
		if (!is_lost(&h->slots[i], console) &&
		    !ward__is_terminal(h->slots[i].from))
			r = ward__slot_open(&h->slots[i], error);
	for (size_t i = 0; r == 0 && i < h->n_slots; i++)
		r = open_reference(h, &h->slots[i], error);
	return r;
}

/* ------------------------------------------------------------------ list and block */

static int list_handles(struct ward__handles *h)
{
	h->list = ward__alloc(h->n_slots * sizeof(*h->list));
	if (!h->list)
		return -ENOMEM;
	for (size_t i = 0; i < h->n_slots; i++)
		if (h->slots[i].handle)
			h->list[h->n_list++] = h->slots[i].handle;
	for (int i = 0; i < 3; i++)
		h->standard[i] = h->slots[i].handle;
	return 0;
}

/* An event or a thread is no file; called a pipe, the runtime takes it as it is. */
static BYTE runtime_flags(const struct ward__slot *slot)
{
	BYTE append = slot->append ? RUNTIME_APPEND : 0;

	switch (GetFileType(slot->handle)) {
	case FILE_TYPE_DISK:
		return (BYTE)(RUNTIME_OPEN | append);
	case FILE_TYPE_CHAR:
		return RUNTIME_OPEN | RUNTIME_DEV;
	default:
		return RUNTIME_OPEN | RUNTIME_PIPE;
	}
}

/* The first three come by the standard handles, which this would go before. */
static void fill_block(struct ward__handles *h, int count)
{
	HANDLE none = INVALID_HANDLE_VALUE;
	BYTE *flags = h->block + sizeof(count), *handles = flags + count;

	memcpy(h->block, &count, sizeof(count));
	for (int i = 0; i < count; i++)
		memcpy(handles + (size_t)i * sizeof(none), &none, sizeof(none));
	for (size_t i = 3; i < h->n_slots; i++) {
		const struct ward__slot *slot = &h->slots[i];

		if (!slot->handle)
			continue;
		flags[slot->number] = runtime_flags(slot);
		memcpy(handles + (size_t)slot->number * sizeof(none), &slot->handle,
		       sizeof(none));
	}
}

static int make_block(struct ward__handles *h, struct ward_error *error)
{
	int count = 0;
	size_t size;

	for (size_t i = 3; i < h->n_slots; i++)
		if (h->slots[i].handle)
			count = h->slots[i].number + 1;
	if (count == 0)
		return 0;
	if (count > RUNTIME_MAX)
		return ward__fail(error, WARD_STEP_FD, -EBADF, count - 1, NULL);
	size = sizeof(count) + (size_t)count * (1 + sizeof(HANDLE));
	h->block = ward__alloc(size);
	if (!h->block)
		return ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	h->block_size = (WORD)size;
	fill_block(h, count);
	return 0;
}

int ward__handles_open(struct ward__handles *handles, const struct ward_spawn_opts *opts,
                       struct ward__console console, struct ward_error *error)
{
	int r;

	*handles = (struct ward__handles){ .slots = NULL };
	r = list_slots(handles, opts, error);
	if (r == 0)
		r = open_slots(handles, &console, error);
	if (r == 0 && list_handles(handles) < 0)
		r = ward__fail(error, WARD_STEP_MEMORY, -ENOMEM, -1, NULL);
	if (r == 0)
		r = make_block(handles, error);
	if (r < 0)
		ward__handles_close(handles);
	return r;
}

void ward__handles_close(struct ward__handles *handles)
{
	for (size_t i = 0; handles->slots && i < handles->n_slots; i++)
		if (handles->slots[i].handle)
			CloseHandle(handles->slots[i].handle);
	ward__free(handles->block);
	ward__free(handles->list);
	ward__free(handles->slots);
	*handles = (struct ward__handles){ .slots = NULL };
}
