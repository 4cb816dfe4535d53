/* SPDX-License-Identifier: MIT */
/*
 * Pdfork(2). Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_PROCDESC_H
#define DECLARED_SYS_PROCDESC_H

#include <sys/types.h>

#define PD_DAEMON 0x00000001
#define PD_CLOEXEC 0x00000002

pid_t pdfork(int *fd, int flags);
int pdkill(int fd, int signal);
int pdgetpid(int fd, pid_t *pid);

#endif
