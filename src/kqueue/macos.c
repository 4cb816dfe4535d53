/* SPDX-License-Identifier: MIT */
typedef int ward__not_macos_yet;
