/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: how a call fails, as a value (wards::failure, wards::result) and as an
 * exception (wards::error). What is hard: a failure must not fail, so that it has no
 * memory of its own but what lies in it.
 */
#ifndef WARD_CPP_ERROR_HPP
#define WARD_CPP_ERROR_HPP

#include "ward.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

/* 0 where the compiler was told to do without them: then each function that would throw
 * is missing, and its try_ variant is there. */
#if defined(__cpp_exceptions)
#define WARD_CPP_EXCEPTIONS 1
#else
#define WARD_CPP_EXCEPTIONS 0
#endif

/* 1 where compiler and library have coroutines. */
#if defined(__cpp_impl_coroutine)
#include <version>
#endif
#if defined(__cpp_lib_coroutine)
#define WARD_CPP_COROUTINES 1
#else
#define WARD_CPP_COROUTINES 0
#endif

namespace wards {

/*
 * Why a call failed: the code, and of a start the step and the path as well (struct
 * ward_error).   Since 0.1.
 */
class failure {
public:
	/* code: a negative errno, as the functions of <ward.h> return it. */
	explicit failure(int code) noexcept
	{
		c_.code = code;
		c_.os_error = -code;
		c_.number = -1;
	}

	explicit failure(const ::ward_error &c) noexcept : c_(c)
	{
	}

	/* Negative, as in C: -ENOENT. */
	int code() const noexcept
	{
		return c_.code;
	}

	/* WARD_STEP_* of a start; WARD_STEP_NONE of all else. */
	int step() const noexcept
	{
		return c_.step;
	}

	/* The path concerned, cut if very long; else "". */
	const char *path() const noexcept
	{
		return c_.path;
	}

	/* All of it: the system's own number, the descriptor or limit. */
	const ::ward_error &c() const noexcept
	{
		return c_;
	}

	/* To compare with std::errc. */
	std::error_code error_code() const noexcept
	{
		return std::error_code(-c_.code, std::generic_category());
	}

	/* Up to size bytes of the text, with a NUL. */
	void text(char *buf, std::size_t size) const noexcept
	{
		const char *words = ward_strerror(c_.code);
		std::size_t n = 0;

		if (c_.step != WARD_STEP_NONE && ward_error_text(&c_, buf, size) >= 0)
			return;
		for (; n + 1 < size && words[n]; n++)
			buf[n] = words[n];
		buf[n] = '\0';
	}

	/* In one line, for people: ward_error_text, or ward_strerror. */
	std::string text() const
	{
		char buf[text_max];

		text(buf, sizeof(buf));
		return buf;
	}

	static constexpr std::size_t text_max = 768;

private:
	::ward_error c_ = WARD_ERROR_INIT;
};

#if WARD_CPP_EXCEPTIONS
/*
 * A failure as an exception. code() is the errno, positive, in std::generic_category();
 * what() is the text of the failure, without the words that std::system_error adds.
 *                                                                          Since 0.1.
 */
class error : public std::system_error {
public:
	explicit error(const failure &why)
	    : std::system_error(why.error_code()), why_(why)
	{
		why.text(text_, sizeof(text_));
	}

	const char *what() const noexcept override
	{
		return text_;
	}

	/* The step, the path, and all else. */
	const failure &why() const noexcept
	{
		return why_;
	}

private:
	failure why_;
	char text_[failure::text_max];
};
#endif

namespace detail {

[[noreturn]] inline void raise(const failure &why)
{
#if WARD_CPP_EXCEPTIONS
	throw error(why);
#else
	(void)why;
	std::abort();
#endif
}

} /* namespace detail */

/*
 * A value, or the failure that stands in its place. Reading what is not there is a bug in
 * the caller: value() throws wards::error, or ends the program where there are no
 * exceptions; * and -> do as value() does, for what is one mistake need not become
 * another.   Since 0.1.
 */
template <class T> class [[nodiscard]] result {
public:
	result(T value) noexcept(std::is_nothrow_move_constructible<T>::value)
	    : state_(std::in_place_index<0>, std::move(value))
	{
	}

	result(const failure &why) noexcept : state_(std::in_place_index<1>, why)
	{
	}

	bool has_value() const noexcept
	{
		return state_.index() == 0;
	}

	explicit operator bool() const noexcept
	{
		return has_value();
	}

	T &value() &
	{
		return *there();
	}

	const T &value() const &
	{
		return *const_cast<result *>(this)->there();
	}

	T value() &&
	{
		return std::move(*there());
	}

	T &operator*() &
	{
		return *there();
	}

	const T &operator*() const &
	{
		return value();
	}

	T operator*() &&
	{
		return std::move(*there());
	}

	T *operator->()
	{
		return there();
	}

	const T *operator->() const
	{
		return &value();
	}

	T value_or(T otherwise) &&
	{
		return has_value() ? std::move(*there()) : std::move(otherwise);
	}

	/* Only of a result without a value; else a failure of code 0. */
	failure error() const noexcept
	{
		const failure *why = std::get_if<1>(&state_);

		return why ? *why : failure(0);
	}

private:
	T *there()
	{
		T *value = std::get_if<0>(&state_);

		if (!value)
			detail::raise(error());
		return value;
	}

	std::variant<T, failure> state_;
};

/* Success, or why not.   Since 0.1. */
template <> class [[nodiscard]] result<void> {
public:
	result() noexcept : why_(0)
	{
	}

	result(const failure &why) noexcept : why_(why)
	{
	}

	bool has_value() const noexcept
	{
		return why_.code() == 0;
	}

	explicit operator bool() const noexcept
	{
		return has_value();
	}

	void value() const
	{
		if (!has_value())
			detail::raise(why_);
	}

	failure error() const noexcept
	{
		return why_;
	}

private:
	failure why_;
};

namespace detail {

/* What a function of C that gives nothing back said. */
inline result<void> done(int r) noexcept
{
	if (r < 0)
		return failure(r);
	return {};
}

/* Do it; memory that is not there is -ENOMEM and no exception. */
template <class Function> auto bounded(Function &&f) noexcept -> decltype(f())
{
#if WARD_CPP_EXCEPTIONS
	try {
		return f();
	} catch (const std::bad_alloc &) {
		return failure(-ENOMEM);
	} catch (const std::length_error &) {
		return failure(-ENOMEM);
	}
#else
	return f();
#endif
}

} /* namespace detail */

} /* namespace wards */

#endif
