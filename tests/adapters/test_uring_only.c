/* SPDX-License-Identifier: MIT */
/* <ward/uring.h> in io_uring: what other loops do not have. */
#include <sys/syscall.h>
#include <ward/uring.h>

#include "able.h"
#include "queue.h"
#include "ring.h"
#include "tracer.h"

static void begin(struct io_uring *ring, struct ward_uring *wait)
{
	ward_uring_prep_wait(next_sqe(ring), wait);
	REQUIRE(io_uring_submit(ring) >= 0);
}

static void init(struct ward_uring *wait, struct ward *w, uint32_t flags)
{
	REQUIRE_EQ(ward_uring_init(wait, w, flags), 0);
	CHECK(wait->ward == w);
	CHECK_EQ(wait->by, flags ? WARD_URING_BY_WAITID : WARD_URING_BY_POLL);
}

/* The next completion that has user data, which is to be @wait. */
static struct io_uring_cqe *next_of(struct io_uring *ring, const struct ward_uring *wait)
{
	struct io_uring_cqe *cqe = NULL;

	for (;;) {
		REQUIRE_EQ(ring_wait(ring, &cqe), 0);
		if (io_uring_cqe_get_data(cqe))
			break;
		io_uring_cqe_seen(ring, cqe);
	}
	CHECK(io_uring_cqe_get_data(cqe) == wait);
	return cqe;
}

static int result_of_next(struct io_uring *ring, struct ward_uring *wait,
                          struct ward_exit *exit)
{
	struct io_uring_cqe *cqe = next_of(ring, wait);
	int r = ward_uring_result(wait, cqe, exit);

	io_uring_cqe_seen(ring, cqe);
	return r;
}

static void check_end(struct io_uring *ring, struct ward_uring *wait, int code)
{
	struct ward_exit exit = WARD_EXIT_INIT;
	int r;

	while ((r = result_of_next(ring, wait, &exit)) == 0)
		begin(ring, wait);
	REQUIRE_EQ(r, 1);
	check_exited(&exit, code);
}

/* Nothing has completed. */
static void check_silent(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;

	CHECK_EQ(io_uring_peek_cqe(ring, &cqe), -EAGAIN);
}

static const uint32_t ways[] = { 0, WARD_URING_WAITID };

/* ------------------------------------------------------------------ the kernel waits */

/* Found out without the adapter: on a pidfd of its own. */
static bool able_uring_waitid(struct io_uring *ring)
{
	struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
	bool able = probe && probe->last_op >= 50 && io_uring_opcode_supported(probe, 50);

	io_uring_free_probe(probe);
	return able;
}

/* [true-status] It stays to be collected, with all that is known of it. */
TEST(the_kernel_waits_for_a_child_and_leaves_the_collecting_to_ward)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "3"), NULL);
	struct ward_exit exit = WARD_EXIT_INIT;
	struct ward_uring wait;
	struct io_uring ring;
	bool able;

	ring_open(&ring);
	able = able_uring_waitid(&ring) && has_handle(w) && able_pidfd_wait();
	init(&wait, w, WARD_URING_WAITID);
	begin(&ring, &wait);
	if (able) {
		struct io_uring_cqe *cqe = next_of(&ring, &wait);
		siginfo_t info = { 0 };

		CHECK_EQ(cqe->res, 0);
		CHECK_EQ(waitid(P_PID, (id_t)ward_pid(w), &info,
		                WEXITED | WNOWAIT | WNOHANG), 0);
		CHECK_EQ(info.si_pid, ward_pid(w));
		CHECK_EQ(ward_uring_result(&wait, cqe, &exit), 1);
		check_exited(&exit, 3);
		CHECK_EQ(exit.has_usage, 1);
		CHECK_EQ(wait.by, WARD_URING_BY_WAITID);
		io_uring_cqe_seen(&ring, cqe);
	} else {
		check_end(&ring, &wait, 3);
	}
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	expect_exit(w, 3);
	if (!able)
		SKIP("nothing but a poll can be had here; it did");
}

static void forbid_all_but_poll(struct io_uring *ring)
{
	struct io_uring_restriction allow[2] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_POLL_ADD },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_TIMEOUT },
	};

	REQUIRE_EQ(io_uring_queue_init(ENTRIES, ring, IORING_SETUP_R_DISABLED), 0);
	/* (liburing 2.3 exports no functions for these.) */
	REQUIRE_EQ(syscall(__NR_io_uring_register, ring->ring_fd,
	                   IORING_REGISTER_RESTRICTIONS, allow, 2), 0);
	REQUIRE_EQ(syscall(__NR_io_uring_register, ring->ring_fd,
	                   IORING_REGISTER_ENABLE_RINGS, NULL, 0), 0);
}

