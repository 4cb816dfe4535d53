/* SPDX-License-Identifier: MIT */
/*
 * What the tests of <ward.hpp> share: the harness, which is C, and the helper program.
 */
#ifndef CPP_HELP_HPP
#define CPP_HELP_HPP

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <string>
#include <utility>

#include <ward.hpp>

extern "C" {
#define _Noreturn [[noreturn]]
#include "../check.h"
#undef _Noreturn
}

/* What says so only when it is asked is as good. */
#undef CHECK
#define CHECK(...) \
	check__that(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

/* Where nothing comes to, with the reason why it should not have. */
#define NEVER(text) check__that(false, text, __FILE__, __LINE__)

using namespace std::chrono_literals;

#if WARD_CPP_EXCEPTIONS
/* What nobody catches ends the case, and is told before. */
[[noreturn]] inline void uncaught()
{
	try {
		if (const auto thrown = std::current_exception())
			std::rethrow_exception(thrown);
	} catch (const std::exception &e) {
		check_note("nobody caught: %s", e.what());
	} catch (...) {
		check_note("nobody caught what is no std::exception");
	}
	std::abort();
}

[[maybe_unused]] static const auto uncaught_before = std::set_terminate(uncaught);
#endif

#if defined(_WIN32) && WARD_CPP_EXCEPTIONS
/* The first exception of a program makes a semaphore that stays: not in the case. */
[[maybe_unused]] static const bool has_thrown = [] {
	try {
		throw 0;
	} catch (int) {
		return true;
	}
}();
#endif

/* Windows has no SIGKILL, but ward does there. */
#ifdef SIGKILL
inline constexpr int kill_signal = SIGKILL;
#else
inline constexpr int kill_signal = 9;
#endif

/* A command: the helper with these words. */
inline wards::command child(std::initializer_list<std::string> words)
{
	return wards::command(check_child()).args(words);
}

/* One that runs until its input is closed, at the latest with its ward. */
inline wards::command held()
{
	return child({ "hold" }).in(wards::pipe()).on_close(WARD_KILL_WAIT);
}

/* Text as Windows writes it, without its carriage returns. */
inline std::string lines(std::string_view text)
{
	std::string without;

	for (char c : text)
		if (c != '\r')
			without += c;
	return without;
}

#define CHECK_TEXT(a, b) CHECK_STR(std::string(a).c_str(), std::string(b).c_str())

#if WARD_CPP_EXCEPTIONS
/* What is thrown, as the code of its failure; 0: nothing. */
template <class Function> int thrown_by(Function &&f)
{
	try {
		f();
	} catch (const wards::error &e) {
		return e.why().code();
	}
	return 0;
}
#endif

#endif
