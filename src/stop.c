/* SPDX-License-Identifier: MIT */
/* Signals, and stopping step by step. */
#include "stop.h"

#include <errno.h>
#include <signal.h>

#include "call.h"
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

void ward__stop_gentle(struct ward_stop_step ret[WARD__GENTLE_STEPS])
{
	ret[0] = (struct ward_stop_step){ ward__signal_by_name("TERM"),
		                          WARD_STOP_CONTINUE, 5 * WARD_NS_PER_S };
	ret[1] = (struct ward_stop_step){ ward__signal_by_name("KILL"), 0, WARD_FOREVER };
}

int ward__stop_send(struct ward *w, const struct ward_stop_step *step)
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
		r = ward__stop_send(w, &steps[i]);
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

int ward__stop_check(const struct ward_stop_step steps[], size_t n)
{
	const uint32_t known = WARD_STOP_GROUP | WARD_STOP_CONTINUE | WARD_STOP_JOB;

	if ((!steps && n > 0) || n > INT32_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		if (steps[i].signal < 0 || (steps[i].flags & ~known) != 0)
			return -EINVAL;
	return 0;
}

bool ward__stop_has(const struct ward_stop_step steps[], size_t n, uint32_t flag)
{
	for (size_t i = 0; i < n; i++)
		if (steps[i].flags & flag)
			return true;
	return false;
}

int ward_stop(struct ward *w, const struct ward_stop_step steps[], size_t n,
              struct ward_exit *ret)
{
	struct ward_stop_step gentle[WARD__GENTLE_STEPS];
	struct ward__call call;
	int r;

	if (!w || ward__stop_check(steps, n) < 0 ||
	    ward__stop_has(steps, n, WARD_STOP_JOB) ||
	    ward__sized_check(ret, sizeof(struct ward_exit)) < 0)
		return -EINVAL;
	call = ward__call_begin();
	ward__enter(w);
	ward__stop_gentle(gentle);
	r = n == 0 ? stop(w, gentle, WARD__GENTLE_STEPS, ret) : stop(w, steps, n, ret);
	ward__leave(w);
	ward__call_end(&call);
	return r;
}
