/* SPDX-License-Identifier: MIT */
/*
 * ward for C++20: what a task awaits in a loop. What is hard: who waits may be destroyed
 * at any moment, also between the event that he waited for and his turn. What waits is
 * therefore an object in the frame of its task, linked into the lists of the loop, that
 * takes itself out when it goes.
 *
 * Without coroutines this header is empty.
 */
#ifndef WARD_CPP_WAITER_HPP
#define WARD_CPP_WAITER_HPP

#include "error.hpp"

#if WARD_CPP_COROUTINES

#include "process.hpp"

#include <chrono>
#include <coroutine>
#include <map>
#include <optional>

namespace wards {

class loop;

namespace detail {

/* A member of a list, or the list. */
class link {
public:
	link() noexcept = default;
	link(const link &) = delete;
	link &operator=(const link &) = delete;

	~link()
	{
		leave();
	}

	bool is_alone() const noexcept
	{
		return next_ == this;
	}

	link *next() const noexcept
	{
		return next_;
	}

	void leave() noexcept
	{
		before_->next_ = next_;
		next_->before_ = before_;
		before_ = next_ = this;
	}

	/* From wherever it is to the end of a list. */
	void move_to(link &list) noexcept
	{
		leave();
		before_ = list.before_;
		next_ = &list;
		before_->next_ = this;
		list.before_ = this;
	}

private:
	link *before_ = this, *next_ = this;
};

/* A process in the set, for all that wait for it. */
struct watched {
	struct ward *w = nullptr;
	link waiters;
};

/* What waits in a loop: for the end of a process, for a time, for both. */
class waiter : private link {
public:
	/* For that process; of none, and of what a moved one has left, that is -EINVAL.
	 *  */
	waiter(loop &in, process p, timeout time) noexcept
	    : loop_(in), p_(std::move(p)), time_(time), said_(p_ ? 0 : -EINVAL)
	{
	}

	/* For that time. */
	waiter(loop &in, timeout time) noexcept : loop_(in), time_(time)
	{
	}

	~waiter()
	{
		forget();
	}

	waiter(const waiter &) = delete;
	waiter &operator=(const waiter &) = delete;

	/* What has ended already costs nothing. */
	bool await_ready() noexcept
	{
		if (p_)
			said_ = ward_wait(p_.get(), 0, &end_);
		return said_ != 0;
	}

	/* False: it cannot wait, and await_resume says why. */
	bool await_suspend(std::coroutine_handle<> who);

protected:
	/* 1, it has ended; 0, time-out; or a negative errno. */
	int said() const noexcept
	{
		return said_;
	}

	const ::ward_exit &end() const noexcept
	{
		return end_;
	}

private:
	friend class wards::loop;
	using clock = std::chrono::steady_clock;
	using timers = std::multimap<clock::time_point, waiter *>;

	void forget() noexcept;

	loop &loop_;
	process p_;                           /* an owner of its own, while it waits */
	timeout time_;
	std::coroutine_handle<> who_;
	watched *watched_ = nullptr;
	std::optional<timers::iterator> timer_;
	int said_ = 0;
	::ward_exit end_ = WARD_EXIT_INIT;
};

} /* namespace detail */

#if WARD_CPP_EXCEPTIONS
/* What process::wait(loop) gives, to be awaited at once.   Since 0.1. */
class [[nodiscard]] ending : public detail::waiter {
public:
	ending(loop &in, process p) noexcept : waiter(in, std::move(p), forever)
	{
	}

	exit_status await_resume() const
	{
		if (said() < 0)
			detail::raise(failure(said()));
		return exit_status(end());
	}
};

/* With a time-out: empty when it comes first.   Since 0.1. */
class [[nodiscard]] timed_ending : public detail::waiter {
public:
	timed_ending(loop &in, process p, timeout time) noexcept
	    : waiter(in, std::move(p), time)
	{
	}

	std::optional<exit_status> await_resume() const
	{
		if (said() < 0)
			detail::raise(failure(said()));
		return said() == 0 ? std::nullopt : std::optional<exit_status>(end());
	}
};

#endif

/* The same without exceptions.   Since 0.1. */
class [[nodiscard]] tried_ending : public detail::waiter {
public:
	tried_ending(loop &in, process p, timeout time) noexcept
	    : waiter(in, std::move(p), time)
	{
	}

	result<std::optional<exit_status>> await_resume() const noexcept
	{
		if (said() < 0)
			return failure(said());
		return said() == 0 ? std::nullopt : std::optional<exit_status>(end());
	}
};

/* What loop::sleep gives.   Since 0.1. */
class [[nodiscard]] sleeping : public detail::waiter {
public:
	sleeping(loop &in, timeout time) noexcept : waiter(in, time)
	{
	}

	void await_resume() const noexcept
	{
	}
};

} /* namespace wards */

#endif
#endif
