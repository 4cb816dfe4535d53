/* SPDX-License-Identifier: MIT */
/*
 * What /proc says of a process. It is asked by number, so the caller has to make sure
 * afterwards that the number still meant the process (ward__process_info does).
 */
#ifndef WARD_LINUX_PROC_H
#define WARD_LINUX_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "ward.h"

/* "Pid:" of /proc/self/fdinfo/FD; -EBADF: not a pidfd; -ESRCH: collected. */
int64_t ward__proc_fdinfo_pid(int fd);

/* The thread group of a thread id, by /proc/TID/status; negative errno when not told. */
int64_t ward__proc_tgid(int64_t tid);

/* Start time in clock ticks since boot, from /proc/PID/stat. */
int ward__proc_start(int64_t pid, uint64_t *ret);

/* /proc/PID/stat and /proc/PID/status into @info; fields that are not told stay. */
int ward__proc_info(int64_t pid, struct ward_info *info);

/* The boot id of the machine; false when /proc does not tell. */
bool ward__proc_boot(uint8_t ret[16]);

#endif
