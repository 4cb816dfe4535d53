# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What test scripts share: claims in the Test Anything Protocol, as tests/check.h has them
# for programs. Each script sources this and ends with `all_claims_made`.

claims=0
failures=0

# claim SENTENCE COMMAND...: the command's status says whether it holds; its output is shown
# when it does not.
claim() {
	sentence=$1
	shift
	claims=$((claims + 1))
	if outcome=$("$@" 2>&1); then
		echo "ok $claims - $sentence"
	else
		failures=$((failures + 1))
		echo "not ok $claims - $sentence"
		printf '%s\n' "$outcome" | sed 's/^/# /'
	fi
}

all_claims_made() {
	echo "1..$claims"
	[ "$failures" = 0 ]
	exit
}

# nothing COMMAND...: holds when the command prints nothing; what it prints is the trouble.
nothing() {
	printed=$("$@" 2>&1)
	printf '%s' "$printed"
	[ -z "$printed" ]
}

# program NAME...: all of them are here.
program() {
	for name in "$@"; do
		command -v "$name" >/dev/null || { echo "$name is not installed"; return 1; }
	done
}
