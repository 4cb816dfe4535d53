/* SPDX-License-Identifier: MIT */
/*
 * Which process it is, written down and found again.
 */
#include "able.h"
#include "help.h"

#define NEED_IDENTITY()                                                            \
	do {                                                                       \
		if (!able_identity())                                              \
			SKIP("this system knows a process by its number only");    \
	} while (0)

static struct ward_id id_of(struct ward *w)
{
	struct ward_id id = WARD_ID_INIT;

	REQUIRE_EQ(ward_identity(w, &id), 0);
	return id;
}

static bool same_id(const struct ward_id *a, const struct ward_id *b)
{
	return a->pid == b->pid && a->kind == b->kind && a->number == b->number &&
	       a->has_boot == b->has_boot &&
	       memcmp(a->boot, b->boot, sizeof(a->boot)) == 0;
}

/* [same-process] */
TEST(a_process_has_one_identity)
{
	NEED_IDENTITY();
	struct talk a = talk_start_ready(CHILD("ready"), NULL);
	struct talk b = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = id_of(a.w), again = id_of(a.w), other = id_of(b.w);
	struct ward *second = NULL;

	CHECK_EQ(id.pid, ward_pid(a.w));
	CHECK(same_id(&id, &again));
	CHECK(!same_id(&id, &other));
	REQUIRE_EQ(ward_open(&second, ward_pid(a.w), 0), 0);
	again = id_of(second);
	/* A filter may leave us no handle for what we did not start. */
	CHECK(again.kind == id.kind || !able_pidfd_open());
	CHECK(again.kind != id.kind || same_id(&id, &again));
	CHECK_EQ(again.pid, id.pid);
	ward_close(second);
	talk_end(&a);
	talk_end(&b);
}

TEST(the_kernels_own_number_is_used_where_there_is_one)
{
	NEED_IDENTITY();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = id_of(t.w);

	CHECK_EQ(id.kind, able_pidfs() && has_handle(t.w)
	                          ? WARD_ID_INODE : WARD_ID_START);
	/* Windows counts from 1601 and needs no boot to tell it from others. */
	CHECK_EQ(id.has_boot, HOST_POSIX);
	CHECK(id.number > 0);
	talk_end(&t);
}

#ifdef __linux__
/* util-linux writes the inode of a pidfd, too. */
TEST(the_number_is_the_inode_of_a_pidfd)
{
	NEED_IDENTITY();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = id_of(t.w);
	struct stat st;
	long fd;

	if (id.kind == WARD_ID_INODE && able_pidfd_open()) {
		fd = syscall(ABLE_PIDFD_OPEN, (pid_t)id.pid, 0);
		REQUIRE(fd >= 0);
		REQUIRE_EQ(fstat((int)fd, &st), 0);
		CHECK_EQ(id.number, st.st_ino);
		close((int)fd);
	}
	talk_end(&t);
	if (id.kind != WARD_ID_INODE)
		SKIP("no inode numbers here");
}
#endif

#if defined(__linux__) && !WARD_TEST_POSIX
/* Field 22 of /proc/PID/stat. */
static uint64_t start_of(int64_t pid)
{
	char path[64], text[1024], *p;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	REQUIRE(fd >= 0);
	read_all(fd, text, sizeof(text));
	close(fd);
	p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	REQUIRE(p != NULL);
	return strtoull(p, NULL, 10);
}

/* [same-process] Written down on a kernel without numbers, or by another program. */
TEST(an_identity_by_start_time_is_checked_as_well)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = WARD_ID_INIT;
	struct ward *w = NULL;

	id.pid = ward_pid(t.w);
	id.kind = WARD_ID_START;
	id.number = start_of(id.pid);
	REQUIRE_EQ(ward_open_id(&w, &id), 0);
	CHECK_EQ(ward_pid(w), id.pid);
	ward_close(w);
	w = NULL;
	id.number++;
	CHECK_EQ(ward_open_id(&w, &id), -ESRCH);
	id.number -= 2;
	CHECK_EQ(ward_open_id(&w, &id), -ESRCH);
	CHECK(w == NULL);
	talk_end(&t);
}
#endif

TEST(an_identity_once_asked_for_is_remembered)
{
	NEED_IDENTITY();
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	struct ward_id before = id_of(w), after;

	wait_or_fail(w);
	after = id_of(w);
	CHECK(same_id(&before, &after));
	ward_close(w);
}

