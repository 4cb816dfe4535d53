/* SPDX-License-Identifier: MIT */
/*
 * ward for C++: a command, built word by word, that owns what it was told. What is hard:
 * <ward.h> wants arrays of pointers, and each has to point at a string that stays where
 * it is until the start is over: they are made for one start, from strings that are not
 * touched meanwhile.
 */
#ifndef WARD_CPP_COMMAND_HPP
#define WARD_CPP_COMMAND_HPP

#include "process.hpp"
#include "run.hpp"
#include "stdio.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

namespace wards {

class start;

/*
 * A program and how it is started (struct ward_spawn_opts); what is not said is the
 * default of ward_spawn. It may be started many times.   Since 0.1.
 */
class command {
public:
	/* argv[0], which is also the program, unless file() names another. */
	explicit command(std::string program)
	{
		ward_spawn_opts_init(&c_);
		argv_.push_back(std::move(program));
	}

	command(std::initializer_list<std::string> argv) : argv_(argv)
	{
		ward_spawn_opts_init(&c_);
	}

	explicit command(std::vector<std::string> argv) : argv_(std::move(argv))
	{
		ward_spawn_opts_init(&c_);
	}

	/* One more argument, as it is: no shell reads it. */
	command &arg(std::string word)
	{
		argv_.push_back(std::move(word));
		return *this;
	}

	command &args(std::initializer_list<std::string> words)
	{
		argv_.insert(argv_.end(), words);
		return *this;
	}

	command &args(const std::vector<std::string> &words)
	{
		argv_.insert(argv_.end(), words.begin(), words.end());
		return *this;
	}

	command &file(std::string program)
	{
		file_ = std::move(program);
		return *this;
	}

	command &cwd(std::string folder)
	{
		cwd_ = std::move(folder);
		return *this;
	}

	/* Set one variable; take one away; begin with none instead of the caller's. */
	command &env(const std::string &name, const std::string &value)
	{
		env_set_.push_back(name + "=" + value);
		return *this;
	}

	command &env_unset(std::string name)
	{
		env_unset_.push_back(std::move(name));
		return *this;
	}

	command &env_clear()
	{
		env_is_clear_ = true;
		return *this;
	}

	/* Descriptors 0, 1, 2, and any other: see <ward/cpp/stdio.hpp>. */
	command &in(stdio from)
	{
		in_ = std::move(from);
		return *this;
	}

	command &out(stdio to)
	{
		out_ = std::move(to);
		return *this;
	}

	command &err(stdio to)
	{
		err_ = std::move(to);
		return *this;
	}

	command &fd(int number, stdio from)
	{
		fds_.emplace_back(number, std::move(from));
		return *this;
	}

	/* What becomes of it when its last owner is gone: WARD_LEAVE, WARD_KILL,
	 * WARD_KILL_WAIT. */
	command &on_close(std::uint32_t what)
	{
		c_.on_close = what;
		return *this;
	}

	/* WARD_SPAWN_*, beside those that other functions set. */
	command &flags(std::uint64_t more)
	{
		c_.flags |= more;
		return *this;
	}

	/* Its own session; its own process group, or that one. */
	command &session()
	{
		return flags(WARD_SPAWN_SESSION);
	}

	command &group(std::int64_t number = 0)
	{
		c_.pgroup = number;
		return flags(WARD_SPAWN_PGROUP);
	}

	/* Another user, with that user's groups. */
	command &user(std::string name)
	{
		user_ = std::move(name);
		return *this;
	}

	command &uid(std::uint32_t number)
	{
		c_.uid = number;
		return flags(WARD_SPAWN_UID);
	}

	command &gid(std::uint32_t number)
	{
		c_.gid = number;
		return flags(WARD_SPAWN_GID);
	}

	command &groups(std::vector<std::uint32_t> numbers)
	{
		groups_ = std::move(numbers);
		return flags(WARD_SPAWN_GROUPS);
	}

	command &umask(std::uint32_t bits)
	{
		c_.umask = bits;
		return flags(WARD_SPAWN_UMASK);
	}

	command &nice(std::int32_t value)
	{
		c_.nice = value;
		return flags(WARD_SPAWN_NICE);
	}

	command &rlimit(std::int32_t resource, std::uint64_t soft, std::uint64_t hard)
	{
		rlimits_.push_back({ resource, 0, soft, hard });
		return *this;
	}

	command &cpus(std::vector<std::uint32_t> numbers)
	{
		cpus_ = std::move(numbers);
		return *this;
	}

	/* The terminal of pty(): 24 lines of 80 by default; flags are WARD_PTY_*. */
	command &terminal(std::uint16_t rows, std::uint16_t columns,
	                  std::uint32_t flags = 0)
	{
		pty_.size = sizeof(pty_);
		pty_.flags = flags;
		pty_.rows = rows;
		pty_.columns = columns;
		return *this;
	}

	/* For all that has no function here. What the functions above were told goes over
	 * it, and `error` is ours but in a set; what it points at stays the caller's. */
	::ward_spawn_opts &c() noexcept
	{
		return c_;
	}

	/* ------------------------------------------------------------------- starting */

	/* Start it: ward_spawn. The failure tells the step and the path. */
	result<process> try_spawn() const noexcept;

