/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: one process, held. What is hard: nothing of what <ward.h> promises may
 * get lost on the way, so that each member is one call of C, and all that it says comes
 * back.
 */
#ifndef WARD_CPP_PROCESS_HPP
#define WARD_CPP_PROCESS_HPP

#include "error.hpp"
#include "exit.hpp"
#include "timeout.hpp"

#include <initializer_list>
#include <string_view>

namespace wards {

/* One step of stopping: send a signal (0: none), give it time.   Since 0.1. */
struct stop_step : ::ward_stop_step {
	stop_step(int signal_, timeout time, std::uint32_t flags_ = 0) noexcept
	    : ::ward_stop_step()
	{
		signal = signal_;
		flags = flags_;
		timeout_ns = time.ns();
	}
};
static_assert(sizeof(stop_step) == sizeof(::ward_stop_step),
              "an array of one is of both");

/* How a stop went.   Since 0.1. */
struct stopped {
	int step;                             /* from 1; 0: it had ended before */
	exit_status exit;
};

class loop;                                   /* of C++20: <ward/cpp/loop.hpp> */
class ending;
class timed_ending;
class tried_ending;

/*
 * One process in your care. Moved, not copied; ref() makes another owner. The destructor
 * does what on_close of the start said: by default the process lives on.
 *
 * Every function has a variant try_ that does not throw. Any thread may call any function
 * on the same process at the same time, but for those that change which one it is
 * (moving, close, release). An empty one (moved from) answers -EINVAL.   Since 0.1.
 */
class process {
public:
	process() noexcept = default;

	/* Take over a ward from C; it is closed from here. */
	explicit process(struct ward *w) noexcept : w_(w)
	{
	}

	process(process &&other) noexcept : w_(other.release())
	{
	}

	process &operator=(process &&other) noexcept
	{
		if (this != &other) {
			close();
			w_ = other.release();
		}
		return *this;
	}

	~process()
	{
		close();
	}

	/* ward_close, now. */
	void close() noexcept
	{
		ward_close(release());
	}

	/* Another owner of the same ward: ward_ref. */
	process ref() const noexcept
	{
		return process(w_ ? ward_ref(w_) : nullptr);
	}

	/* The ward, lent, for the functions of C; given away, to be closed by
	 * ward_close. */
	struct ward *get() const noexcept
	{
		return w_;
	}

	struct ward *release() noexcept
	{
		return std::exchange(w_, nullptr);
	}

	explicit operator bool() const noexcept
	{
		return w_ != nullptr;
	}

	/* ---------------------------------------------------------------- getting one */

	/* A process that runs already: ward_open. */
	static result<process> try_open(std::int64_t pid,
	                                std::uint32_t flags = 0) noexcept
	{
		struct ward *w = nullptr;
		const int r = ward_open(&w, pid, flags);

		return from(r, w);
	}

	/* The very one that was written down, or none: ward_open_id. */
	static result<process> try_open(const wards::identity &id) noexcept
	{
		struct ward *w = nullptr;
		const int r = ward_open_id(&w, &id.c());

		return from(r, w);
	}

	/* From a connected unix socket: ward_recv; its other end: ward_peer. */
	static result<process> try_recv(int socket, timeout time = forever) noexcept
	{
		struct ward *w = nullptr;
		const int r = ward_recv(&w, socket, time.ns());

		return from(r, w);
	}

	static result<process> try_peer(int socket) noexcept
	{
		struct ward *w = nullptr;
		const int r = ward_peer(&w, socket);

		return from(r, w);
	}

	/* -------------------------------------------------------------------- waiting */

	result<exit_status> try_wait() const noexcept
	{
		::ward_exit end = WARD_EXIT_INIT;
		const int r = ward_wait(w_, WARD_FOREVER, &end);

		if (r < 0)
			return failure(r);
		return exit_status(end);
	}

	/* Empty: it has not ended when the time is up. */
	result<std::optional<exit_status>> try_wait(timeout time) const noexcept
	{
		::ward_exit end = WARD_EXIT_INIT;
		const int r = ward_wait(w_, time.ns(), &end);

		if (r < 0)
			return failure(r);
		return r == 0 ? std::nullopt : std::optional<exit_status>(end);
	}

	/* To co_await, with coroutines. */
	tried_ending try_wait(loop &in, timeout time = forever) const noexcept;

	/* Lent; readable when it has ended: ward_poll_fd. */
	result<int> try_poll_fd() const noexcept
	{
		return number(ward_poll_fd(w_));
	}

	/* ---------------------------------------------------------- signals, stopping */

	result<void> try_signal(int sig) const noexcept
	{
		return detail::done(ward_signal(w_, sig));
	}

	result<void> try_signal_group(int sig) const noexcept
	{
		return detail::done(ward_signal_group(w_, sig));
	}

	/* SIGTERM (and SIGCONT) and 5 s, then SIGKILL; or these steps in turn.
	 * -ETIMEDOUT: it still runs after the last one. */
	result<stopped> try_stop() const noexcept
	{
		return stop_by(nullptr, 0);
	}

	result<stopped> try_stop(std::initializer_list<stop_step> steps) const noexcept
	{
		return stop_by(steps.begin(), steps.size());
	}

	result<stopped> try_stop(const stop_step *steps, std::size_t n) const noexcept
	{
		return stop_by(steps, n);
	}

	/* ------------------------------------------------------------------ questions */

	/* To show to people; 0 when it is not visible from here. */
	std::int64_t pid() const noexcept
	{
		return ward_pid(w_);
	}

	/* How strongly it is held: WARD_HOLD_*. */
	int hold() const noexcept
	{
		return ward_hold(w_);
	}

