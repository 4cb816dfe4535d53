/* SPDX-License-Identifier: MIT */
/*
 * MacOS. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_MACOS_H
#define DECLARED_MACOS_H

#include <grp.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/event.h>
#include <unistd.h>

#define __APPLE__ 1
#define OPEN_MAX 10240
#define NOTE_EXITSTATUS 0x04000000u
#define NOTE_NSECONDS 0x00000004u

#define POSIX_SPAWN_START_SUSPENDED 0x0080
#define POSIX_SPAWN_CLOEXEC_DEFAULT 0x4000

int posix_spawn_file_actions_addinherit_np(posix_spawn_file_actions_t *actions, int fd);

#define getgrouplist declared_getgrouplist
int declared_getgrouplist(const char *name, int group, int *groups, int *n);
size_t strlcpy(char *to, const char *from, size_t size);

#endif
