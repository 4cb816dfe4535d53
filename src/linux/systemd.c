/* SPDX-License-Identifier: MIT */
/*
 * Asking the user's systemd over D-Bus. libsystemd is loaded when it is first needed and
 * not linked: most programs that use this library never need it, and many systems have
 * none. What is hard: nothing here may wait for ever for a manager that does not answer;
 * processes are told by number, so the manager must see the numbers that we see; and the
 * answer to a start comes before the unit is there. Each question has its own connection,
 * which costs little beside what systemd does then, and needs no lock.
 */
#define _GNU_SOURCE 1
#include "systemd.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "../deadline.h"
#include "../gate.h"
#include "ward.h"

/* A static program has no loader as a rule, and is not given one by us: they are NULL. */
#pragma weak dlopen
#pragma weak dlsym

enum { PATIENCE_MS = 5000, SHORT_PATIENCE_MS = 200 };

#define SYSTEMD "org.freedesktop.systemd1", "/org/freedesktop/systemd1", \
	"org.freedesktop.systemd1.Manager"
#define DBUS "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"

/* -------------------------------------------------------------------------- library */

/* As <systemd/sd-bus.h> has them, which is not needed for a build. */
struct bus;
struct message;
struct slot;
struct bus_error {
	const char *name, *message;
	int is_ours;
};
typedef int handler_fn(struct message *m, void *arg, struct bus_error *error);

struct library {
	int (*open_user)(struct bus **ret);
	struct bus *(*flush_close_unref)(struct bus *bus);
	int (*set_timeout)(struct bus *bus, uint64_t usec);
	int (*is_ready)(struct bus *bus);
	int (*process)(struct bus *bus, struct message **ret);
	int (*pause)(struct bus *bus, uint64_t usec);
	int (*unique_name)(struct bus *bus, const char **ret);
	int (*match)(struct bus *bus, struct slot **ret, const char *sender,
	             const char *path, const char *interface, const char *member,
	             handler_fn *fn, void *arg);
	struct slot *(*slot_unref)(struct slot *slot);
	int (*new_call)(struct bus *bus, struct message **ret, const char *to,
	                const char *path, const char *interface, const char *member);
	int (*append)(struct message *m, const char *types, ...);
	int (*call)(struct bus *bus, struct message *m, uint64_t usec,
	            struct bus_error *error, struct message **reply);
	int (*read)(struct message *m, const char *types, ...);
	struct message *(*unref)(struct message *m);
	void (*error_free)(struct bus_error *error);
};

static const struct {
	const char *name;
	size_t at;
} symbols[] = {
	{ "sd_bus_open_user", offsetof(struct library, open_user) },
	{ "sd_bus_flush_close_unref", offsetof(struct library, flush_close_unref) },
	{ "sd_bus_set_method_call_timeout", offsetof(struct library, set_timeout) },
	{ "sd_bus_is_ready", offsetof(struct library, is_ready) },
	{ "sd_bus_process", offsetof(struct library, process) },
	{ "sd_bus_wait", offsetof(struct library, pause) },
	{ "sd_bus_get_unique_name", offsetof(struct library, unique_name) },
	{ "sd_bus_match_signal", offsetof(struct library, match) },
	{ "sd_bus_slot_unref", offsetof(struct library, slot_unref) },
	{ "sd_bus_message_new_method_call", offsetof(struct library, new_call) },
	{ "sd_bus_message_append", offsetof(struct library, append) },
	{ "sd_bus_call", offsetof(struct library, call) },
	{ "sd_bus_message_read", offsetof(struct library, read) },
	{ "sd_bus_message_unref", offsetof(struct library, unref) },
	{ "sd_bus_error_free", offsetof(struct library, error_free) },
};

static struct library the_library;
static bool is_loaded;

static void load(void)
{
	void *handle = NULL, *symbol;

	/* Where it has one all the same, what that loads has a libc of its own. */
	if (getauxval(AT_BASE) != 0 && dlopen && dlsym)
		handle = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		return;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		symbol = dlsym(handle, symbols[i].name);
		if (!symbol)
			return;       /* it is older than 240: 2018 */
		memcpy((char *)&the_library + symbols[i].at, &symbol, sizeof(symbol));
	}
	is_loaded = true;
}

