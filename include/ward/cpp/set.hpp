/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: many processes, watched together (ward_set(3)). What is hard: a process
 * that a set started is owned by nobody until its event was taken; the event owns it
 * then, so that it is not lost when the event is not looked at.
 */
#ifndef WARD_CPP_SET_HPP
#define WARD_CPP_SET_HPP

#include "command.hpp"
#include "process.hpp"

#include <vector>

namespace wards {

/*
 * How a process of a set is watched (struct ward_watch_opts); by default only its end is
 * told of.   Since 0.1.
 */
class watch {
public:
	watch() noexcept
	{
		c_.size = sizeof(c_);
	}

	/* Tell of its output, as it comes; in lines, in pieces of at most so many
	 * bytes. */
	watch &output() noexcept
	{
		return flags(WARD_WATCH_OUTPUT);
	}

	watch &lines(std::size_t limit = 0) noexcept
	{
		c_.line_limit = limit;
		return flags(WARD_WATCH_LINES);
	}

	/* When the time is up it is stopped, as by process::stop. */
	watch &deadline(timeout time, std::vector<stop_step> steps = {})
	{
		c_.timeout_ns = time.is_forever() ? 0 : time.ns() == 0 ? 1 : time.ns();
		steps_ = std::move(steps);
		return *this;
	}

	/* WARD_WATCH_TELL, WARD_WATCH_THREAD. */
	watch &flags(std::uint64_t more) noexcept
	{
		c_.flags |= more;
		return *this;
	}

	/* It points into this object. */
	::ward_watch_opts c() const noexcept
	{
		::ward_watch_opts c = c_;

		if (!steps_.empty()) {
			c.stop = steps_.data();
			c.n_stop = steps_.size();
		}
		return c;
	}

private:
	::ward_watch_opts c_ = ::ward_watch_opts();
	std::vector<stop_step> steps_;
};

/*
 * One event of a set, to be used again and again. What started and was not taken is given
 * up when the next event comes.   Since 0.1.
 */
class event {
public:
	/* room: bytes for output; 0 is fine as long as none is watched. */
	explicit event(std::size_t room = 0) : buffer_(room)
	{
	}

	event(event &&) = default;
	event &operator=(event &&) = default;

	/* WARD_EVENT_*. */
	int what() const noexcept
	{
		return c_.what;
	}

	/* As it was given to set::add or set::spawn. */
	void *cookie() const noexcept
	{
		return c_.cookie;
	}

	/* Whose event it is, lent; NULL when there is none. */
	struct ward *get() const noexcept
	{
		return c_.ward;
	}

	/* Of STARTED: the process, to be kept for as long as it is of interest; once. */
	process take() noexcept
	{
		return std::move(started_);
	}

	/* Of OUTPUT and LINE: what came, until the next event; on which descriptor. */
	std::string_view text() const noexcept
	{
		if (c_.what != WARD_EVENT_OUTPUT && c_.what != WARD_EVENT_LINE)
			return {};
		return std::string_view(buffer_.data(), c_.length);
	}

	int fd() const noexcept
	{
		return c_.fd;
	}

	/* Of ENDED: how; empty when its end cannot be waited for any more. */
	std::optional<exit_status> exit() const noexcept
	{
		if (c_.what != WARD_EVENT_ENDED || c_.code < 0)
			return std::nullopt;
		return exit_status(c_.exit);
	}

	/* Nothing more comes of this process. */
	bool last() const noexcept
	{
		return (c_.flags & WARD_EVENT_LAST) != 0;
	}

	/* Why, of what failed; of FAILED with the step. Code 0: nothing did. */
	failure why() const noexcept
	{
		::ward_error e = WARD_ERROR_INIT;

		e.step = c_.step;
		e.code = c_.code;
		e.os_error = -c_.code;
		e.number = -1;
		return failure(e);
	}

	const ::ward_event &c() const noexcept
	{
		return c_;
	}

private:
	friend class set;

	static ::ward_event fresh() noexcept
	{
		::ward_event c = WARD_EVENT_INIT;

		return c;
	}

	::ward_event *into() noexcept
	{
		started_.close();
		c_ = fresh();
		c_.buffer = buffer_.empty() ? nullptr : buffer_.data();
		c_.room = buffer_.size();
		return &c_;
	}

	void came() noexcept
	{
		if (c_.what == WARD_EVENT_STARTED)
			started_ = process(c_.ward);
	}

	::ward_event c_ = fresh();
	std::vector<char> buffer_;
	process started_;
};

/* Limits of a set on what it starts; 0: none.   Since 0.1. */
struct set_limits {
	std::size_t max_alive = 0;            /* that many run at once */
	std::uint32_t starts_per_second = 0;
};

/*
 * Many processes, watched together. Moved, not copied. Any thread may use it at any time,
 * several may wait on it, each with an event of its own.   Since 0.1.
 */
class set {
public:
	set(set &&other) noexcept : c_(other.release())
	{
	}

