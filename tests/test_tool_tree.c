/* SPDX-License-Identifier: MIT */
/* ward tree and ward kill --tree: trees that ward has not started. */
#include "tool_left.h"

#include <inttypes.h>

/* A tree of the helper that no ward has started; it says "ready" to us. */
struct grown {
	pid_t pid;
	int to, from;
	char text[32];                /* its number */
};

static struct grown grow(const char *shape, const char *n)
{
	struct grown g;
	int in[2], out[2];
	char byte;

	REQUIRE_EQ(pipe2(in, O_CLOEXEC), 0);
	REQUIRE_EQ(pipe2(out, O_CLOEXEC), 0);
	g.pid = fork();
	if (g.pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(check_child(), "child", "tree", shape, n, (char *)NULL);
		_exit(99);
	}
	REQUIRE(g.pid > 0);
	close(in[0]);
	close(out[1]);
	g.to = in[1];
	g.from = out[0];
	snprintf(g.text, sizeof(g.text), "%d", (int)g.pid);
	do
		REQUIRE_EQ(read(g.from, &byte, 1), 1);
	while (byte != '\n');
	return g;
}

/* They end when their stdin does. */
static void let_end(struct grown *g)
{
	close(g->to);
	while (waitpid(-1, NULL, 0) > 0)
		;
	close(g->from);
}

/* As tool(), which would wait for the tree, too. */
static struct result beside(const char *const words[])
{
	struct running t = tool_start(words);
	struct result r = { .status = -1 };

	tool_close_stdin(&t);
	REQUIRE_EQ(waitpid(t.pid, &r.status, 0), t.pid);
	read_rest(t.from, r.out, sizeof(r.out));
	lseek(t.err, 0, SEEK_SET);
	read_rest(t.err, r.err, sizeof(r.err));
	close(t.from);
	close(t.err);
	return r;
}

static size_t lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

#define NEEDS_WALK                                                            \
	do {                                                                  \
		if (!on_linux_system() ||                                     \
		    access("/proc/thread-self/children", R_OK) < 0)           \
			SKIP("this system does not list children");           \
	} while (0)

TEST(tree_prints_all_that_descends_with_names_for_good)
{
	struct grown g;
	struct result r;
	char id[64];

	NEEDS_WALK;
	g = grow("chain", "4");
	r = beside(WORDS("id", g.text));
	exits(&r, 0);
	r.out[strcspn(r.out, "\n")] = '\0';
	snprintf(id, sizeof(id), "%s", r.out);
	r = beside(WORDS("tree", id));
	exits(&r, 0);
	CHECK_EQ(lines(r.out), 5);
	CHECK_EQ(strncmp(r.out, id, strlen(id)), 0);
	says(r.out, " sleeping ");
	says(r.out, " MiB  child\n");
	/* Each is below its parent. */
	says(r.out, "MiB    child\n");
	says(r.out, "MiB          child\n");
	let_end(&g);
}

TEST(tree_speaks_json)
{
	struct grown g;
	struct result r;

	NEEDS_WALK;
	g = grow("fan", "3");
	r = beside(WORDS("tree", "--json", g.text));
	exits(&r, 0);
	CHECK_EQ(lines(r.out), 4);
	says(r.out, "\"ppid\": ");
	says(r.out, "\"rss_bytes\": ");
	says(r.out, "\"state\": ");
	let_end(&g);
}

TEST(tree_of_what_is_gone_is_told)
{
	struct result r;

	if (!able_pidfd_open())
		SKIP("a stranger cannot be held here");
	r = beside(WORDS("tree", "4194305"));
	exits(&r, 1);
	says(r.err, "no such process");
	is_mistake(WORDS("tree"), "no process given");
}

TEST(tree_is_refused_where_it_cannot_be_known)
{
	struct result r;

	if (on_linux_system())
		SKIP("it can be known here");
	r = beside(WORDS("tree", "1"));
	CHECK(WIFEXITED(r.status) && WEXITSTATUS(r.status) != 0);
}

/* [whole-tree] */
TEST(kill_ends_a_whole_tree)
{
	static const char *const shapes[] = { "fan", "chain", "groups", "vfork",
		                              "stopped" };

	NEEDS_WALK;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct grown g = grow(shapes[i], "4");
		struct result r = beside(WORDS("kill", "--tree", g.text));
		char buf[64] = "";

		exits(&r, 0);
		says(r.out, " processes found by walking");
		says(r.out, ", 0 survived\n");
		while (waitpid(-1, NULL, 0) > 0)
			;
		CHECK(is_at_end(g.from, buf, sizeof(buf)));
		let_end(&g);
	}
}

TEST(kill_of_a_tree_tells_how_many_needed_kill)
{
	struct grown g;
	struct result r;

	NEEDS_WALK;
	g = grow("deaf", "3");
	r = beside(WORDS("kill", "--tree", "-k", "50ms", g.text));
	exits(&r, 0);
	says(r.out, ": 4 processes found by walking (not what was orphaned before), 4 "
	            "needed KILL, 0 survived\n");
	let_end(&g);
}

TEST(what_was_orphaned_before_is_not_found)
{
	struct grown g;
	struct result r;
	char byte = 0;

	NEEDS_WALK;
	g = grow("daemons", "2");
	r = beside(WORDS("kill", "--tree", g.text));
	exits(&r, 0);
	says(r.out, ": 1 processes found");
	fcntl(g.from, F_SETFL, O_NONBLOCK);
	CHECK(read(g.from, &byte, 1) < 0 && errno == EAGAIN);
	let_end(&g);
}

TEST(a_tree_that_forks_all_the_time_is_ended)
{
	struct grown g;
	struct result r;

	NEEDS_WALK;
	g = grow("hopper", "20");
	r = beside(WORDS("kill", "--tree", "-s", "KILL", g.text));
	/* Each hop is an orphan: only those that were caught are told of. */
	CHECK(WIFEXITED(r.status));
	let_end(&g);
}

TEST(signal_nothing_only_asks)
{
	struct grown g;
	struct result r;
	char byte;

	NEEDS_WALK;
	g = grow("fan", "2");
	r = beside(WORDS("kill", "--tree", "-s", "0", g.text));
	exits(&r, 0);
	says(r.out, ": 3 processes found");
	fcntl(g.from, F_SETFL, O_NONBLOCK);
	CHECK(read(g.from, &byte, 1) < 0 && errno == EAGAIN);
	let_end(&g);
}

TEST(mistakes_of_trees_are_told)
{
	is_mistake(WORDS("kill", "--tree", "--group", "2"), "both say who is meant");
	is_mistake(WORDS("kill", "--tree", "1"), "is init");
}
