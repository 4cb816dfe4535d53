/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: <ward.h> for programs of C++17 and later, in headers alone. C++20 with
 * coroutines has tasks as well: co_await process.wait(loop).
 *
 * What holds for all of it:
 *
 *  - The namespace is `wards`: `ward` is the name that C has for the one that is held.
 *  - Nothing is hidden: an object's get(), release() and c() lead to what C knows, and
 *    every function of <ward.h> may be called beside these.
 *  - A function that can fail throws wards::error, a std::system_error that knows the
 *    step and the path; its twin try_ returns a wards::result instead. Where exceptions
 *    are turned off only those are there; lack of memory ends the program then, as it
 *    does in all of the standard library. Nothing here needs RTTI.
 *  - Times are durations of <chrono>, or wards::forever.
 *  - There is no state but in the objects.
 *
 * A compiler without exceptions and one with them, C++17 and C++20 may be mixed in one
 * program as far as its standard library allows that.
 */
#ifndef WARD_HPP
#define WARD_HPP

#include "ward/cpp/error.hpp"
#include "ward/cpp/timeout.hpp"
#include "ward/cpp/exit.hpp"
#include "ward/cpp/process.hpp"
#include "ward/cpp/stdio.hpp"
#include "ward/cpp/run.hpp"
#include "ward/cpp/command.hpp"
#include "ward/cpp/pipeline.hpp"
#include "ward/cpp/set.hpp"
#include "ward/cpp/loop.hpp"

namespace wards {

/*
 * Start a program: spawn({ "make", "-j" }), or any command.   Since 0.1.
 */
inline result<process> try_spawn(const command &c) noexcept
{
	return c.try_spawn();
}

#if WARD_CPP_EXCEPTIONS
inline process spawn(const command &c)
{
	return c.spawn();
}

/* Take hold of a process that runs: process::open.   Since 0.1. */
inline process open(std::int64_t pid, std::uint32_t flags = 0)
{
	return process::open(pid, flags);
}

inline process open_id(const identity &id)
{
	return process::open(id);
}
#endif

} /* namespace wards */

#endif
