# SPDX-License-Identifier: MIT
# Completion of ward(1) for bash, with bash-completion or without it.

_ward_words() {
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_ward_from() {
	mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

_ward_value() {
	case $1 in
	-s | --signal)
		_ward_words "$(kill -l | tr -s '\t ' '\n' | sed -n 's/^SIG//p')" ;;
	-t | --timeout | -k | --kill-after | --idle-timeout | --drain)
		_ward_words '1s 5s 30s 1m 10m 1h forever' ;;
	--dir)
		_ward_from -d
		compopt -o filenames 2>/dev/null ;;
	--stdin | --stdout | --stderr | --report-file | --tee | --input)
		_ward_from -f
		compopt -o filenames 2>/dev/null ;;
	--user)
		_ward_from -u ;;
	--group)
		_ward_from -g ;;
	--env)
		_ward_from -v -S =
		compopt -o nospace 2>/dev/null ;;
	--unset)
		_ward_from -v ;;
	--report)
		_ward_words 'text json' ;;
	--capture-limit)
		_ward_words '64K 1M 10M 100M 1G' ;;
	--means)
		_ward_words 'cgroup keeper pidns group' ;;
	--at-least)
		_ward_words 'group tree kernel' ;;
	--memory-max)
		_ward_words '64M 256M 1G 4G' ;;
	--keep)
		_ward_words 'head tail ends close kill' ;;
	--umask)
		_ward_words '022 027 077' ;;
	--rlimit)
		_ward_words 'cpu= fsize= data= stack= core= rss= nproc= nofile= memlock= as=
			locks= sigpending= msgqueue= nice= rtprio= rttime='
		compopt -o nospace 2>/dev/null ;;
	*) return 1 ;;
	esac
	return 0
}

_ward_takes_value() {
	case $1 in
	-t | --timeout | -k | --kill-after | -s | --signal | --dir | --env | --unset | --user | \
	--group | --umask | --nice | --rlimit | --stdin | --stdout | --stderr | --report-file | \
	--capture-limit | --keep | --idle-timeout | --drain | --tee | --input | --means | \
	--at-least | --memory-max | --pids-max | --cpu-max | --lifeline)
		return 0 ;;
	esac
	return 1
}

# Where the words of the (last) command of "ward run" or "ward pipe" begin, or nothing. --name=value is one word
# for the shell but three for its completion.
_ward_stage_at() {
	local i at=$1
	if [[ ${COMP_WORDS[1]} == pipe ]]; then
		for ((i = at; i < COMP_CWORD; i++)); do
			[[ ${COMP_WORDS[i]} == ::: ]] && at=$((i + 1))
		done
	fi
	echo "$at"
}

_ward_command_at() {
	local i
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) _ward_stage_at $((i + 1)); return ;;
		-*)
			if [[ ${COMP_WORDS[i + 1]} == = ]]; then
				((i += 2))
			elif _ward_takes_value "${COMP_WORDS[i]}"; then
				((i++))
			fi ;;
		*) _ward_stage_at "$i"; return ;;
		esac
	done
	((i == COMP_CWORD)) && [[ $cur != -* ]] && echo "$i"
}

_ward_run() {
	local at
	at=$(_ward_command_at)
	if [[ $at ]]; then
		if declare -F _comp_command_offset >/dev/null; then
			_comp_command_offset "$at"
		elif declare -F _command_offset >/dev/null; then
			_command_offset "$at"
		elif ((at == COMP_CWORD)); then
			_ward_from -c
		else
			_ward_from -f
		fi
		return
	fi
	_ward_value "$prev" && return
	case $prev in
	--nice | --pids-max | --cpu-max | --lifeline) return ;;
	esac
	_ward_words '--timeout --kill-after --signal --dir --env --unset --clear-env --user
		--group --umask --nice --rlimit --new-session --stdin --stdout --stderr --append
		--capture-limit --keep --idle-timeout --drain --prefix --prefix= --timestamps
		--leave --means --at-least --memory-max --pids-max --cpu-max --lifeline
		--tee --input --report --report=text --report=json --report-file --help'
	if [[ ${COMP_WORDS[1]} == run ]]; then
		local more
		for more in --pty --init --signal-group; do
			[[ $more == "$cur"* ]] && COMPREPLY+=("$more")
		done
	fi
}

_ward() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	COMPREPLY=()
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD == 1)); then
		_ward_words 'run pipe wait kill id info tree --help --version'
		return
	fi
	if [[ ${COMP_WORDS[1]} == run || ${COMP_WORDS[1]} == pipe ]]; then
		_ward_run
		return
	fi
	_ward_value "$prev" && return
	case ${COMP_WORDS[1]}:$cur in
	wait:-*) _ward_words '--timeout --any --json --help' ;;
	kill:-*) _ward_words '--signal --kill-after --group --tree --help' ;;
	id:-*) _ward_words '--boot --help' ;;
	info:-* | tree:-*) _ward_words '--json --help' ;;
	*) _ward_words "$(ps -A -o pid= 2>/dev/null)" ;;
	esac
}

complete -F _ward ward