/* [same-process] */
TEST(the_very_process_is_found_again)
{
	NEED_IDENTITY();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = id_of(t.w), found;
	struct ward *w = NULL;

	REQUIRE_EQ(ward_open_id(&w, &id), 0);
	CHECK_EQ(ward_pid(w), id.pid);
	found = id_of(w);
	CHECK(same_id(&id, &found));
	CHECK_EQ(ward_wait(w, 0, NULL), 0);
	ward_close(w);

	id.has_boot = 0;
	REQUIRE_EQ(ward_open_id(&w, &id), 0);
	ward_close(w);
	talk_end(&t);
}

/* [same-process] */
TEST(another_process_of_that_number_is_not_taken)
{
	NEED_IDENTITY();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = id_of(t.w), wrong = id;
	struct ward *none = (struct ward *)&id, *w = none;

	wrong.number++;
	CHECK_EQ(ward_open_id(&w, &wrong), -ESRCH);
	wrong = id;
	wrong.boot[3] ^= 1;
	if (id.has_boot)
		CHECK_EQ(ward_open_id(&w, &wrong), -ESRCH);
	CHECK(w == none);
	talk_end(&t);
}

/* Windows keeps it for as long as anybody has a handle of it: then it has ended. */
static void check_gone(int r, struct ward **w)
{
	if (!HOST_POSIX && r == 0) {
		CHECK_EQ(ward_wait(*w, 0, NULL), 1);
		ward_close(*w);
		*w = NULL;
	} else {
		CHECK(r == -ESRCH || (r == -ENOTSUP && !able_pidfd_open()));
	}
}

TEST(a_process_that_is_gone_is_not_found)
{
	NEED_IDENTITY();
	struct ward *w = spawn_or_fail(CHILD("exit", "0"), NULL);
	struct ward_id id = id_of(w);
	struct ward *again = NULL;
	int r;

	wait_or_fail(w);
	r = ward_open_id(&again, &id);
	check_gone(r, &again);
	ward_close(w);
	r = ward_open_id(&again, &id);
	check_gone(r, &again);
	CHECK(again == NULL);
}

/* [same-process] Better none than one that could come to mean another process. */
TEST(a_system_without_identities_says_so)
{
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = WARD_ID_INIT;
	struct ward *w = NULL;

	if (!able_identity()) {
		CHECK_EQ(ward_identity(t.w, &id), -ENOTSUP);
		CHECK_EQ(id.pid, 0);
		id.pid = ward_pid(t.w);
		id.kind = WARD_ID_INODE;
		CHECK_EQ(ward_open_id(&w, &id), -ENOTSUP);
		CHECK(w == NULL);
	}
	talk_end(&t);
	if (able_identity())
		SKIP("this system has identities");
}

/* [same-process] */
TEST(a_number_alone_is_no_identity)
{
	struct ward_id id = WARD_ID_INIT;
	struct ward *w = NULL;

	id.pid = host_pid();
	id.kind = WARD_ID_NONE;
	CHECK_EQ(ward_open_id(&w, &id), -EINVAL);
	id.kind = 17;
	CHECK_EQ(ward_open_id(&w, &id), -EINVAL);
	id.kind = WARD_ID_START;
	id.pid = 0;
	CHECK(ward_open_id(&w, &id) < 0);
	id.pid = -1;
	CHECK(ward_open_id(&w, &id) < 0);
	CHECK(w == NULL);
}

/* -------------------------------------------------------------------------- text */

TEST(an_identity_survives_being_written_and_read)
{
	NEED_IDENTITY();
	struct talk t = talk_start_ready(CHILD("ready"), NULL);
	struct ward_id id = id_of(t.w), back = WARD_ID_INIT;
	char text[WARD_ID_TEXT_MAX];
	struct ward *w = NULL;
	int len;

	len = ward_id_format(&id, WARD_ID_WITH_BOOT, text, sizeof(text));
	CHECK_EQ(len, strlen(text));
	REQUIRE_EQ(ward_id_parse(text, &back), 0);
	CHECK(same_id(&id, &back));
	REQUIRE_EQ(ward_open_id(&w, &back), 0);
	ward_close(w);

	len = ward_id_format(&id, 0, text, sizeof(text));
	CHECK_EQ(len, strlen(text));
	REQUIRE_EQ(ward_id_parse(text, &back), 0);
	CHECK_EQ(back.has_boot, 0);
	CHECK_EQ(back.pid, id.pid);
	CHECK_EQ(back.kind, id.kind);
	CHECK_EQ(back.number, id.number);
	talk_end(&t);
}