	set &operator=(set &&other) noexcept
	{
		if (this != &other) {
			ward_set_close(c_);
			c_ = other.release();
		}
		return *this;
	}

	/* Processes that are in it live on, watched by nobody. */
	~set()
	{
		ward_set_close(c_);
	}

	static result<set> try_make(set_limits limits = {}) noexcept
	{
		::ward_set_opts opts = ::ward_set_opts();
		struct ward_set *c = nullptr;
		int r = 0;

		opts.size = sizeof(opts);
		opts.max_alive = limits.max_alive;
		opts.starts_per_second = limits.starts_per_second;
		r = ward_set_new(&c, &opts);
		if (r < 0)
			return failure(r);
		return set(c);
	}

	struct ward_set *get() const noexcept
	{
		return c_;
	}

	struct ward_set *release() noexcept
	{
		return std::exchange(c_, nullptr);
	}

	/* Watch it; -EEXIST: it is in the set. It stays yours, and closing it takes it
	 * out. */
	result<void> try_add(const process &p, void *cookie = nullptr,
	                     const watch &how = {}) noexcept
	{
		const ::ward_watch_opts opts = how.c();

		return detail::done(ward_set_add(c_, p.get(), cookie, &opts));
	}

	/* No event of it comes after this. */
	result<void> try_remove(const process &p) noexcept
	{
		return detail::done(ward_set_remove(c_, p.get()));
	}

	/* Start it as soon as the limits allow: ward_set_spawn. Descriptors that it names
	 * stay open until STARTED or FAILED; the command itself is copied. */
	result<void> try_spawn(const command &what, void *cookie = nullptr,
	                       const watch &how = {}) noexcept
	{
		return detail::bounded([&]() -> result<void> {
			const ::ward_watch_opts opts = how.c();
			start begin(what, start::later);
			int r = begin.check();

			if (r == 0)
				r = ward_set_spawn(c_, begin.argv(), begin.c(), cookie,
				                   &opts);
			return detail::done(r);
		});
	}

	/* The next event; false: time-out, or wake(). */
	result<bool> try_wait(event &into, timeout time = forever) noexcept
	{
		const int r = ward_set_wait(c_, time.ns(), into.into());

		if (r < 0)
			return failure(r);
		if (r > 0)
			into.came();
		return r > 0;
	}

	/* What still comes: 0, nothing. */
	std::int64_t count() const noexcept
	{
		return ward_set_count(c_);
	}

	/* Those that wait now return; else the next one does. */
	void wake() noexcept
	{
		ward_set_wake(c_);
	}

	/* Begin to stop it, as process::stop would; wait() goes on with it. */
	result<void> try_stop(const process &p) noexcept
	{
		return detail::done(ward_set_stop(c_, p.get(), nullptr, 0));
	}

	result<void> try_stop(const process &p,
	                      std::initializer_list<stop_step> steps) noexcept
	{
		return detail::done(
			ward_set_stop(c_, p.get(), steps.begin(), steps.size()));
	}

	/* Another deadline, from now. */
	result<void> try_deadline(const process &p, timeout time) noexcept
	{
		return detail::done(ward_set_deadline(c_, p.get(), time.ns()));
	}

	/* Lent; readable when a wait of no time is worth a call. */
	result<int> try_fd() noexcept
	{
		const int r = ward_set_fd(c_);

		if (r < 0)
			return failure(r);
		return r;
	}

#if WARD_CPP_EXCEPTIONS
	explicit set(set_limits limits = {}) : set(try_make(limits).value())
	{
	}

	void add(const process &p, void *cookie = nullptr, const watch &how = {})
	{
		try_add(p, cookie, how).value();
	}

	void remove(const process &p)
	{
		try_remove(p).value();
	}

	void spawn(const command &what, void *cookie = nullptr, const watch &how = {})
	{
		try_spawn(what, cookie, how).value();
	}

	bool wait(event &into, timeout time = forever)
	{
		return try_wait(into, time).value();
	}

	void stop(const process &p)
	{
		try_stop(p).value();
	}

	void stop(const process &p, std::initializer_list<stop_step> steps)
	{
		try_stop(p, steps).value();
	}

	void deadline(const process &p, timeout time)
	{
		try_deadline(p, time).value();
	}

	int fd()
	{
		return try_fd().value();
	}
#endif

private:
	explicit set(struct ward_set *c) noexcept : c_(c)
	{
	}

	struct ward_set *c_;
};

} /* namespace wards */

#endif
