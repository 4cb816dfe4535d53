/* SPDX-License-Identifier: MIT */
/*
 * ward for C++20: a loop that tasks wait in for processes and for time, over one ward_set
 * and in one thread. What is hard: a task that has its turn may destroy any other, start
 * some, and throw. The loop therefore holds nothing across a turn but its lists.
 *
 * Without coroutines this header is empty.
 */
#ifndef WARD_CPP_LOOP_HPP
#define WARD_CPP_LOOP_HPP

#include "waiter.hpp"

#if WARD_CPP_COROUTINES

#include "set.hpp"
#include "task.hpp"

#include <unordered_map>
#include <vector>

namespace wards {

/*
 * Where tasks wait. For one thread; it outlives the tasks that wait in it. Between two
 * waits a task runs undisturbed, and holds up all others.   Since 0.1.
 */
class loop : private detail::group {
public:
	explicit loop(set over) noexcept : set_(std::move(over))
	{
	}

#if WARD_CPP_EXCEPTIONS
	loop() : set_()
	{
	}
#endif

	loop(const loop &) = delete;
	loop &operator=(const loop &) = delete;

	~loop()
	{
		started_.clear();
	}

	/*
	 * Run a task to its end; what was started runs meanwhile. It throws what the task
	 * throws, or a started one. -EDEADLK: everybody waits, and for nothing that a
	 * loop knows of; -EBUSY: a task of this very loop calls it. When it fails the
	 * task is destroyed; what was started stays.
	 */
	template <class T> result<T> try_run(task<T> main)
	{
		const in_turn turn(*this, &main.get().promise());
		int r = turn.is_mine() ? 0 : -EBUSY;

		if (r == 0)
			main.get().resume();
		while (r == 0 && !main_is_over_)
			r = step();
		if (r < 0)
			return failure(r);
		if constexpr (std::is_void_v<T>)
			return main.get().promise().take(), result<void>();
		else
			return main.get().promise().take();
	}

	/* Run until all that was started is over. */
	result<void> try_run()
	{
		const in_turn turn(*this, nullptr);
		int r = turn.is_mine() ? 0 : -EBUSY;

		for (sweep(); r == 0 && !started_.empty(); sweep())
			r = step();
		return detail::done(r);
	}

#if WARD_CPP_EXCEPTIONS
	template <class T> T run(task<T> main)
	{
		return try_run(std::move(main)).value();
	}

	void run()
	{
		try_run().value();
	}
#endif

	/* A task that nobody awaits: it begins now, goes on in run(), and is destroyed
	 * with the loop at the latest. */
	void start(task<> background)
	{
		detail::promise_base *p = &background.get().promise();
		const auto h = background.get();

		make_room();
		started_.emplace(p, std::move(background));
		p->set_group(this);
		h.resume();
	}

	/* To co_await: go on after that time; 0: when all others had their turn. */
	sleeping sleep(timeout time) noexcept
	{
		return sleeping(*this, time);
	}

	/* How many processes are waited for. */
	std::size_t waiting() const noexcept
	{
		return by_ward_.size();
	}

private:
	friend class detail::waiter;
	using clock = std::chrono::steady_clock;
	using waiter = detail::waiter;

	std::coroutine_handle<> over(detail::promise_base *which) noexcept override
	{
		if (which == main_)
			main_is_over_ = true;
		else
			over_.push_back(which);
		return std::noop_coroutine();
	}

	/* While a run is under way. */
	class in_turn {
	public:
		in_turn(loop &of, detail::promise_base *main) noexcept
		    : of_(of), is_mine_(!of.is_running_)
		{
			if (!is_mine_)
				return;
			of.is_running_ = true;
			of.main_ = main;
			of.main_is_over_ = false;
			if (main)
				main->set_group(&of);
		}

		~in_turn()
		{
			if (!is_mine_)
				return;
			of_.is_running_ = false;
			of_.main_ = nullptr;
		}

		in_turn(const in_turn &) = delete;
		in_turn &operator=(const in_turn &) = delete;

		bool is_mine() const noexcept
		{
			return is_mine_;
		}

	private:
		loop &of_;
		bool is_mine_;
	};

	/* One turn of somebody; where nobody can have one, wait. */
	int step()
	{
		sweep();
		if (!ready_.is_alone()) {
			waiter *next = static_cast<waiter *>(ready_.next());

			next->leave();
			next->who_.resume();
			return 0;
		}
		if (by_ward_.empty() && timers_.empty())
			return -EDEADLK;
		return pass_time();
	}

	/* So that the end of a task needs no memory. */
	void make_room()
	{
		const std::size_t all = started_.size() + 1;

		if (over_.capacity() < all)
			over_.reserve(2 * all);
	}

	/* What was started and is over. */
	void sweep()
	{
		while (!over_.empty()) {
			const auto done = started_.find(over_.back());
			const task<> t = std::move(done->second);

			over_.pop_back();
			started_.erase(done);
			t.get().promise().take();
		}
	}

