/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: the options of a run, and how it went. What is hard: an exception of a
 * callback may not pass through the library, which is C: it is kept, the commands are
 * stopped, and it goes on to whom the run was called by.
 */
#ifndef WARD_CPP_RUN_HPP
#define WARD_CPP_RUN_HPP

#include "exit.hpp"
#include "process.hpp"

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace wards {

/* A piece of output as it came. Its bytes are gone after the callback.   Since 0.1. */
struct chunk {
	std::int64_t stage;                   /* index of the command; -1: of several */
	int fd;                               /* 1 or 2 */
	std::string_view text;                /* of a line: without its newline */
	std::uint32_t flags;                  /* of a line: WARD_LINE_* */
};

/*
 * Options of a run (struct ward_run_opts), by default none: output and errors into
 * memory, no bounds but that of the drain.   Since 0.1.
 */
class run_options {
public:
	using callback = std::function<void(const chunk &)>;

	run_options() noexcept
	{
		ward_run_opts_init(&c_);
	}

	/* What the first command reads. */
	run_options &input(std::string bytes)
	{
		input_ = std::move(bytes);
		has_input_ = true;
		return *this;
	}

	/* Until the commands are stopped; ... since the last byte of output. By default,
	 * and with forever, never; 0 is at once. */
	run_options &time_limit(timeout time)
	{
		c_.timeout_ns = limit(time);
		return *this;
	}

	run_options &idle_limit(timeout time)
	{
		c_.idle_timeout_ns = limit(time);
		return *this;
	}

	/* How long to read on after the end, should somebody else hold the pipe; 0: as
	 * little as can be. By default 1 s. */
	run_options &drain(timeout time)
	{
		c_.drain_ns = time.ns() == 0 ? 1 : time.ns();
		return *this;
	}

	/* Bytes to keep, and of which part: WARD_KEEP_*. */
	run_options &out_limit(std::uint64_t bytes, std::uint32_t keep = WARD_KEEP_HEAD)
	{
		c_.out.limit = bytes;
		c_.out.keep = keep;
		return *this;
	}

	run_options &err_limit(std::uint64_t bytes, std::uint32_t keep = WARD_KEEP_HEAD)
	{
		c_.err.limit = bytes;
		c_.err.keep = keep;
		return *this;
	}

	/* Where output goes: WARD_TO_*; fd is of WARD_TO_FD. */
	run_options &out_to(std::uint32_t to, int fd = 0)
	{
		c_.out.to = to;
		c_.out.fd = fd;
		return *this;
	}

	run_options &err_to(std::uint32_t to, int fd = 0)
	{
		c_.err.to = to;
		c_.err.fd = fd;
		return *this;
	}

	/* Every line, every piece of output and errors, as it comes. What is thrown stops
	 * the commands and comes out of the run. */
	run_options &on_line(callback f)
	{
		on_line_ = std::move(f);
		return *this;
	}

	run_options &on_chunk(callback f)
	{
		on_chunk_ = std::move(f);
		return *this;
	}

	/* How the commands are stopped; KILL comes last, always. */
	run_options &stop(std::vector<stop_step> steps)
	{
		stop_ = std::move(steps);
		return *this;
	}

	/* For all that has no function here. context, error, input, stop and the
	 * callbacks that were set above are filled in later. */
	::ward_run_opts &c() noexcept
	{
		return c_;
	}

private:
	friend class run_call;

	/* To the library 0 is no bound, which a time that is over must not become. */
	static std::int64_t limit(timeout time) noexcept
	{
		if (time.is_forever())
			return 0;
		return time.ns() == 0 ? 1 : time.ns();
	}

	::ward_run_opts c_;
	std::string input_;
	bool has_input_ = false;
	callback on_line_, on_chunk_;
	std::vector<stop_step> stop_;
};

/*
 * How a run went. Moved, not copied: it holds what was kept of the output.   Since 0.1.
 */
class run_result {
public:
	run_result() noexcept = default;

	run_result(run_result &&other) noexcept : c_(other.release())
	{
	}

	run_result &operator=(run_result &&other) noexcept
	{
		if (this != &other) {
			ward_result_free(&c_);
			c_ = other.release();
		}
		return *this;
	}

	~run_result()
	{
		ward_result_free(&c_);
	}

	/* Every command exited with 0, and nothing was stopped. */
	bool ok() const noexcept
	{
		return ward_result_ok(&c_, nullptr, 0) == 1;
	}

	explicit operator bool() const noexcept
	{
		return ok();
	}

	/* Why it is not ok, for people, in lines; else "". */
	std::string why() const
	{
		char buf[1024];

		if (ward_result_ok(&c_, buf, sizeof(buf)) < 0)
			return {};
		return buf;
	}

	/* Of the first command that failed, else of the last one. */
	exit_status exit() const noexcept
	{
		return exit_status(c_.exit);
	}

	/* What was kept: lent by a result that stays, a copy of one that does not. */
	std::string_view out() const & noexcept
	{
		return view(c_.out);
	}

	std::string out() const &&
	{
		return std::string(view(c_.out));
	}

	std::string_view err() const & noexcept
	{
		return view(c_.err);
	}

	std::string err() const &&
	{
		return std::string(view(c_.err));
	}

	bool timed_out() const noexcept
	{
		return (c_.flags & (WARD_RESULT_TIMED_OUT | WARD_RESULT_IDLE)) != 0;
	}

	/* The stages, how much was lost and where, whether the end was seen. */
	const ::ward_result &c() const noexcept
	{
		return c_;
	}

	/* To be filled by the library. */
	::ward_result *into() noexcept
	{
		ward_result_free(&c_);
		c_ = fresh();
		return &c_;
	}

private:
	static ::ward_result fresh() noexcept
	{
		::ward_result c = WARD_RESULT_INIT;

		return c;
	}

	static std::string_view view(const ::ward_output &o) noexcept
	{
		return o.data ? std::string_view(o.data, o.size) : std::string_view();
	}

	::ward_result release() noexcept
	{
		return std::exchange(c_, fresh());
	}

	::ward_result c_ = fresh();
};

/*
 * The options of one run, as the library reads them: what it points at stays where it is
 * until the run is over. For the classes here.   Since 0.1.
 */
class run_call {
public:
	explicit run_call(run_options options) : options_(std::move(options))
	{
		::ward_run_opts &c = options_.c_;

		if (options_.has_input_) {
			c.input = options_.input_.data();
			c.input_size = options_.input_.size();
		}
		if (!options_.stop_.empty()) {
			c.stop = options_.stop_.data();
			c.n_stop = options_.stop_.size();
		}
		set_callbacks();
		c.error = &error_;
	}

	run_call(const run_call &) = delete;
	run_call &operator=(const run_call &) = delete;

	::ward_run_opts *c() noexcept
	{
		return &options_.c_;
	}

	/* Why the library said so: the step of a start, when it was one. */
	failure why(int r) const noexcept
	{
		return error_.code == r ? failure(error_) : failure(r);
	}

	/* What a callback threw goes on from here. */
	void rethrow()
	{
#if WARD_CPP_EXCEPTIONS
		if (thrown_)
			std::rethrow_exception(std::exchange(thrown_, nullptr));
#endif
	}

private:
	/* What goes past us shows nothing; when that is all there is, the library says
	 * so. */
	void set_callbacks()
	{
		::ward_run_opts &c = options_.c_;

		if (!options_.on_line_ && !options_.on_chunk_)
			return;
		c.context = this;
		if (is_seen(c.out) || !is_seen(c.err))
			set_callbacks(c.out);
		if (is_seen(c.err))
			set_callbacks(c.err);
	}

	void set_callbacks(::ward_output_opts &o)
	{
		o.on_line = options_.on_line_ ? line : nullptr;
		o.on_chunk = options_.on_chunk_ ? piece : nullptr;
	}

	static bool is_seen(const ::ward_output_opts &o) noexcept
	{
		return o.to == WARD_TO_MEMORY || o.to == WARD_TO_NOWHERE;
	}

	int call(const run_options::callback &f, const chunk &what) noexcept
	{
#if WARD_CPP_EXCEPTIONS
		try {
			f(what);
		} catch (...) {
			thrown_ = std::current_exception();
			return -ECANCELED;
		}
#else
		f(what);
#endif
		return 0;
	}

	static int line(void *context, std::int64_t stage, int fd, const char *data,
	                std::size_t size, std::uint32_t flags)
	{
		run_call *self = static_cast<run_call *>(context);

		return self->call(
			self->options_.on_line_,
			chunk{ stage, fd, std::string_view(data, size), flags });
	}

	static int piece(void *context, std::int64_t stage, int fd, const void *data,
	                 std::size_t size)
	{
		run_call *self = static_cast<run_call *>(context);
		const char *text = static_cast<const char *>(data);

		return self->call(self->options_.on_chunk_,
		                  chunk{ stage, fd, std::string_view(text, size), 0 });
	}

	run_options options_;
	::ward_error error_ = WARD_ERROR_INIT;
	std::exception_ptr thrown_;
};

} /* namespace wards */

#endif