	result<struct ::ward_info> try_info() const noexcept
	{
		struct ::ward_info info = WARD_INFO_INIT;
		const int r = ward_info(w_, &info);

		if (r < 0)
			return failure(r);
		return info;
	}

	result<wards::identity> try_identity() const noexcept
	{
		::ward_id id = WARD_ID_INIT;
		const int r = ward_identity(w_, &id);

		if (r < 0)
			return failure(r);
		return wards::identity(id);
	}

	result<void> try_send(int socket, timeout time = forever) const noexcept
	{
		return detail::done(ward_send(w_, socket, time.ns()));
	}

	/* ----------------------------------------------------------- input and output */

	/* Up to size bytes of what the child wrote to its descriptor fd; 0 at the end.
	 * -ETIMEDOUT: not one byte in time. */
	result<std::size_t> try_read(int fd, void *buf, std::size_t size,
	                             timeout time = forever) const noexcept
	{
		return count(ward_read(w_, fd, buf, size, time.ns()));
	}

	/* How many bytes were taken: fewer when the time is up, -ETIMEDOUT for none. */
	result<std::size_t> try_write(int fd, std::string_view data,
	                              timeout time = forever) const noexcept
	{
		if (data.empty())
			return std::size_t(0);
		return count(ward_write(w_, fd, data.data(), data.size(), time.ns()));
	}

	/* Write on what the child has not taken of memory yet; false: time-out. */
	result<bool> try_feed(timeout time = forever) const noexcept
	{
		const int r = ward_feed(w_, time.ns());

		if (r < 0)
			return failure(r);
		return r == 1;
	}

	result<void> try_end_input(int fd = 0) const noexcept
	{
		return detail::done(ward_end_input(w_, fd));
	}

	result<void> try_close_fd(int fd) const noexcept
	{
		return detail::done(ward_close_fd(w_, fd));
	}

	/* Our end of the child's descriptor: lent; given away, to be closed by the
	 * caller. */
	result<int> try_fd(int fd) const noexcept
	{
		return number(ward_fd(w_, fd));
	}

	result<int> try_take_fd(int fd) const noexcept
	{
		return number(ward_take_fd(w_, fd));
	}

	result<void> try_resize(int rows, int columns) const noexcept
	{
		return detail::done(ward_resize(w_, rows, columns));
	}

#if WARD_CPP_EXCEPTIONS
	/* -------------------------------------------- the same, throwing wards::error */

	static process open(std::int64_t pid, std::uint32_t flags = 0)
	{
		return try_open(pid, flags).value();
	}

	static process open(const wards::identity &id)
	{
		return try_open(id).value();
	}

	static process recv(int socket, timeout time = forever)
	{
		return try_recv(socket, time).value();
	}

	static process peer(int socket)
	{
		return try_peer(socket).value();
	}

	exit_status wait() const
	{
		return try_wait().value();
	}

	std::optional<exit_status> wait(timeout time) const
	{
		return try_wait(time).value();
	}

	ending wait(loop &in) const noexcept;
	timed_ending wait(loop &in, timeout time) const noexcept;

	int poll_fd() const
	{
		return try_poll_fd().value();
	}

	void signal(int sig) const
	{
		try_signal(sig).value();
	}

	void signal_group(int sig) const
	{
		try_signal_group(sig).value();
	}

	stopped stop() const
	{
		return try_stop().value();
	}

	stopped stop(std::initializer_list<stop_step> steps) const
	{
		return try_stop(steps).value();
	}

	stopped stop(const stop_step *steps, std::size_t n) const
	{
		return try_stop(steps, n).value();
	}

	struct ::ward_info info() const
	{
		return try_info().value();
	}

	wards::identity identity() const
	{
		return try_identity().value();
	}

	void send(int socket, timeout time = forever) const
	{
		try_send(socket, time).value();
	}

	/* Empty: time-out. */
	std::optional<std::size_t> read(int fd, void *buf, std::size_t size,
	                                timeout time = forever) const
	{
		return unless_late(try_read(fd, buf, size, time));
	}

	/* 0: time-out. */
	std::size_t write(int fd, std::string_view data, timeout time = forever) const
	{
		return unless_late(try_write(fd, data, time)).value_or(0);
	}

	bool feed(timeout time = forever) const
	{
		return try_feed(time).value();
	}

	void end_input(int fd = 0) const
	{
		try_end_input(fd).value();
	}

	void close_fd(int fd) const
	{
		try_close_fd(fd).value();
	}

	int fd(int fd) const
	{
		return try_fd(fd).value();
	}

	int take_fd(int fd) const
	{
		return try_take_fd(fd).value();
	}

	void resize(int rows, int columns) const
	{
		try_resize(rows, columns).value();
	}
#endif

private:
	static result<process> from(int r, struct ward *w) noexcept
	{
		if (r < 0)
			return failure(r);
		return process(w);
	}

	static result<int> number(int r) noexcept
	{
		if (r < 0)
			return failure(r);
		return r;
	}

	static result<std::size_t> count(std::int64_t n) noexcept
	{
		if (n < 0)
			return failure(static_cast<int>(n));
		return static_cast<std::size_t>(n);
	}

	static std::optional<std::size_t> unless_late(const result<std::size_t> &r)
	{
		if (!r && r.error().code() == -ETIMEDOUT)
			return std::nullopt;
		return r.value();
	}

	result<stopped> stop_by(const ::ward_stop_step *steps,
	                        std::size_t n) const noexcept
	{
		::ward_exit end = WARD_EXIT_INIT;
		const int r = ward_stop(w_, steps, n, &end);

		if (r < 0)
			return failure(r);
		return stopped{ r, exit_status(end) };
	}

	struct ward *w_ = nullptr;
};

} /* namespace wards */

#endif
