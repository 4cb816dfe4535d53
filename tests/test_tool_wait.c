/* SPDX-License-Identifier: MIT */
/* ward wait: how processes of others ended */
#include "target.h"

TEST(wait_tells_how_a_stranger_ended)
{
	struct target t;
	struct running w;
	struct result r;
	char expected[64];

	NEEDS_STRANGERS();
	t = target_start("hold", "0", "3");
	w = tool_start(WORDS("wait", t.name));
	await_holds(&w, 1);
	target_let_go(&t);
	r = tool_end(&w);
	exits(&r, 0);
	snprintf(expected, sizeof(expected), "%d: %s\n", (int)t.pid,
	         can(able_exit_info) ? "exited with code 3" :
	                               "ended, but its status is lost");
	CHECK_STR(r.out, expected);
	CHECK_STR(r.err, "");
}

TEST(wait_tells_it_in_json)
{
	struct target t;
	struct running w;
	struct result r;
	char id[96], expected[160];

	NEEDS_STRANGERS();
	t = holding();
	id_of(&t, id, sizeof(id));
	w = tool_start(WORDS("wait", "--json", t.name));
	await_holds(&w, 1);
	kill(t.pid, SIGKILL);
	r = tool_end(&w);
	target_let_go(&t);
	exits(&r, 0);
	snprintf(expected, sizeof(expected), "{\"pid\": %d, \"id\": \"%s\", \"how\": ",
	         (int)t.pid, id);
	says(r.out, expected);
	says(r.out, can(able_exit_info) ?
	                    "\"how\": \"signaled\", \"code\": null, \"signal\": 9, "
	                    "\"signal_name\": \"KILL\", \"core_dumped\": false}\n" :
	                    "\"how\": \"lost\", \"code\": null, \"signal\": null, "
	                    "\"signal_name\": null, \"core_dumped\": null}\n");
}

/* [bounded] */
TEST(wait_gives_up_when_time_is_up)
{
	struct target t;
	struct result r;

	NEEDS_STRANGERS();
	t = holding();
	r = tool_beside(WORDS("wait", "-t", "50ms", t.name));
	exits(&r, 124);
	CHECK_STR(r.out, "");
	r = tool_beside(WORDS("wait", "-t", "0", t.name));
	exits(&r, 124);
	CHECK_EQ(target_end(&t), 0);
}

TEST(wait_holds_all_before_it_waits_and_tells_each_as_it_ends)
{
	struct target a, b;
	struct running w;
	struct result r;
	char first[32];

	NEEDS_STRANGERS();
	a = holding();
	b = holding();
	w = tool_start(WORDS("wait", a.name, b.name));
	await_holds(&w, 2);
	target_end(&b);
	snprintf(first, sizeof(first), "%d: ", (int)b.pid);
	CHECK_EQ(read(w.from, first, strlen(first)), strlen(first));
	CHECK_EQ(strtol(first, NULL, 10), b.pid);
	target_let_go(&a);
	r = tool_end(&w);
	exits(&r, 0);
	snprintf(first, sizeof(first), "\n%d: ", (int)a.pid);
	says(r.out, first);
}

TEST(wait_any_ends_with_the_first)
{
	struct target a, b;
	struct running w;
	struct result r;
	int status;

	NEEDS_STRANGERS();
	a = holding();
	b = holding();
	w = tool_start(WORDS("wait", "--any", a.name, b.name));
	tool_close_stdin(&w);
	await_holds(&w, 2);
	target_end(&b);
	CHECK_EQ(waitpid(w.pid, &status, 0), w.pid);
	target_let_go(&a);
	r = tool_end(&w);
	CHECK_EQ(status, 0);
	CHECK_EQ(strtol(r.out, NULL, 10), b.pid);
	CHECK_EQ(strcspn(r.out, "\n") + 1, strlen(r.out));
}

TEST(wait_for_others_goes_on_when_one_is_gone)
{
	struct target t;
	struct running w;
	struct result r;
	char stale[96];

	NEEDS_STRANGERS();
	t = holding();
	stale_id(stale, sizeof(stale));
	w = tool_start(WORDS("wait", stale, t.name));
	await_holds(&w, 1);
	target_let_go(&t);
	r = tool_end(&w);
	exits(&r, 1);
	says(r.err, stale);
	CHECK_EQ(strtol(r.out, NULL, 10), t.pid);
}

TEST(wait_any_does_not_wait_when_one_is_gone)
{
	struct target t;
	struct result r;
	char stale[96];

	NEEDS_STRANGERS();
	t = holding();
	stale_id(stale, sizeof(stale));
	r = tool_beside(WORDS("wait", "--any", t.name, stale));
	exits(&r, 1);
	CHECK_EQ(target_end(&t), 0);
}

/* [same-process] */
TEST(wait_refuses_what_it_could_mistake_for_another_process)
{
	struct target t;
	struct result r;

	if (can(able_pidfd_open))
		SKIP("this system can hold the processes of others");
	t = holding();
	r = tool_beside(WORDS("wait", t.name));
	exits(&r, 125);
	says(r.err, "could come to mean another process");
	CHECK_EQ(target_end(&t), 0);
}