/* For good, and so is its absence. NULL: there is none. */
static const struct library *library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (ward__gate("dlopen") < 0)
		return NULL;
	pthread_once(&once, load);
	return is_loaded ? &the_library : NULL;
}

/* ----------------------------------------------------------------------- connection */

struct connection {
	const struct library *lib;
	struct bus *bus;
	int64_t until;
};

static uint64_t left_usec(const struct connection *c)
{
	int64_t left = c->until - ward__now();

	/* 0 is the library's own patience. */
	return left < 1000 ? 1 : (uint64_t)left / 1000;
}

/* Let the library do what there is to be done; 0, or a failure. */
static int step(const struct connection *c)
{
	int r = c->lib->process(c->bus, NULL);

	if (r != 0)
		return r < 0 ? r : 0;
	r = c->lib->pause(c->bus, left_usec(c));
	if (r == -EINTR)
		r = 0;
	return r < 0 ? r : ward__is_due(c->until) ? -ETIMEDOUT : 0;
}

static int get_ready(const struct connection *c)
{
	int ready, r = 0;

	while ((ready = c->lib->is_ready(c->bus)) == 0 && r == 0)
		r = step(c);
	return ready < 0 ? ready : r;
}

static int explain(int code, struct ward__why *why)
{
	if (code == -ETIMEDOUT)
		return ward__why(why, code, "the user's systemd does not answer");
	return ward__why(why, code, "the user's systemd cannot be asked: %s",
	                 code == -ENOMEDIUM ? "no bus is known" : ward_strerror(code));
}

static void disconnect(struct connection *c)
{
	c->lib->flush_close_unref(c->bus);
}

static int connect_in_time(struct connection *c)
{
	int ms = ward__gate("scope_patience") < 0 ? SHORT_PATIENCE_MS : PATIENCE_MS;
	int r = ward__gate("scope_bus");

	c->until = ward__deadline(ms * WARD_NS_PER_MS);
	if (r == 0)
		r = c->lib->open_user(&c->bus);
	if (r < 0)
		return r;
	r = c->lib->set_timeout(c->bus, (uint64_t)ms * 1000);
	if (r >= 0)
		r = get_ready(c);
	if (r < 0)
		disconnect(c);
	return r < 0 ? r : 0;
}

static int connect_bus(struct connection *c, struct ward__why *why)
{
	int r;

	c->lib = library();
	if (!c->lib)
		return ward__why(why, -ENOTSUP,
		                 "no systemd: libsystemd.so.0 cannot be loaded");
	r = connect_in_time(c);
	return r < 0 ? explain(r, why) : 0;
}

/* ------------------------------------------------------------------------- questions */

/*
 * Send @m, which is eaten, and wait for the answer, which the caller unrefs where @reply
 * is not NULL. @what was refused, if it was the other side that said so.
 */
static int ask(const struct connection *c, struct message *m, struct message **reply,
               const char *what, struct ward__why *why)
{
	struct bus_error error = { NULL, NULL, 0 };
	int r = c->lib->call(c->bus, m, left_usec(c), &error, reply);

	c->lib->unref(m);
	if (r < 0 && r != -ETIMEDOUT && error.message)
		ward__why(why, r, "systemd refused %s: %.100s", what, error.message);
	else if (r < 0)
		explain(r, why);
	c->lib->error_free(&error);
	return r < 0 ? r : 0;
}

/*
 * Does the bus know us by the number that we know? In another pid namespace our numbers
 * would be those of others.
 */
static int check_numbers(const struct connection *c, struct ward__why *why)
{
	struct message *m = NULL, *reply = NULL;
	const char *name = "";
	uint32_t pid = 0;
	int r = c->lib->unique_name(c->bus, &name);

	if (r >= 0)
		r = c->lib->new_call(c->bus, &m, DBUS, "GetConnectionUnixProcessID");
	if (r < 0)
		return explain(r, why);
	r = c->lib->append(m, "s", name);
	if (r < 0) {
		c->lib->unref(m);
		return explain(r, why);
	}
	r = ask(c, m, &reply, "to say who we are", why);
	if (r < 0)
		return r;
	r = c->lib->read(reply, "u", &pid);
	c->lib->unref(reply);
	if (r < 0)
		return explain(r, why);
	if (pid != (uint32_t)getpid())
		return ward__why(why, -ENOTSUP,
		                 "the user's systemd is in another pid namespace");
	return 0;
}

