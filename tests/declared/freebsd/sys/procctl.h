/* SPDX-License-Identifier: MIT */
/*
 * Procctl(2). Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_PROCCTL_H
#define DECLARED_SYS_PROCCTL_H

#include <sys/types.h>
#include <sys/wait.h>

#define PROC_PDEATHSIG_CTL 11
#define PROC_NO_NEW_PRIVS_CTL 19
#define PROC_NO_NEW_PRIVS_ENABLE 1

int procctl(idtype_t kind, id_t id, int command, void *data);

#endif
