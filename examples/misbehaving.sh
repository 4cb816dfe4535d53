#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A job as nobody wants it: it ignores TERM, leaves a daemon behind in a session of its own,
# and prints without end. `make demo` runs it. $1 is a file for the identity of that daemon.

trap '' TERM                    # the daemon inherits that
setsid sleep 600 &
ward id $! >"$1"
while :; do
	yes "all work and no play makes this a very long output" | head -n 10000
	sleep 0.1
done
