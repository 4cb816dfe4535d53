#!/bin/sh
# SPDX-License-Identifier: MIT
#
# kill-pgrep.sh PID: the same as kill-children.sh as most people write it, a pgrep for each
# process, which reads all of /proc each time.
kill_tree() {
	for child in $(pgrep -P "$1"); do
		kill_tree "$child"
	done
	kill -KILL "$1"
}
[ "$1" -gt 1 ] && kill_tree "$1"