	int pass_time()
	{
		timeout left = forever;

		if (!timers_.empty())
			left = timeout::until(timers_.begin()->first);
		const result<bool> came = set_.try_wait(event_, left);
		if (!came)
			return came.error().code();
		if (*came)
			tell();
		if (!timers_.empty())
			ring();
		return 0;
	}

	/* All that wait for this process have their turn. */
	void tell() noexcept
	{
		detail::watched *of = static_cast<detail::watched *>(event_.cookie());

		if (event_.what() != WARD_EVENT_ENDED)
			return;
		while (!of->waiters.is_alone()) {
			waiter *next = static_cast<waiter *>(of->waiters.next());

			next->end_ = event_.c().exit;
			wake(*next, event_.c().code < 0 ? event_.c().code : 1);
		}
		by_ward_.erase(of->w);
	}

	void ring() noexcept
	{
		const clock::time_point now = clock::now();

		while (!timers_.empty() && timers_.begin()->first <= now)
			give_up_on(*timers_.begin()->second);
	}

	/* Its time is up; who waits for the process no longer leaves the set. */
	void give_up_on(waiter &w) noexcept
	{
		detail::watched *of = w.watched_;

		wake(w, 0);
		unwatch(of);
	}

	void wake(waiter &w, int said) noexcept
	{
		w.said_ = said;
		w.watched_ = nullptr;
		stop_timer(w);
		w.move_to(ready_);
	}

	void stop_timer(waiter &w) noexcept
	{
		if (w.timer_)
			timers_.erase(*w.timer_);
		w.timer_.reset();
	}

	/* The last one that waited for it has gone. */
	void unwatch(detail::watched *of) noexcept
	{
		if (!of || !of->waiters.is_alone())
			return;
		ward_set_remove(set_.get(), of->w);
		by_ward_.erase(of->w);
	}

	/* 0, or why it cannot be waited for. */
	int watch(waiter &w)
	{
		detail::watched &of = by_ward_[w.p_.get()];
		int r = 0;

		if (!of.w) {
			of.w = w.p_.get();
			r = ward_set_add(set_.get(), of.w, &of, nullptr);
		}
		if (r < 0) {
			by_ward_.erase(w.p_.get());
			return r;
		}
		w.watched_ = &of;
		w.move_to(of.waiters);
		return 0;
	}

	set set_;
	event event_;
	detail::link ready_;
	waiter::timers timers_;
	std::unordered_map<struct ward *, detail::watched> by_ward_;
	std::unordered_map<detail::promise_base *, task<>> started_;
	std::vector<detail::promise_base *> over_;
	detail::promise_base *main_ = nullptr;
	bool main_is_over_ = false, is_running_ = false;
};

namespace detail {

inline bool waiter::await_suspend(std::coroutine_handle<> who)
{
	who_ = who;
	if (!time_.is_forever())
		timer_ = loop_.timers_.emplace(time_.from_now(), this);
	if (p_)
		said_ = loop_.watch(*this);
	if (said_ < 0)
		loop_.stop_timer(*this);
	return said_ >= 0;
}

inline void waiter::forget() noexcept
{
	watched *of = std::exchange(watched_, nullptr);

	leave();
	loop_.stop_timer(*this);
	loop_.unwatch(of);
}

} /* namespace detail */

#if WARD_CPP_EXCEPTIONS
inline ending process::wait(loop &in) const noexcept
{
	return ending(in, ref());
}

inline timed_ending process::wait(loop &in, timeout time) const noexcept
{
	return timed_ending(in, ref(), time);
}
#endif

inline tried_ending process::try_wait(loop &in, timeout time) const noexcept
{
	return tried_ending(in, ref(), time);
}

namespace detail {

inline task<> nap(loop &in, timeout time)
{
	co_await in.sleep(time);
}

} /* namespace detail */

/*
 * A task with a time-out: empty when that comes first, and the task is destroyed then.
 *                                                                          Since 0.1.
 */
template <class T>
task<std::optional<detail::stored<T>>> within(loop &in, timeout time, task<T> work)
{
	auto first = co_await when_any(std::move(work), detail::nap(in, time));

	if (first.index() == 1)
		co_return std::nullopt;
	co_return std::move(std::get<0>(first));
}

/*
 * The end of a process in anybody's loop: readable(fd) gives what can be awaited until
 * the descriptor is readable (process::poll_fd). Whatever framework can tell that will
 * do; the task is resumed by it. Not on Windows, which has no such descriptor: use
 * ward_windows_event.   Since 0.1.
 */
template <class Readable>
task<result<exit_status>> try_wait_by(process p, Readable readable)
{
	const result<int> fd = p.try_poll_fd();

	if (!fd)
		co_return fd.error();
	for (;;) {
		co_await readable(*fd);
		/* A debugger may hold the status back of what is readable: go easy. */
		const auto r = p.try_wait(std::chrono::milliseconds(1));

		if (!r)
			co_return r.error();
		if (*r)
			co_return **r;
	}
}

#if WARD_CPP_EXCEPTIONS
template <class Readable> task<exit_status> wait_by(process p, Readable readable)
{
	result<exit_status> r = co_await try_wait_by(std::move(p), std::move(readable));

	co_return r.value();
}
#endif

} /* namespace wards */

#endif
#endif