TEST(where_the_kernel_must_not_wait_the_poll_does)
{
	struct talk t = talk_start_ready(CHILD("ready", "4"), NULL);
	struct ward_uring wait;
	struct io_uring ring;

	ring_open(&ring);
	io_uring_queue_exit(&ring);
	forbid_all_but_poll(&ring);
	init(&wait, t.w, WARD_URING_WAITID);
	begin(&ring, &wait);
	CHECK_EQ(result_of_next(&ring, &wait, NULL), 0);
	CHECK_EQ(wait.by, WARD_URING_BY_POLL);
	begin(&ring, &wait);
	check_silent(&ring);
	talk_let_go(&t);
	check_end(&ring, &wait, 4);
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	talk_end(&t);
}

/* Other loops set O_NONBLOCK, and the kernel does not wait then. */
TEST(where_the_kernel_does_not_wait_the_poll_does)
{
	struct talk t = talk_start_ready(CHILD("ready", "5"), NULL);
	int fd = ward_poll_fd(t.w);
	struct ward_uring wait;
	struct io_uring ring;

	ring_open(&ring);
	REQUIRE_EQ(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
	init(&wait, t.w, WARD_URING_WAITID);
	begin(&ring, &wait);
	CHECK_EQ(result_of_next(&ring, &wait, NULL), 0);
	CHECK_EQ(wait.by, WARD_URING_BY_POLL);
	begin(&ring, &wait);
	check_silent(&ring);
	talk_let_go(&t);
	check_end(&ring, &wait, 5);
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	talk_end(&t);
}

#ifdef __linux__
TEST(the_kernel_waits_until_the_debugger_lets_go)
{
	struct talk t = talk_start_ready(CHILD("ready", "5"), NULL);
	struct tracer tracer = trace(&t);
	struct ward_uring wait;
	struct io_uring ring;

	ring_open(&ring);
	init(&wait, t.w, WARD_URING_WAITID);
	if (tracer.pid >= 0) {
		begin(&ring, &wait);
		talk_let_go(&t);
		until_zombie(&tracer);
		if (able_uring_waitid(&ring) && has_handle(t.w) && able_pidfd_wait())
			check_silent(&ring);
		end_tracing(&tracer);
		check_end(&ring, &wait, 5);
	}
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	talk_end(&t);
	if (tracer.pid < 0)
		SKIP("tracing is not permitted here");
}

static bool is_readable(struct ward *w)
{
	struct pollfd p = { .fd = ward_poll_fd(w), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* [bounded] It is a time then that is cancelled. */
TEST(a_pause_is_cancelled_as_any_wait)
{
	struct talk t = talk_start_ready(CHILD("ready", "6"), NULL);
	struct tracer tracer = trace(&t);
	struct ward_uring wait;
	struct io_uring ring;
	bool is_shown = false;

	ring_open(&ring);
	init(&wait, t.w, 0);
	if (tracer.pid >= 0) {
		begin(&ring, &wait);
		talk_let_go(&t);
		until_zombie(&tracer);
		is_shown = is_readable(t.w);
	}
	if (is_shown) {
		while (result_of_next(&ring, &wait, NULL) == 0 &&
		       wait.pause_ns < MILLISECONDS(64))
			begin(&ring, &wait);
		CHECK_EQ(wait.by, WARD_URING_BY_TIME);
		begin(&ring, &wait);
	}
	if (tracer.pid >= 0) {
		ward_uring_prep_cancel(next_sqe(&ring), &wait);
		REQUIRE(io_uring_submit(&ring) >= 0);
		CHECK_EQ(result_of_next(&ring, &wait, NULL), -ECANCELED);
		end_tracing(&tracer);
		begin(&ring, &wait);
		check_end(&ring, &wait, 6);
	}
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	talk_end(&t);
	if (!is_shown)
		SKIP("an end that is held back cannot be seen here");
}
#endif

/* -------------------------------------------------------------------------- cancelled */

/* Where it is refused it is the poll that is under way, which takes a turn. */
static void begin_for_good(struct io_uring *ring, struct ward_uring *wait)
{
	struct io_uring_cqe *cqe;

	begin(ring, wait);
	while (io_uring_peek_cqe(ring, &cqe) == 0) {
		CHECK_EQ(ward_uring_result(wait, cqe, NULL), 0);
		io_uring_cqe_seen(ring, cqe);
		begin(ring, wait);
	}
}

TEST(a_wait_that_is_cancelled_leaves_the_child_alone_and_to_be_waited_for)
{
	for (int i = 0; i < 2; i++) {
		struct talk t = talk_start_ready(CHILD("ready", "7"), NULL);
		struct ward_exit exit = WARD_EXIT_INIT;
		struct ward_uring wait, beside;
		struct io_uring ring;

		ring_open(&ring);
		init(&wait, t.w, ways[i]);
		init(&beside, t.w, ways[i]);
		begin_for_good(&ring, &wait);
		begin_for_good(&ring, &beside);
		ward_uring_prep_cancel(next_sqe(&ring), &wait);
		REQUIRE(io_uring_submit(&ring) >= 0);
		CHECK_EQ(result_of_next(&ring, &wait, &exit), -ECANCELED);
		CHECK_EQ(exit.how, 0);
		CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
		talk_let_go(&t);
		check_end(&ring, &beside, 7);
		begin(&ring, &wait);
		check_end(&ring, &wait, 7);
		ward_uring_exit(&wait);
		ward_uring_exit(&beside);
		io_uring_queue_exit(&ring);
		expect_exit(t.w, 7);
		close(t.from);
	}
}

/* The kernel's own deadline: a time that is linked to the request. */
TEST(a_time_that_is_linked_to_it_cancels_it)
{
	struct talk t = talk_start_ready(CHILD("ready", "8"), NULL);
	struct __kernel_timespec time = { 0, 1000000 };
	struct ward_uring wait;
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	ring_open(&ring);
	init(&wait, t.w, 0);
	sqe = next_sqe(&ring);
	ward_uring_prep_wait(sqe, &wait);
	sqe->flags |= IOSQE_IO_LINK;
	sqe = next_sqe(&ring);
	io_uring_prep_link_timeout(sqe, &time, 0);
	io_uring_sqe_set_data(sqe, NULL);
	REQUIRE_EQ(io_uring_submit(&ring), 2);
	CHECK_EQ(result_of_next(&ring, &wait, NULL), -ECANCELED);
	talk_let_go(&t);
	begin(&ring, &wait);
	check_end(&ring, &wait, 8);
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	talk_end(&t);
}

/* -------------------------------------------------------------------- the ring's life */

TEST(a_ring_that_is_closed_first_leaves_the_process_alone)
{
	for (int i = 0; i < 2; i++) {
		struct talk t = talk_start_ready(CHILD("ready", "9"), NULL);
		struct ward_uring *wait = malloc(sizeof(*wait));
		struct io_uring ring;

		ring_open(&ring);
		init(wait, t.w, ways[i]);
		begin_for_good(&ring, wait);
		io_uring_queue_exit(&ring);
		ward_uring_exit(wait);
		free(wait);
		CHECK_EQ(ward_wait(t.w, 0, NULL), 0);
		talk_let_go(&t);
		expect_exit(t.w, 9);
		close(t.from);
	}
}

TEST(a_wait_whose_ring_was_closed_goes_on_in_another)
{
	for (int i = 0; i < 2; i++) {
		struct talk t = talk_start_ready(CHILD("ready", "10"), NULL);
		struct ward_uring wait;
		struct io_uring ring;

		ring_open(&ring);
		init(&wait, t.w, ways[i]);
		begin_for_good(&ring, &wait);
		io_uring_queue_exit(&ring);
		ring_open(&ring);
		begin_for_good(&ring, &wait);
		talk_let_go(&t);
		check_end(&ring, &wait, 10);
		ward_uring_exit(&wait);
		io_uring_queue_exit(&ring);
		talk_end(&t);
	}
}

TEST(what_makes_no_sense_is_refused_and_nothing_is_held)
{
	struct ward *w = spawn_or_fail(CHILD("exit", "11"), NULL);
	struct ward_uring wait = { .data = w };

	CHECK_EQ(ward_uring_init(&wait, NULL, 0), -EINVAL);
	CHECK_EQ(ward_uring_init(&wait, w, 2), -EINVAL);
	CHECK(wait.ward == NULL && wait.data == w);
	ward_uring_exit(&wait);
	ward_uring_exit(NULL);
	expect_exit(w, 11);
}

/* What the kernel has against a request is told, and not asked for again and again. */
TEST(a_request_that_is_refused_is_told)
{
	struct talk t = talk_start_ready(CHILD("ready", "12"), NULL);
	struct ward_uring wait;
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	ring_open(&ring);
	init(&wait, t.w, 0);
	sqe = next_sqe(&ring);
	ward_uring_prep_wait(sqe, &wait);
	sqe->fd = -1;
	REQUIRE(io_uring_submit(&ring) >= 0);
	CHECK_EQ(result_of_next(&ring, &wait, NULL), -EBADF);
	ward_uring_exit(&wait);
	io_uring_queue_exit(&ring);
	talk_end(&t);
}

/* ------------------------------------------------------------------------ a set in it */

TEST(a_set_with_all_that_it_does_is_one_descriptor)
{
	struct queue queue;
	struct io_uring ring;
	bool is_over = false;

	ring_open(&ring);
	queue = queue_start();
	while (!is_over) {
		struct io_uring_cqe *cqe;

		io_uring_prep_poll_add(next_sqe(&ring), ward_set_fd(queue.set), POLLIN);
		REQUIRE_EQ(io_uring_submit(&ring), 1);
		REQUIRE_EQ(ring_wait(&ring, &cqe), 0);
		io_uring_cqe_seen(&ring, cqe);
		is_over = queue_take(&queue);
	}
	queue_end(&queue);
	io_uring_queue_exit(&ring);
}
