/* SPDX-License-Identifier: MIT */
/*
 * ward for C++20: a lazy task, and several of them at once. What is hard: a task that is
 * destroyed while it waits must leave nothing behind. Nobody points at a task but who
 * awaits it, and what it waits for itself lies in its own frame and goes with it.
 *
 * All of one tree of tasks runs in one thread. Without coroutines this header is empty.
 */
#ifndef WARD_CPP_TASK_HPP
#define WARD_CPP_TASK_HPP

#include "error.hpp"

#if WARD_CPP_COROUTINES

#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>
#include <vector>

namespace wards {

template <class T> class task;

namespace detail {

class promise_base;

/* Tasks that are awaited together: what to go on with when one of them is over. */
class group {
public:
	virtual std::coroutine_handle<> over(promise_base *which) noexcept = 0;

protected:
	~group() = default;
};

/* What a void task gives, where something has to be given. */
template <class T>
using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

class promise_base {
public:
	std::suspend_always initial_suspend() const noexcept
	{
		return {};
	}

	struct final_awaiter {
		bool await_ready() const noexcept
		{
			return false;
		}

		template <class Promise>
		std::coroutine_handle<>
		await_suspend(std::coroutine_handle<Promise> done) const noexcept
		{
			promise_base &p = done.promise();

			if (p.group_)
				return p.group_->over(&p);
			return p.next_ ? p.next_ : std::noop_coroutine();
		}

		void await_resume() const noexcept
		{
		}
	};

	final_awaiter final_suspend() const noexcept
	{
		return {};
	}

	/* Who awaits it: one, or a group. */
	void set_next(std::coroutine_handle<> next) noexcept
	{
		next_ = next;
	}

	void set_group(group *g) noexcept
	{
		group_ = g;
	}

private:
	std::coroutine_handle<> next_;
	group *group_ = nullptr;
};

template <class T> class promise_of : public promise_base {
public:
	/* What it came to; once. */
	stored<T> take()
	{
#if WARD_CPP_EXCEPTIONS
		if (std::exception_ptr *thrown = std::get_if<2>(&state_))
			std::rethrow_exception(std::move(*thrown));
#endif
		return std::move(*std::get_if<1>(&state_));
	}

	void unhandled_exception()
	{
		state_.template emplace<2>(std::current_exception());
	}

protected:
	std::variant<std::monostate, stored<T>, std::exception_ptr> state_;
};

template <class T> class promise : public promise_of<T> {
public:
	task<T> get_return_object() noexcept;

	template <class U> void return_value(U &&value)
	{
		this->state_.template emplace<1>(std::forward<U>(value));
	}
};

template <> class promise<void> : public promise_of<void> {
public:
	task<void> get_return_object() noexcept;

	void return_void()
	{
		state_.emplace<1>();
	}
};

} /* namespace detail */

/*
 * A coroutine that begins when it is awaited (or given to wards::loop), and ends with a
 * value or an exception, which go to who awaits it. It is awaited once. Destroyed before
 * it has ended it is ended where it is: its objects are destroyed, what it awaits is
 * given up, and no process is touched but as the objects in it have it
 * (process::~process).
 *                                                                          Since 0.1.
 */
template <class T = void> class [[nodiscard]] task {
	static_assert(!std::is_reference_v<T>, "a task gives a value; give a pointer");

public:
	using promise_type = detail::promise<T>;
	using handle = std::coroutine_handle<promise_type>;

	explicit task(handle h) noexcept : h_(h)
	{
	}

	task(task &&other) noexcept : h_(std::exchange(other.h_, nullptr))
	{
	}

	task &operator=(task &&other) noexcept
	{
		if (this != &other) {
			destroy();
			h_ = std::exchange(other.h_, nullptr);
		}
		return *this;
	}

	~task()
	{
		destroy();
	}

	class awaiter {
	public:
		explicit awaiter(handle h) noexcept : h_(h)
		{
		}

		bool await_ready() const noexcept
		{
			return false;
		}

		handle await_suspend(std::coroutine_handle<> next) const noexcept
		{
			h_.promise().set_next(next);
			return h_;
		}

		T await_resume() const
		{
			return static_cast<T>(h_.promise().take());
		}

	private:
		handle h_;
	};

	awaiter operator co_await() const && noexcept
	{
		return awaiter(h_);
	}

	/* For who brings a scheduler of his own: resume to begin. */
	handle get() const noexcept
	{
		return h_;
	}

private:
	void destroy() noexcept
	{
		if (h_)
			h_.destroy();
	}

	handle h_;
};

namespace detail {

template <class T> task<T> promise<T>::get_return_object() noexcept
{
	return task<T>(std::coroutine_handle<promise<T>>::from_promise(*this));
}

inline task<void> promise<void>::get_return_object() noexcept
{
	return task<void>(std::coroutine_handle<promise<void>>::from_promise(*this));
}

/*
 * Awaits all of some tasks, or the first of them. They begin in their order; over() may
 * be called while they do, and only then is somebody else not to be resumed.
 */
class gathering : public group {
public:
	explicit gathering(bool first_is_enough) noexcept : any_(first_is_enough)
	{
	}

	bool await_ready() const noexcept
	{
		return false;
	}