TEST(identities_are_written_as_documented)
{
	struct ward_id id = WARD_ID_INIT;
	char text[WARD_ID_TEXT_MAX];

	id.pid = 1234;
	id.number = 5678;
	id.kind = WARD_ID_INODE;
	ward_id_format(&id, 0, text, sizeof(text));
	CHECK_STR(text, "1234:5678");
	id.kind = WARD_ID_START;
	ward_id_format(&id, 0, text, sizeof(text));
	CHECK_STR(text, "1234:s5678");
	id.has_boot = 1;
	id.boot[0] = 0xab;
	id.boot[15] = 0x0c;
	ward_id_format(&id, 0, text, sizeof(text));
	CHECK_STR(text, "1234:s5678");
	ward_id_format(&id, WARD_ID_WITH_BOOT, text, sizeof(text));
	CHECK_STR(text, "1234:s5678@ab00000000000000000000000000000c");
	id.kind = WARD_ID_NONE;
	ward_id_format(&id, 0, text, sizeof(text));
	CHECK_STR(text, "1234");
	id.pid = INT32_MAX;
	id.number = UINT64_MAX;
	id.kind = WARD_ID_START;
	CHECK(ward_id_format(&id, WARD_ID_WITH_BOOT, text, sizeof(text)) <
	      WARD_ID_TEXT_MAX);
}

TEST(a_short_buffer_cuts_the_text_and_ends_it)
{
	struct ward_id id = WARD_ID_INIT;
	char text[8];

	id.pid = 1234;
	id.number = 5678;
	id.kind = WARD_ID_INODE;
	memset(text, 'x', sizeof(text));
	CHECK_EQ(ward_id_format(&id, 0, text, 5), 9);
	CHECK_STR(text, "1234");
	CHECK_EQ(text[5], 'x');
	CHECK_EQ(ward_id_format(&id, 0, text, 1), 9);
	CHECK_STR(text, "");
	CHECK_EQ(ward_id_format(&id, 0, text, 0), -EINVAL);
	CHECK_EQ(ward_id_format(&id, 1u << 5, text, sizeof(text)), -EINVAL);
}

TEST(good_texts_are_read)
{
	struct ward_id id = WARD_ID_INIT;

	CHECK_EQ(ward_id_parse("1234", &id), 0);
	CHECK_EQ(id.pid, 1234);
	CHECK_EQ(id.kind, WARD_ID_NONE);
	CHECK_EQ(ward_id_parse("1:18446744073709551615", &id), 0);
	CHECK_EQ(id.kind, WARD_ID_INODE);
	CHECK(id.number == UINT64_MAX);
	CHECK_EQ(ward_id_parse("77:s42@000102030405060708090a0b0c0d0e0f", &id), 0);
	CHECK_EQ(id.kind, WARD_ID_START);
	CHECK_EQ(id.number, 42);
	CHECK_EQ(id.has_boot, 1);
	CHECK_EQ(id.boot[1], 1);
	CHECK_EQ(id.boot[15], 15);
}

TEST(other_texts_are_refused)
{
	static const char *const bad[] = {
		"", " ", "x", "-1", "+1", "0", " 1", "1 ", "1:", "1:x", "1:-1", "1:+1",
		"1: 1", ":", ":5", "1:s", "1:t5", "1:5:6", "1:5 ", "1:0x5",
		"99999999999999999999", "1:18446744073709551616", "1:5@", "1:5@00",
		"1:5@0001020304050607080090a0b0c0d0e0g",
		"1:5@000102030405060708090a0b0c0d0e0",
		"1:5@000102030405060708090a0b0c0d0e0f0",
	};
	struct ward_id id = WARD_ID_INIT;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!CHECK_EQ(ward_id_parse(bad[i], &id), -EINVAL))
			check_note("that was \"%s\"", bad[i]);
	CHECK_EQ(ward_id_parse(NULL, &id), -EINVAL);
	CHECK_EQ(id.pid, 0);
	CHECK_EQ(id.kind, 0);
}
