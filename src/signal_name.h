/* SPDX-License-Identifier: MIT */
/* A signal of the host by its name without SIG ("TERM"), and back. */
#ifndef WARD_SIGNAL_NAME_H
#define WARD_SIGNAL_NAME_H

/* -EINVAL: the host has no such signal. */
int ward__signal_by_name(const char *name);

#endif
