/* SPDX-License-Identifier: MIT */
/*
 * Asked for by the compiler's stddef.h. Only declarations, to check syntax and types on a
 * machine without that system; nothing here runs.
 */
#ifndef DECLARED_SYS__TYPES_H
#define DECLARED_SYS__TYPES_H

#endif
