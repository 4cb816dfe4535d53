#!/bin/sh
# SPDX-License-Identifier: MIT
#
# kill-children.sh PID: kill a tree from its leaves upwards, found in the kernel's lists of
# children: the quickest that a shell can do, as it runs no program for it. Whoever is
# killed stays a zombie of its parent till that is killed, so no number changes its owner;
# what forks meanwhile, or left its parent before, gets away.
kill_tree() {
	children=
	read -r children <"/proc/$1/task/$1/children"
	for child in $children; do
		kill_tree "$child"
	done
	kill -KILL "$1"
}
[ "$1" -gt 1 ] && kill_tree "$1"