static int connect_checked(struct connection *c, struct ward__why *why)
{
	int r = connect_bus(c, why);

	if (r < 0)
		return r;
	r = check_numbers(c, why);
	if (r < 0)
		disconnect(c);
	return r;
}

/* ----------------------------------------------------------------------------- start */

/* A unit that is on its way. */
struct arrival {
	const struct library *lib;
	const char *name;
	char result[32];              /* "": not yet */
};

/* JobRemoved: the manager's job with some unit is over. */
static int hear_of_job(struct message *m, void *arg, struct bus_error *error)
{
	const char *path, *unit, *result;
	struct arrival *arrival = arg;
	uint32_t id;

	(void)error;
	if (arrival->lib->read(m, "uoss", &id, &path, &unit, &result) >= 0 &&
	    strcmp(unit, arrival->name) == 0) {
		strncpy(arrival->result, result, sizeof(arrival->result) - 1);
		return 1;
	}
	return 0;
}

static int ask_to_start(const struct connection *c, const char *name, pid_t pid,
                        struct ward__why *why)
{
	struct message *m = NULL;
	int r = ward__gate("scope_start");

	if (r == 0)
		r = c->lib->new_call(c->bus, &m, SYSTEMD, "StartTransientUnit");
	if (r < 0)
		return explain(r, why);
	r = c->lib->append(m, "ssa(sv)a(sa(sv))", name, "fail", 4,
	                   "Description", "s", "processes held by ward",
	                   "PIDs", "au", 1, (uint32_t)pid,
	                   "Delegate", "b", 1,
	                   "CollectMode", "s", "inactive-or-failed", 0);
	if (r >= 0)
		return ask(c, m, NULL, "a scope", why);
	c->lib->unref(m);
	return explain(r, why);
}

static int await(const struct connection *c, const struct arrival *arrival,
                 struct ward__why *why)
{
	int r = 0;

	while (r == 0 && !arrival->result[0])
		r = step(c);
	if (r < 0)
		return explain(r, why);
	if (strcmp(arrival->result, "done") != 0)
		return ward__why(why, -ENOTSUP, "systemd did not start the scope: %s",
		                 arrival->result);
	return 0;
}

int ward__systemd_start_scope(const char *name, pid_t pid, struct ward__why *why)
{
	struct arrival arrival = { .name = name };
	struct slot *slot = NULL;
	struct connection c = { NULL, NULL, -1 };
	int r = connect_checked(&c, why);

	if (r < 0)
		return r;
	arrival.lib = c.lib;
	/* Before the start, whose end may be told at once. */
	r = ward__gate("scope_match");
	if (r == 0)
		r = c.lib->match(c.bus, &slot, SYSTEMD, "JobRemoved", hear_of_job,
		                 &arrival);
	if (r < 0)
		explain(r, why);
	else
		r = ask_to_start(&c, name, pid, why);
	if (r == 0)
		r = await(&c, &arrival, why);
	c.lib->slot_unref(slot);
	disconnect(&c);
	return r;
}

/* ---------------------------------------------------------------------------- attach */

static int ask_to_attach(const struct connection *c, const char *name,
                         const char *below, pid_t pid, struct ward__why *why)
{
	struct message *m = NULL;
	int r = ward__gate("scope_attach");

	if (r == 0)
		r = c->lib->new_call(c->bus, &m, SYSTEMD, "AttachProcessesToUnit");
	if (r < 0)
		return explain(r, why);
	r = c->lib->append(m, "ssau", name, below, 1, (uint32_t)pid);
	if (r >= 0)
		return ask(c, m, NULL, "to move a process", why);
	c->lib->unref(m);
	return explain(r, why);
}

int ward__systemd_attach(const char *name, const char *below, pid_t pid,
                         struct ward__why *why)
{
	struct connection c = { NULL, NULL, -1 };
	int r = connect_bus(&c, why);

	if (r < 0)
		return r;
	r = ask_to_attach(&c, name, below, pid, why);
	disconnect(&c);
	return r;
}
