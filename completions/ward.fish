# SPDX-License-Identifier: MIT
# Completion of ward(1) for fish.

function __ward_bare
    test (count (commandline -opc)) -eq 1
end

function __ward_verb
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

# The words of the (last) command of "ward run" or "ward pipe" so far; fails while there are only options.
function __ward_command
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1..2]
    while set -q words[1]
        switch $words[1]
            case --
                set -e words[1]
                break
            case -t -k -s --timeout --kill-after --signal --dir --env --unset --user --group \
                --umask --nice --rlimit --stdin --stdout --stderr --report-file \
                --capture-limit --keep --idle-timeout --drain --tee --input \
                --means --at-least --memory-max --pids-max --cpu-max --lifeline
                set -e words[1]
                set -q words[1]; and set -e words[1]
            case '-*'
                set -e words[1]
            case '*'
                break
        end
    end
    if __ward_verb pipe
        while contains -- ::: $words[1..-2]
            set -e words[1]
        end
    end
    set -q words[1]; or return 1
    set -l last $words[-1]
    set -e words[-1]
    set -q words[1]; and string escape -- $words
    printf '%s\n' $last
end

function __ward_run_option
    __ward_verb run pipe; and not __ward_command >/dev/null
end

function __ward_run_command
    set -l line (__ward_command); or return
    complete -C "$line"
end

function __ward_signals
    kill -l | string split ' ' | string match -r '^[A-Z]\S*' | string replace -r '^SIG' ''
end

set -l durations '1s 5s 30s 1m 10m 1h forever'
set -l limits 'cpu= fsize= data= stack= core= rss= nproc= nofile= memlock= as= locks= \
    sigpending= msgqueue= nice= rtprio= rttime='

complete -c ward -f
complete -c ward -n __ward_bare -a run -d 'Start a command, bound its time'
complete -c ward -n __ward_bare -a pipe -d 'Start a pipeline without a shell'
complete -c ward -n __ward_bare -a wait -d 'Wait for running processes'
complete -c ward -n __ward_bare -a kill -d 'Signal running processes'
complete -c ward -n __ward_bare -a id -d 'Name running processes for good'
complete -c ward -n __ward_bare -a info -d 'Tell about running processes'
complete -c ward -n __ward_bare -a tree -d 'Tell about all that descends from them'
complete -c ward -n __ward_bare -s h -l help -d 'Show help'
complete -c ward -n __ward_bare -s V -l version -d 'Show the version'

complete -c ward -n __ward_run_option -s t -l timeout -x -a $durations -d 'End it after this time'
complete -c ward -n __ward_run_option -s s -l signal -x -a '(__ward_signals)' -d 'First with this signal'
complete -c ward -n __ward_run_option -s k -l kill-after -x -a $durations -d 'KILL this much later'
complete -c ward -n __ward_run_option -l dir -x -a '(__fish_complete_directories)' -d 'In this directory'
complete -c ward -n __ward_run_option -l env -x -a '(set -nx | string replace -r "\$" =)' -d 'Add NAME=VALUE'
complete -c ward -n __ward_run_option -l unset -x -a '(set -nx)' -d 'Take from its environment'
complete -c ward -n __ward_run_option -l clear-env -d 'Begin with an empty environment'
complete -c ward -n __ward_run_option -l user -x -a '(__fish_complete_users)' -d 'As this user'
complete -c ward -n __ward_run_option -l group -x -a '(__fish_complete_groups)' -d 'With this group'
complete -c ward -n __ward_run_option -l umask -x -a '022 027 077' -d 'With this umask'
complete -c ward -n __ward_run_option -l nice -x -d 'At this niceness'
complete -c ward -n __ward_run_option -l rlimit -x -a $limits -d 'With this resource limit'
complete -c ward -n __ward_run_option -l new-session -d 'In a session of its own'
complete -c ward -n __ward_run_option -l leave -d 'Let live what it leaves behind'
complete -c ward -n __ward_run_option -l means -x -a 'cgroup keeper pidns group' -d 'Hold what it starts by this'
complete -c ward -n __ward_run_option -l at-least -x -a 'group tree kernel' -d '... no less than'
complete -c ward -n __ward_run_option -l memory-max -x -a '64M 256M 1G 4G' -d 'Limit the memory of all'
complete -c ward -n __ward_run_option -l pids-max -x -d 'Limit its processes'
complete -c ward -n __ward_run_option -l cpu-max -x -d 'Limit its processors'
complete -c ward -n __ward_run_option -l lifeline -x -d 'End it when the other side is gone'
complete -c ward -n '__ward_verb run; and __ward_run_option' -l init -d 'As the first process of a container'
complete -c ward -n '__ward_verb run; and __ward_run_option' -s g -l signal-group -d '... with signals for its group'
complete -c ward -n __ward_run_option -l stdin -r -F -d 'Read from this file'
complete -c ward -n __ward_run_option -l stdout -r -F -d 'Write to this file'
complete -c ward -n __ward_run_option -l stderr -r -F -d 'Write errors to this file'
complete -c ward -n __ward_run_option -l append -d 'Add to these files'
complete -c ward -n __ward_run_option -l input -r -F -d 'Feed it this file by a pipe'
complete -c ward -n '__ward_verb run; and __ward_run_option' -l pty -d 'On a terminal of its own'
complete -c ward -n __ward_run_option -l capture-limit -x -a '64K 1M 10M 100M 1G' -d 'Pass on this much'
complete -c ward -n __ward_run_option -l keep -x -a 'head tail ends close kill' -d 'Which part of it'
complete -c ward -n __ward_run_option -l idle-timeout -x -a $durations -d 'End it when silent'
complete -c ward -n __ward_run_option -l drain -x -a $durations -d 'Read on after its end'
complete -c ward -n __ward_run_option -l prefix -d 'Begin its lines with its name'
complete -c ward -n __ward_run_option -l timestamps -d 'Begin its lines with the time'
complete -c ward -n __ward_run_option -l tee -r -F -d 'Write its output here, too'
complete -c ward -n __ward_run_option -l report -d 'Say how it went'
complete -c ward -n __ward_run_option -a '--report=text --report=json' -d 'Say how it went'
complete -c ward -n __ward_run_option -l report-file -r -F -d 'Write the report here'
complete -c ward -n '__ward_verb run pipe' -a '(__ward_run_command)'

complete -c ward -n '__ward_verb wait' -s t -l timeout -x -a $durations -d 'Give up after this time'
complete -c ward -n '__ward_verb wait' -l any -d 'Wait for the first that ends'
complete -c ward -n '__ward_verb kill' -s s -l signal -x -a '(__ward_signals)' -d 'The signal'
complete -c ward -n '__ward_verb kill' -s k -l kill-after -x -a $durations -d 'KILL after this time'
complete -c ward -n '__ward_verb kill' -l group -d 'To the group that each one leads'
complete -c ward -n '__ward_verb kill' -l tree -d 'End it with all that descends from it'
complete -c ward -n '__ward_verb id' -l boot -d 'Add the boot of the machine'
complete -c ward -n '__ward_verb wait info tree' -l json -d 'One JSON object a line'
complete -c ward -n '__ward_verb run pipe wait kill id info tree' -s h -l help -d 'Show help'
complete -c ward -n '__ward_verb wait kill id info tree' -a '(__fish_complete_pids)'