	/* Run it to its end in one call: ward_run. What the program does is no failure of
	 * this. It throws only what a callback throws. */
	result<run_result> try_run(run_options options = {}) const;

#if WARD_CPP_EXCEPTIONS
	process spawn() const
	{
		return try_spawn().value();
	}

	run_result run(run_options options = {}) const
	{
		return try_run(std::move(options)).value();
	}
#endif

private:
	friend class start;

	::ward_spawn_opts c_;
	std::vector<std::string> argv_, env_set_, env_unset_;
	std::optional<std::string> file_, cwd_, user_;
	bool env_is_clear_ = false;
	stdio in_, out_, err_;
	std::vector<std::pair<int, stdio>> fds_;
	std::vector<std::uint32_t> groups_, cpus_;
	std::vector<::ward_rlimit> rlimits_;
	::ward_pty_opts pty_ = ::ward_pty_opts();
};

/*
 * A command as <ward.h> reads it, for one start. It points into the command, which must
 * stay as it is meanwhile.   Since 0.1.
 */
class start {
public:
	struct later_t {};
	static constexpr later_t later{};

	explicit start(const command &of) : start(of, later)
	{
		c_.error = &error_;
	}

	/* It outlives this: `error` is what the command's c() was given. */
	start(const command &of, later_t)
	    : argv_(pointers(of.argv_)), set_(pointers(of.env_set_)),
	      unset_(pointers(of.env_unset_)), c_(of.c_)
	{
		words(of);
		descriptors(of);
		numbers(of);
	}

	start(const start &) = delete;
	start &operator=(const start &) = delete;

	const char *const *argv() const noexcept
	{
		return argv_.data();
	}

	::ward_spawn_opts *c() noexcept
	{
		return &c_;
	}

	/* -EINVAL: some string has a NUL in it, where C would take it to end. */
	int check() const noexcept
	{
		return has_nul_ ? -EINVAL : 0;
	}

	/* Why a start that returned this failed. */
	failure why(int r) const noexcept
	{
		::ward_error error = WARD_ERROR_INIT;

		if (error_.code == r)
			return failure(error_);
		error.step = WARD_STEP_OPTIONS;
		error.code = r;
		error.os_error = -r;
		error.number = -1;
		return has_nul_ ? failure(error) : failure(r);
	}

private:
	using list = std::vector<const char *>;

	const char *pointer(const std::string &s) noexcept
	{
		has_nul_ = has_nul_ || s.find('\0') != std::string::npos;
		return s.c_str();
	}

	list pointers(const std::vector<std::string> &strings)
	{
		list found;

		found.reserve(strings.size() + 1);
		for (const std::string &s : strings)
			found.push_back(pointer(s));
		found.push_back(nullptr);
		return found;
	}

	void words(const command &of) noexcept
	{
		static const char *const nothing[] = { nullptr };

		if (of.file_)
			c_.file = pointer(*of.file_);
		if (of.cwd_)
			c_.cwd = pointer(*of.cwd_);
		if (of.user_)
			c_.user = pointer(*of.user_);
		if (of.env_is_clear_)
			c_.env = nothing;
		if (!of.env_set_.empty())
			c_.env_set = set_.data();
		if (!of.env_unset_.empty())
			c_.env_unset = unset_.data();
	}

	void descriptors(const command &of)
	{
		put(c_.in, of.in_);
		put(c_.out, of.out_);
		put(c_.err, of.err_);
		for (const auto &[number, from] : of.fds_) {
			fds_.push_back({ number, 0, ::ward_stdio() });
			put(fds_.back().from, from);
		}
		if (!fds_.empty()) {
			c_.fds = fds_.data();
			c_.n_fds = fds_.size();
		}
	}

	void put(::ward_stdio &to, const stdio &from) noexcept
	{
		const ::ward_stdio c = from.c();

		if (c.kind == WARD_FD_PATH)
			pointer(from.text());
		if (c.kind != WARD_FD_INHERIT)
			to = c;
	}

	void numbers(const command &of) noexcept
	{
		if (!of.groups_.empty()) {
			c_.groups = of.groups_.data();
			c_.n_groups = of.groups_.size();
		}
		if (!of.cpus_.empty()) {
			c_.cpus = of.cpus_.data();
			c_.n_cpus = of.cpus_.size();
		}
		if (!of.rlimits_.empty()) {
			c_.rlimits = of.rlimits_.data();
			c_.n_rlimits = of.rlimits_.size();
		}
		if (of.pty_.size != 0)
			c_.pty = &of.pty_;
	}

	bool has_nul_ = false;                /* before the lists, which set it */
	list argv_, set_, unset_;
	std::vector<struct ::ward_fd> fds_;
	::ward_error error_ = WARD_ERROR_INIT;
	::ward_spawn_opts c_;
};

inline result<process> command::try_spawn() const noexcept
{
	return detail::bounded([this]() -> result<process> {
		struct ward *w = nullptr;
		start begin(*this);
		int r = begin.check();

		if (r == 0)
			r = ward_spawn(&w, begin.argv(), begin.c());
		if (r < 0)
			return begin.why(r);
		return process(w);
	});
}

} /* namespace wards */

#endif
