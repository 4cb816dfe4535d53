/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: times from <chrono>. What is hard: a negative number means for ever to
 * <ward.h>, but a negative duration is time that is over.
 */
#ifndef WARD_CPP_TIMEOUT_HPP
#define WARD_CPP_TIMEOUT_HPP

#include "error.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

namespace wards {

struct forever_t {
	explicit constexpr forever_t() = default;
};

/* A time-out that never comes.   Since 0.1. */
inline constexpr forever_t forever{};

/*
 * How long to wait: any duration, or wards::forever. A negative duration, or one that is
 * not a number, is 0; a fraction of a nanosecond is rounded up; what is too long for the
 * library is the longest that it knows, 292 years.   Since 0.1.
 */
class timeout {
public:
	constexpr timeout(forever_t) noexcept : ns_(WARD_FOREVER)
	{
	}

	template <class Rep, class Period>
	constexpr timeout(std::chrono::duration<Rep, Period> d) noexcept : ns_(convert(d))
	{
	}

	/* From now until then. */
	static timeout until(std::chrono::steady_clock::time_point then) noexcept
	{
		return timeout(then - std::chrono::steady_clock::now());
	}

	/* The moment at which it ends; the last one that there is when that is too
	 * late. */
	std::chrono::steady_clock::time_point from_now() const noexcept
	{
		using clock = std::chrono::steady_clock;
		const clock::time_point now = clock::now();
		const auto left = clock::time_point::max() - now;

		if (is_forever() || std::chrono::nanoseconds(ns_) >= left)
			return clock::time_point::max();
		return now + std::chrono::duration_cast<clock::duration>(
		                 std::chrono::nanoseconds(ns_));
	}

	constexpr bool is_forever() const noexcept
	{
		return ns_ < 0;
	}

	/* As the functions of <ward.h> take it. */
	constexpr std::int64_t ns() const noexcept
	{
		return ns_;
	}

private:
	static constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();

	/* Compared as fractions of seconds in long double: nothing overflows there. */
	template <class Rep, class Period>
	static constexpr std::int64_t
	convert(std::chrono::duration<Rep, Period> d) noexcept
	{
		using real = std::chrono::duration<long double, std::nano>;
		const long double want = std::chrono::duration_cast<real>(d).count();
		std::int64_t ns = 0;

		if (!(want > 0))
			return 0;
		if (want >= static_cast<long double>(longest))
			return longest;
		ns = exact(d, want);
		return ns;
	}

	/* In whole numbers where they are ones: a long double of 64 bits is too short. */
	template <class Rep, class Period>
	static constexpr std::int64_t exact(std::chrono::duration<Rep, Period> d,
	                                    long double want) noexcept
	{
		using ratio = std::ratio_divide<Period, std::nano>;

		if constexpr (std::numeric_limits<Rep>::is_integer && ratio::den == 1)
			return static_cast<std::int64_t>(d.count()) * ratio::num;
		else
			return rounded_up(want);
	}

	static constexpr std::int64_t rounded_up(long double want) noexcept
	{
		const std::int64_t whole = static_cast<std::int64_t>(want);

		return whole + (static_cast<long double>(whole) < want);
	}

	std::int64_t ns_;
};

} /* namespace wards */

#endif
