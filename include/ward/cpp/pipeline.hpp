/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: commands in a row, the output of each being the input of the next, run to
 * their end or under way.
 */
#ifndef WARD_CPP_PIPELINE_HPP
#define WARD_CPP_PIPELINE_HPP

#include "command.hpp"

namespace wards {

class running;

/*
 * Commands to be run as one: pipeline{ a, b }, or a | b. All start, or none.
 *                                                                          Since 0.1.
 */
class pipeline {
public:
	pipeline(std::initializer_list<command> commands) : commands_(commands)
	{
	}

	explicit pipeline(std::vector<command> commands) : commands_(std::move(commands))
	{
	}

	pipeline &add(command next)
	{
		commands_.push_back(std::move(next));
		return *this;
	}

	/* All of it in one call: ward_run_pipeline. It throws only what a callback
	 * throws. */
	result<run_result> try_run(run_options options = {}) const;

	/* Start them: ward_pipeline_start. Nothing moves until running::wait. */
	result<running> try_start(run_options options = {}) const;

#if WARD_CPP_EXCEPTIONS
	run_result run(run_options options = {}) const
	{
		return try_run(std::move(options)).value();
	}

	running start(run_options options = {}) const;
#endif

private:
	std::vector<command> commands_;
};

inline pipeline operator|(command first, command next)
{
	return pipeline{ std::move(first), std::move(next) };
}

inline pipeline operator|(pipeline commands, command next)
{
	commands.add(std::move(next));
	return commands;
}

/*
 * Commands under way. Moved, not copied; for one thread at a time. The destructor kills
 * those that still run, and waits for those that nobody else holds (at).   Since 0.1.
 */
class running {
public:
	running(running &&other) noexcept
	    : p_(std::exchange(other.p_, nullptr)), call_(std::move(other.call_))
	{
	}

	running &operator=(running &&other) noexcept
	{
		if (this != &other) {
			ward_pipeline_close(p_);
			p_ = std::exchange(other.p_, nullptr);
			call_ = std::move(other.call_);
		}
		return *this;
	}

	~running()
	{
		ward_pipeline_close(p_);
	}

	/* Feed them, take their output, until all is over: once. Empty: time-out, or
	 * `wake` is readable. It throws only what a callback throws. */
	result<std::optional<run_result>> try_wait(timeout time = forever)
	{
		run_result done;
		const int r = ward_pipeline_wait(p_, time.ns(), done.into());

		if (call_)
			call_->rethrow();
		if (r < 0)
			return failure(r);
		if (r == 0)
			return std::optional<run_result>();
		return std::optional<run_result>(std::move(done));
	}

	/* Begin to stop them, as a time limit would; wait goes on with it. */
	result<void> try_stop() noexcept
	{
		return detail::done(ward_pipeline_stop(p_));
	}

	/* Command i, from 0: another owner of it; empty when there is none. */
	process at(std::size_t i) const noexcept
	{
		struct ward *w = ward_pipeline_ward(p_, i);

		return process(w ? ward_ref(w) : nullptr);
	}

	struct ward_pipeline *get() const noexcept
	{
		return p_;
	}

#if WARD_CPP_EXCEPTIONS
	std::optional<run_result> wait(timeout time = forever)
	{
		return try_wait(time).value();
	}

	void stop()
	{
		try_stop().value();
	}
#endif

private:
	friend class pipeline;

	running(struct ward_pipeline *p, std::unique_ptr<run_call> call) noexcept
	    : p_(p), call_(std::move(call))
	{
	}

	struct ward_pipeline *p_;
	std::unique_ptr<run_call> call_;      /* what the library points at meanwhile */
};

namespace detail {

/* All commands as <ward.h> reads them, for one start. */
class stages {
public:
	stages(const command *commands, std::size_t n)
	{
		for (std::size_t i = 0; i < n; i++) {
			starts_.push_back(std::make_unique<start>(commands[i]));
			c_.push_back({ starts_[i]->argv(), starts_[i]->c() });
		}
	}

	const ::ward_stage *c() const noexcept
	{
		return c_.data();
	}

	std::size_t size() const noexcept
	{
		return c_.size();
	}

	int check() const noexcept
	{
		for (const auto &s : starts_)
			if (s->check() < 0)
				return s->check();
		return 0;
	}

	/* What a start said of itself; else what the run did. */
	failure why(int r, const run_call &call) const noexcept
	{
		for (const auto &s : starts_)
			if (s->why(r).step() != WARD_STEP_NONE)
				return s->why(r);
		return call.why(r);
	}

private:
	std::vector<std::unique_ptr<start>> starts_;
	std::vector<::ward_stage> c_;
};

inline result<run_result> run(const command *commands, std::size_t n,
                              run_options &options)
{
	run_call call(std::move(options));
	stages all(commands, n);
	run_result done;
	int r = all.check();

	if (r == 0)
		r = ward_run_pipeline(all.c(), n, call.c(), done.into());
	call.rethrow();
	if (r < 0)
		return all.why(r, call);
	return done;
}

} /* namespace detail */

inline result<run_result> command::try_run(run_options options) const
{
	return detail::run(this, 1, options);
}

inline result<run_result> pipeline::try_run(run_options options) const
{
	return detail::run(commands_.data(), commands_.size(), options);
}

inline result<running> pipeline::try_start(run_options options) const
{
	struct ward_pipeline *p = nullptr;
	auto call = std::make_unique<run_call>(std::move(options));
	detail::stages all(commands_.data(), commands_.size());
	int r = all.check();

	if (r == 0)
		r = ward_pipeline_start(&p, all.c(), all.size(), call->c());
	if (r < 0)
		return all.why(r, *call);
	return running(p, std::move(call));
}

#if WARD_CPP_EXCEPTIONS
inline running pipeline::start(run_options options) const
{
	return try_start(std::move(options)).value();
}
#endif

} /* namespace wards */

#endif
