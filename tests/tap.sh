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

# skipped SENTENCE REASON: what cannot be tried here.
skipped() {
	claims=$((claims + 1))
	echo "ok $claims - $1 # SKIP $2"
}

# merged NAME FILE: the cases of the TAP in FILE become claims of ours, "NAME: sentence". That
# there are as many as its plan says is one claim more.
merged() {
	awk -v name="$1" -v n="$claims" '
		/^1\.\.[0-9]+/ { next }
		/^(not )?ok [0-9]+ - / { sub(/ok [0-9]+ - /, "ok " ++n " - " name ": ") }
		/^(not )?ok |^#/' "$2"
	claims=$((claims + $(grep -cE '^(not )?ok [0-9]+ - ' "$2")))
	failures=$((failures + $(grep -c '^not ok ' "$2")))
	claim "$1: the plan was fulfilled" fulfilled "$2"
}

# fulfilled FILE
fulfilled() {
	planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$1")
	told=$(grep -cE '^(not )?ok [0-9]+ - ' "$1")
	[ -n "$planned" ] && [ "$told" -gt 0 ] && [ "$told" = "$planned" ] && return
	echo "$told of ${planned:-no} cases were told; the end was:"
	tail -n 20 "$1"
	return 1
}