	/* False: it is over already, go on. */
	template <class Tasks> bool begin(Tasks &&each_task, std::coroutine_handle<> next)
	{
		next_ = next;
		left_++;
		each_task([this](auto &t) {
			if (any_ && first_)
				return;
			left_++;
			t.get().promise().set_group(this);
			t.get().resume();
		});
		left_--;
		begun_ = true;
		return !is_over();
	}

	/* The end of one may come after that of all: while losers are destroyed. */
	std::coroutine_handle<> over(promise_base *which) noexcept override
	{
		const bool was_over = any_ && first_;

		left_--;
		first_ = which;
		return begun_ && !was_over && is_over() ? next_ : std::noop_coroutine();
	}

	bool is_first(const promise_base &p) const noexcept
	{
		return first_ == &p;
	}

private:
	bool is_over() const noexcept
	{
		return left_ == 0 || (any_ && first_);
	}

	std::coroutine_handle<> next_;
	promise_base *first_ = nullptr;
	std::size_t left_ = 0;
	bool any_, begun_ = false;
};

/* For tasks of several types. */
template <class... T> class gathering_of : public gathering {
public:
	gathering_of(bool any, std::tuple<task<T>...> &tasks) noexcept
	    : gathering(any), tasks_(tasks)
	{
	}

	bool await_suspend(std::coroutine_handle<> next)
	{
		auto each = [this](auto &&f) {
			std::apply([&](auto &...t) { (f(t), ...); }, tasks_);
		};

		return begin(each, next);
	}

	void await_resume() const noexcept
	{
	}

private:
	std::tuple<task<T>...> &tasks_;
};

/* For any number of one type. */
template <class T> class gathering_many : public gathering {
public:
	gathering_many(bool any, std::vector<task<T>> &tasks) noexcept
	    : gathering(any), tasks_(tasks)
	{
	}

	bool await_suspend(std::coroutine_handle<> next)
	{
		auto each = [this](auto &&f) {
			for (task<T> &t : tasks_)
				f(t);
		};

		return begin(each, next);
	}

	void await_resume() const noexcept
	{
	}

private:
	std::vector<task<T>> &tasks_;
};

template <class... T, std::size_t... I>
std::tuple<stored<T>...> all_values(std::tuple<task<T>...> &tasks,
                                    std::index_sequence<I...>)
{
	return std::tuple<stored<T>...>{ std::get<I>(tasks).get().promise().take()... };
}

/* From the @I-th on; it is the last one, if none before it was. */
template <std::size_t I, class... T>
std::variant<stored<T>...> first_value(const gathering &any,
                                       std::tuple<task<T>...> &tasks)
{
	auto &promise = std::get<I>(tasks).get().promise();

	if constexpr (I + 1 < sizeof...(T))
		if (!any.is_first(promise))
			return first_value<I + 1>(any, tasks);
	return std::variant<stored<T>...>(std::in_place_index<I>, promise.take());
}

} /* namespace detail */

/* Below, tasks are moved into objects of the body: those go when it ends, and what was
 * given to a coroutine only with all of it. */

/*
 * All of them, at once: their values in order, std::monostate for void. When some throw,
 * the others go on to their ends, and then the first one's exception comes.   Since 0.1.
 */
template <class... T>
task<std::tuple<detail::stored<T>...>> when_all(task<T>... tasks)
{
	std::tuple<task<T>...> own(std::move(tasks)...);
	detail::gathering_of<T...> all(false, own);

	co_await all;
	co_return detail::all_values(own, std::index_sequence_for<T...>());
}

template <class T>
task<std::vector<detail::stored<T>>> when_all(std::vector<task<T>> tasks)
{
	std::vector<task<T>> own(std::move(tasks));
	std::vector<detail::stored<T>> values;
	detail::gathering_many<T> all(false, own);

	values.reserve(own.size());
	co_await all;
	for (task<T> &t : own)
		values.push_back(t.get().promise().take());
	co_return values;
}

/* Which of many was the first, and its value.   Since 0.1. */
template <class T> struct first_of {
	std::size_t index;
	detail::stored<T> value;
};

/*
 * The first that ends, by a value or an exception; index() of the variant says which. The
 * others are destroyed where they are, and those that had not begun never do. When
 * several end at once the one that is resumed first has won. None at all is -EINVAL.
 *                                                                          Since 0.1.
 */
template <class... T>
task<std::variant<detail::stored<T>...>> when_any(task<T>... tasks)
{
	static_assert(sizeof...(T) > 0, "the first of none never comes");
	std::tuple<task<T>...> own(std::move(tasks)...);
	detail::gathering_of<T...> any(true, own);

	co_await any;
	co_return detail::first_value<0>(any, own);
}

template <class T> task<first_of<T>> when_any(std::vector<task<T>> tasks)
{
	std::vector<task<T>> own(std::move(tasks));
	detail::gathering_many<T> any(true, own);
	std::size_t i = 0;

	if (own.empty())
		detail::raise(failure(-EINVAL));
	co_await any;
	while (!any.is_first(own[i].get().promise()))
		i++;
	co_return first_of<T>{ i, own[i].get().promise().take() };
}

} /* namespace wards */

#endif
#endif
