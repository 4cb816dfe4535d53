/* SPDX-License-Identifier: MIT */
/*
 * The numbers of system calls. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS_SYSCALL_H
#define DECLARED_SYS_SYSCALL_H

#define SYS_fork 2
#define SYS_sigaction 416

#endif
