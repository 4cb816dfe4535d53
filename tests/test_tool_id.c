/* SPDX-License-Identifier: MIT */
/* ward id and info, and the names of processes that every verb takes */
#include "target.h"

/* The same number, and an inode that nobody has. */
static void other_id(const struct target *t, char *text, size_t size)
{
	snprintf(text, size, "%d:1", (int)t->pid);
}

TEST(what_is_no_process_is_refused)
{
	static const char *const verbs[] = { "wait", "kill", "id", "info" };
	static const char *const bad[] = {
		"0", "", "x", "1x", "+2", " 2", "2 ", "0x2", "2:", "2:x", ":2",
		"99999999999999999999", "2:99999999999999999999",
	};

	for (size_t v = 0; v < 4; v++) {
		is_mistake(WORDS(verbs[v]), "no process given");
		is_mistake(WORDS(verbs[v], "-1"), "'-1'");
		is_mistake(WORDS(verbs[v], "--", "-1"), "'-1' is not a process");
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			is_mistake(WORDS(verbs[v], bad[i]), "is not a process");
	}
}

/* [same-process] */
TEST(first_process_is_never_signalled)
{
	is_mistake(WORDS("kill", "1"), "init");
	is_mistake(WORDS("kill", "-s", "0", "1:1"), "init");
}

TEST(mistake_in_the_last_word_spares_the_first)
{
	struct target t = holding();
	struct result r = tool_beside(WORDS("kill", t.name, "oops"));

	exits(&r, 125);
	says(r.err, "'oops'");
	CHECK_EQ(target_end(&t), 0);
}

TEST(number_of_nobody_is_status_1)
{
	static const char *const verbs[] = { "wait", "kill", "id", "info" };

	NEEDS_STRANGERS();
	for (size_t v = 0; v < 4; v++) {
		struct result r = tool(WORDS(verbs[v], "4194303"));

		exits(&r, 1);
		says(r.err, "4194303");
		says(r.err, "no such process");
	}
}

TEST(id_is_taken_in_place_of_a_number)
{
	struct target t;
	struct result r;
	char id[96];
	int status;

	NEEDS_STRANGERS();
	t = holding();
	id_of(&t, id, sizeof(id));
	says(id, t.name);
	says(id, ":");
	r = tool_beside(WORDS("id", id));
	exits(&r, 0);
	says(r.out, id);
	r = tool_beside(WORDS("info", id));
	exits(&r, 0);
	r = tool_beside(WORDS("wait", "-t", "0", id));
	exits(&r, 124);
	r = tool_beside(WORDS("kill", id));
	exits(&r, 0);
	status = target_end(&t);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(id_with_its_boot_is_taken_too)
{
	struct target t;
	struct result r;
	char id[128];

	NEEDS_STRANGERS();
	t = holding();
	r = tool_beside(WORDS("id", "--boot", t.name));
	exits(&r, 0);
	says(r.out, "@");
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(r.out, "\n"), r.out);
	r = tool_beside(WORDS("kill", "-s", "0", id));
	exits(&r, 0);
	/* Another boot, another process. */
	memset(strchr(id, '@') + 1, '0', 32);
	r = tool_beside(WORDS("kill", id));
	exits(&r, 1);
	CHECK_EQ(target_end(&t), 0);
}

/* [same-process] */
TEST(process_with_the_number_of_one_that_is_gone_is_left_alone)
{
	static const char *const verbs[] = { "wait", "kill", "id", "info" };
	struct target t;
	char id[96];

	NEEDS_STRANGERS();
	t = holding();
	other_id(&t, id, sizeof(id));
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct result r = tool_beside(WORDS(verbs[i], id));

		exits(&r, 1);
		says(r.err, id);
		says(r.err, "gone");
		CHECK_STR(r.out, "");
	}
	CHECK_EQ(target_end(&t), 0);
}

TEST(stale_id_is_refused)
{
	struct result r;
	char id[96];

	NEEDS_STRANGERS();
	stale_id(id, sizeof(id));
	r = tool(WORDS("kill", id));
	exits(&r, 1);
	says(r.err, "gone");
	r = tool(WORDS("wait", id));
	exits(&r, 1);
}

TEST(ids_are_told_for_those_that_are_there)
{
	struct target t;
	struct result r;

	NEEDS_STRANGERS();
	t = holding();
	r = tool_beside(WORDS("id", "4194303", t.name));
	exits(&r, 1);
	CHECK_EQ(strtol(r.out, NULL, 10), t.pid);
	target_end(&t);
}

TEST(info_is_told_as_text)
{
	struct target t;
	struct result r;
	char line[64];

	NEEDS_STRANGERS();
	t = target_start("ready", NULL, NULL);
	target_ready(&t);
	r = tool_beside(WORDS("info", t.name));
	exits(&r, 0);
	snprintf(line, sizeof(line), "process   %s", t.name);
	says(r.out, line);
	snprintf(line, sizeof(line), "parent    %d\n", (int)getpid());
	says(r.out, line);
	snprintf(line, sizeof(line), "group     %d\n", (int)t.pid);
	says(r.out, line);
	says(r.out, "name      child\n");
	says(r.out, "state     ");
	says(r.out, "hold      kernel\n");
	says(r.out, "threads   1\n");
	says(r.out, "started   2");
	says(r.out, "memory    ");
	target_end(&t);
}

TEST(info_is_told_as_json)
{
	struct target t;
	struct result r;
	char part[64];

	NEEDS_STRANGERS();
	t = target_start("ready", NULL, NULL);
	target_ready(&t);
	r = tool_beside(WORDS("info", "--json", t.name));
	exits(&r, 0);
	snprintf(part, sizeof(part), "{\"pid\": %d, \"id\": \"%d:", (int)t.pid,
	         (int)t.pid);
	says(r.out, part);
	snprintf(part, sizeof(part), "\"ppid\": %d, \"pgid\": %d, ", (int)getpid(),
	         (int)t.pid);
	says(r.out, part);
	snprintf(part, sizeof(part), "\"uid\": %d, ", (int)getuid());
	says(r.out, part);
	says(r.out, "\"name\": \"child\"");
	says(r.out, "\"threads\": 1, ");
	says(r.out, "\"cgroup_id\": ");
	target_end(&t);
}
