/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: where a descriptor of a child comes from, with the strings that it names.
 */
#ifndef WARD_CPP_STDIO_HPP
#define WARD_CPP_STDIO_HPP

#include "error.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace wards {

/*
 * One source of a descriptor (struct ward_stdio), made by the functions below.
 *                                                                          Since 0.1.
 */
class stdio {
public:
	/* The caller's of the same number. */
	stdio() = default;

	explicit stdio(std::uint32_t kind, std::string text = {}, std::uint32_t flags = 0)
	    : text_(std::move(text))
	{
		c_.kind = kind;
		c_.flags = flags;
	}

	stdio &fd(std::int32_t number)
	{
		c_.fd = number;
		return *this;
	}

	stdio &handle(std::uint64_t handle)
	{
		c_.handle = handle;
		return *this;
	}

	/* Permission bits of a file that is created; by default 0666, and the umask. */
	stdio &mode(std::uint32_t bits)
	{
		c_.mode = bits;
		return *this;
	}

	/* It points into this object. */
	::ward_stdio c() const noexcept
	{
		::ward_stdio c = c_;

		if (c.kind == WARD_FD_PATH)
			c.path = text_.c_str();
		if (c.kind == WARD_FD_MEMORY) {
			c.data = text_.data();
			c.data_size = text_.size();
		}
		return c;
	}

	/* The path, or the bytes of memory. */
	const std::string &text() const noexcept
	{
		return text_;
	}

private:
	::ward_stdio c_ = ::ward_stdio();
	std::string text_;
};

/* The null device.   Since 0.1. */
inline stdio null()
{
	return stdio(WARD_FD_NULL);
}

/* A file; flags are WARD_FILE_*, by default what suits the descriptor.   Since 0.1. */
inline stdio path(std::string name, std::uint32_t flags = 0)
{
	return stdio(WARD_FD_PATH, std::move(name), flags);
}

/* A descriptor of ours; it stays ours.   Since 0.1. */
inline stdio given(int fd)
{
	return stdio(WARD_FD_GIVEN).fd(fd);
}

/* A HANDLE of ours, on Windows; it stays ours.   Since 0.1. */
inline stdio given_handle(void *handle)
{
	return stdio(WARD_FD_HANDLE).handle(reinterpret_cast<std::uintptr_t>(handle));
}

/* The same as that descriptor of the child's.   Since 0.1. */
inline stdio same_as(int fd)
{
	return stdio(WARD_FD_CHILD).fd(fd);
}

/* Closed.   Since 0.1. */
inline stdio closed()
{
	return stdio(WARD_FD_CLOSED);
}

/* To the ward: a pipe (process::read, write); flags are WARD_FILE_READ or
 * WARD_FILE_WRITE, what the child does with it. A pair of sockets; a terminal.
 *                                                                          Since 0.1. */
inline stdio pipe(std::uint32_t flags = 0)
{
	return stdio(WARD_FD_PIPE, {}, flags);
}

inline stdio socket()
{
	return stdio(WARD_FD_SOCKET);
}

inline stdio pty()
{
	return stdio(WARD_FD_PTY);
}

/* To read: these bytes; flags may be WARD_MEMORY_FILE.   Since 0.1. */
inline stdio memory(std::string bytes, std::uint32_t flags = 0)
{
	return stdio(WARD_FD_MEMORY, std::move(bytes), flags);
}

} /* namespace wards */

#endif
