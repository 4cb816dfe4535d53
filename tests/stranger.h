/* SPDX-License-Identifier: MIT */
/* A process that is not our child, whose end and collection a test orders. */
#ifndef STRANGER_H
#define STRANGER_H

#include "help.h"

#if HOST_POSIX
/*
 * A stranger, so made that both its end and its collection are ours to order: `owner`
 * forks it, and each of the two waits for an end of file.
 */
struct stranger {
	pid_t owner, pid;
	int hold, collect;                    /* close to end it; to have it collected */
};

static inline _Noreturn void be_owner(int told, int hold, int collect)
{
	char byte;
	pid_t pid = fork();

	if (pid == 0) {
		if (read(hold, &byte, 1) == 0)
			_exit(33);
		_exit(99);
	}
	close(hold);
	if (write(told, &pid, sizeof(pid)) != sizeof(pid) ||
	    read(collect, &byte, 1) != 0 || waitpid(pid, NULL, 0) != pid)
		_exit(99);
	_exit(0);
}

static inline struct stranger make_stranger(void)
{
	struct stranger s;
	int told[2], hold[2], collect[2];

	make_pipe(told);
	make_pipe(hold);
	make_pipe(collect);
	s.owner = fork();
	if (s.owner == 0) {
		close(hold[1]);
		close(collect[1]);
		be_owner(told[1], hold[0], collect[0]);
	}
	REQUIRE_EQ(read(told[0], &s.pid, sizeof(s.pid)), sizeof(s.pid));
	close(told[0]);
	close(told[1]);
	close(hold[0]);
	close(collect[0]);
	s.hold = hold[1];
	s.collect = collect[1];
	return s;
}

static inline void collect_owner(const struct stranger *s)
{
	int status = 1;

	REQUIRE_EQ(waitpid(s->owner, &status, 0), s->owner);
	CHECK_EQ(status, 0);
}
#endif

#endif
