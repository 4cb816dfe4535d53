/* SPDX-License-Identifier: MIT */
/* The signals that <signal.h> of Windows does not have. */
#ifndef WARD_WINDOWS_SIGNALS_H
#define WARD_WINDOWS_SIGNALS_H

enum {
	WARD__SIGKILL = 9,
	WARD__KILLED_CODE = 137       /* the code of a process that KILL has ended */
};

#endif
