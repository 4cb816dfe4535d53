/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: how a process ended, and which one it is, as values.
 */
#ifndef WARD_CPP_EXIT_HPP
#define WARD_CPP_EXIT_HPP

#include "error.hpp"

#include <chrono>
#include <cstring>
#include <optional>

namespace wards {

/* The way in which a process ended.   Since 0.1. */
enum class how {
	exited = WARD_EXITED,
	signaled = WARD_SIGNALED,
	lost = WARD_LOST                      /* it ended, and nobody can tell how */
};

/*
 * How a process ended: the code, the signal and the core dump kept apart. What does not
 * apply is -1 or empty, so that nothing is read as success by accident.   Since 0.1.
 */
class exit_status {
public:
	explicit exit_status(const ::ward_exit &c) noexcept : c_(c)
	{
	}

	wards::how how() const noexcept
	{
		return static_cast<wards::how>(c_.how);
	}

	/* It exited, with code 0. */
	bool success() const noexcept
	{
		return exited() && c_.code == 0;
	}

	bool exited() const noexcept
	{
		return c_.how == WARD_EXITED;
	}

	bool signaled() const noexcept
	{
		return c_.how == WARD_SIGNALED;
	}

	bool lost() const noexcept
	{
		return c_.how == WARD_LOST;
	}

	/* 0..255 (POSIX), 0..2^32-1 (Windows); -1 unless it exited. */
	std::int64_t code() const noexcept
	{
		return exited() ? c_.code : -1;
	}

	/* The signal's number; -1 unless one ended it. */
	int signal() const noexcept
	{
		return c_.signal;
	}

	bool core_dumped() const noexcept
	{
		return c_.core_dumped == 1;
	}

	/* From its start until the end was seen; empty when ward did not start it. */
	std::optional<std::chrono::nanoseconds> wall() const noexcept
	{
		return time(c_.wall_ns);
	}

	/* Processor time; empty when the system did not tell. */
	std::optional<std::chrono::nanoseconds> user() const noexcept
	{
		return time(c_.has_usage ? c_.user_ns : -1);
	}

	std::optional<std::chrono::nanoseconds> system() const noexcept
	{
		return time(c_.has_usage ? c_.system_ns : -1);
	}

	/* In words: "killed by signal 9 (KILL)". */
	std::string text() const
	{
		char buf[64];

		if (ward_exit_text(&c_, buf, sizeof(buf)) < 0)
			return {};
		return buf;
	}

	/* All of it. */
	const ::ward_exit &c() const noexcept
	{
		return c_;
	}

private:
	static std::optional<std::chrono::nanoseconds> time(std::int64_t ns) noexcept
	{
		if (ns < 0)
			return std::nullopt;
		return std::chrono::nanoseconds(ns);
	}

	::ward_exit c_;
};

/*
 * Which process it is, in a form that can be written down (ward_identity(3)).
 *                                                                          Since 0.1.
 */
class identity {
public:
	explicit identity(const ::ward_id &c) noexcept : c_(c)
	{
	}

	/* -EINVAL when the text is no identity; ward_id_parse tells what is one. */
	static result<identity> try_parse(const char *text) noexcept
	{
		::ward_id c = WARD_ID_INIT;
		const int r = ward_id_parse(text, &c);

		if (r < 0)
			return failure(r);
		return identity(c);
	}

	/* "1234:5678"; with the boot when it is to outlive that. */
	std::string text(bool with_boot = false) const
	{
		char buf[WARD_ID_TEXT_MAX];

		if (ward_id_format(&c_, with_boot ? WARD_ID_WITH_BOOT : 0, buf,
		                   sizeof(buf)) < 0)
			return {};
		return buf;
	}

	std::int64_t pid() const noexcept
	{
		return c_.pid;
	}

	const ::ward_id &c() const noexcept
	{
		return c_;
	}

	/* The same process, if they know the same boot. A mere number equals nothing. */
	friend bool operator==(const identity &a, const identity &b) noexcept
	{
		return a.c_.kind != WARD_ID_NONE && a.c_.kind == b.c_.kind &&
		       a.c_.pid == b.c_.pid && a.c_.number == b.c_.number &&
		       (!a.c_.has_boot || !b.c_.has_boot ||
		        std::memcmp(a.c_.boot, b.c_.boot, sizeof(a.c_.boot)) == 0);
	}

	friend bool operator!=(const identity &a, const identity &b) noexcept
	{
		return !(a == b);
	}

#if WARD_CPP_EXCEPTIONS
	static identity parse(const char *text)
	{
		return try_parse(text).value();
	}
#endif

private:
	::ward_id c_;
};

} /* namespace wards */

#endif
