/* SPDX-License-Identifier: MIT */
/* Signals, and stopping step by step. */
#include <errno.h>
#include <signal.h>

#include "call.h"
#include "handle.h"
#include "signal_name.h"
#include "sized.h"

static int signal_ward(struct ward *w, int sig, bool group)
{
	struct ward__call call;
	int r;

	if (!w || sig < 0)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = ward__process_signal(w->process, sig, group);
	ward__leave(w);
	ward__call_end(&call);
	return r;
}

int ward_signal(struct ward *w, int sig)
{
	return signal_ward(w, sig, false);
}

int ward_signal_group(struct ward *w, int sig)
{
	return signal_ward(w, sig, true);
}

static int default_signals(int i)
{
	return ward__signal_by_name(i == 0 ? "TERM" : "KILL");
}

static int send_step(struct ward *w, const struct ward_stop_step *step)
{
	bool group = (step->flags & WARD_STOP_GROUP) != 0;
	int r = 0;

	if (step->signal != 0)
		r = ward__process_signal(w->process, step->signal, group);
	/* It may have ended just now: the wait that follows tells. */
	if (r < 0 && r != -ESRCH)
		return r;
	if (step->flags & WARD_STOP_CONTINUE)
		ward__process_signal(w->process, ward__signal_by_name("CONT"), group);
	return 0;
}

static int stop(struct ward *w, const struct ward_stop_step steps[], size_t n,
                struct ward_exit *ret)
{
	int r = ward__ask(w, ret);

	if (r != 0)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < n; i++) {
		r = send_step(w, &steps[i]);
		if (r == -ENOTSUP && i + 1 < n)
			continue;         /* nothing was sent: nothing to wait for */
		if (r < 0)
			return r;
		r = ward__wait(w, ward__deadline(steps[i].timeout_ns), ret);
		if (r != 0)
			return r < 0 ? r : (int)i + 1;
	}
	return -ETIMEDOUT;
}

static int check_steps(const struct ward_stop_step steps[], size_t n)
{
	const uint32_t known = WARD_STOP_GROUP | WARD_STOP_CONTINUE;

	if ((!steps && n > 0) || n > INT32_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (steps[i].signal < 0 || (steps[i].flags & ~known) != 0)
			return -EINVAL;
	return 0;
}

int ward_stop(struct ward *w, const struct ward_stop_step steps[], size_t n,
              struct ward_exit *ret)
{
	const struct ward_stop_step gentle[] = {
		{ default_signals(0), WARD_STOP_CONTINUE, 5 * WARD_NS_PER_S },
		{ default_signals(1), 0, WARD_FOREVER },
	};
	struct ward__call call;
	int r;

	if (!w || check_steps(steps, n) < 0 ||
	    ward__sized_check(ret, sizeof(struct ward_exit)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	r = n == 0 ? stop(w, gentle, 2, ret) : stop(w, steps, n, ret);
	ward__leave(w);
	ward__call_end(&call);
	return r;
}
