/* SPDX-License-Identifier: MIT */
/* A process through a unix socket: one descriptor and a header that says what it is. */
#ifndef WARD_UNIX_SOCKET_H
#define WARD_UNIX_SOCKET_H

#include <stdint.h>
#include <sys/socket.h>

/* macOS has no such flag: there a socket is told once, by SO_NOSIGPIPE. */
#ifdef MSG_NOSIGNAL
#define WARD__NOSIGNAL MSG_NOSIGNAL
#else
#define WARD__NOSIGNAL 0
#endif

/*
 * Send or receive one descriptor until @deadline. Received ones are CLOEXEC. -ETIMEDOUT;
 * -EPIPE, the other end is gone; -EBADMSG, something else came (and was dropped).
 */
int ward__socket_send(int socket, int fd, int64_t deadline);
int ward__socket_recv(int socket, int64_t deadline);

/*
 * The type of the control message by which this system adds a descriptor of the sender
 * that nobody sent (Linux' SCM_PIDFD), or -1. Each system has it in its folder.
 */
int ward__socket_added_fd(void);

#endif
