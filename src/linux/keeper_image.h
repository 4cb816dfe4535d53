/* SPDX-License-Identifier: MIT */
/* The keeper's program as a file that can be executed. */
#ifndef WARD_LINUX_KEEPER_IMAGE_H
#define WARD_LINUX_KEEPER_IMAGE_H

/* A descriptor, CLOEXEC; -ENOTSUP where there is no such program; other errors. */
int ward__keeper_image(void);

#endif
