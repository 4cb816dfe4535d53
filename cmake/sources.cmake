# SPDX-License-Identifier: MIT
#
# The source files, folder by folder as the meson.build files have them, and what each system
# is made of. tests/cmake holds the lists against Meson's and against the folders.

set(ward_core
  src/buffer.c
  src/channels.c
  src/descendants.c
  src/env.c
  src/error.c
  src/fail.c
  src/identity.c
  src/input.c
  src/job.c
  src/job_ask.c
  src/job_group.c
  src/job_stop.c
  src/left.c
  src/lines.c
  src/list.c
  src/memory.c
  src/open.c
  src/orphan.c
  src/output.c
  src/pipeline.c
  src/pipeline_start.c
  src/result.c
  src/run.c
  src/run_opts.c
  src/set.c
  src/set_care.c
  src/set_clock.c
  src/set_event.c
  src/set_job.c
  src/set_member.c
  src/set_start.c
  src/set_wait.c
  src/signal_name.c
  src/sized.c
  src/spawn.c
  src/spawn_copy.c
  src/stop.c
  src/stopping.c
  src/stream.c
  src/wait.c
  src/ward.c
)

set(ward_unix
  src/unix/channel.c
  src/unix/child.c
  src/unix/child_fds.c
  src/unix/ending.c
  src/unix/fork.c
  src/unix/host.c
  src/unix/job.c
  src/unix/job_group.c
  src/unix/keeper.c
  src/unix/kept.c
  src/unix/move.c
  src/unix/plan.c
  src/unix/pty.c
  src/unix/sigpipe.c
  src/unix/sleep.c
  src/unix/slots.c
  src/unix/socket.c
  src/unix/thread.c
  src/unix/unnamed.c
  src/unix/user.c
  src/unix/waiter.c
)

set(ward_forked
  src/forked/ask.c
  src/forked/calls.c
  src/forked/io.c
  src/forked/job_kept.c
  src/forked/keeper.c
  src/forked/keeper_life.c
  src/forked/keeper_members.c
  src/forked/keeper_start.c
  src/forked/number.c
  src/forked/pass.c
  src/forked/process.c
)

set(ward_linux
  src/linux/clone3.c
  src/linux/block.c
  src/linux/cgroup.c
  src/linux/cgroup_file.c
  src/linux/cgroup_find.c
  src/linux/cgroup_limits.c
  src/linux/cgroup_members.c
  src/linux/cgroup_sweep.c
  src/linux/cgroup_tree.c
  src/linux/cgroup_usage.c
  src/linux/end.c
  src/linux/facts.c
  src/linux/io.c
  src/linux/job.c
  src/linux/job_cgroup.c
  src/linux/job_keeper.c
  src/linux/keeper.c
  src/linux/keeper_able.c
  src/linux/keeper_birth.c
  src/linux/keeper_code.c
  src/linux/keeper_fork.c
  src/linux/keeper_image.c
  src/linux/keeper_members.c
  src/linux/keeper_start.c
  src/linux/keeper_walk.c
  src/linux/pass.c
  src/linux/pidfd.c
  src/linux/poller.c
  src/linux/probe.c
  src/linux/proc.c
  src/linux/process.c
  src/linux/reopen.c
  src/linux/scope.c
  src/linux/self.c
  src/linux/signal.c
  src/linux/stack.c
  src/linux/start.c
  src/linux/sys.c
  src/linux/systemd.c
  src/linux/usher.c
)

set(ward_freebsd
  src/freebsd/facts.c
  src/freebsd/job.c
  src/freebsd/keeping.c
  src/freebsd/pass.c
  src/freebsd/poller.c
  src/freebsd/sys.c
  src/freebsd/watch.c
)

set(ward_kqueue
  src/kqueue/facts_dragonfly.c
  src/kqueue/facts_macos.c
  src/kqueue/facts_netbsd.c
  src/kqueue/facts_openbsd.c
  src/kqueue/job.c
  src/kqueue/keeping.c
  src/kqueue/macos.c
  src/kqueue/poller.c
  src/kqueue/sys.c
  src/kqueue/watch.c
)

set(ward_posix
  src/posix/job.c
  src/posix/keeping.c
  src/posix/look.c
  src/posix/poller.c
  src/posix/sys.c
  src/posix/watch.c
  src/posix/watchman.c
)

set(ward_windows
  src/windows/birth.c
  src/windows/channel.c
  src/windows/command_line.c
  src/windows/descriptor.c
  src/windows/end.c
  src/windows/environment.c
  src/windows/event.c
  src/windows/fate.c
  src/windows/guard.c
  src/windows/handles.c
  src/windows/host.c
  src/windows/info.c
  src/windows/job.c
  src/windows/job_empty.c
  src/windows/job_lend.c
  src/windows/job_limits.c
  src/windows/job_members.c
  src/windows/memory_file.c
  src/windows/mover.c
  src/windows/nt.c
  src/windows/os_error.c
  src/windows/path.c
  src/windows/pipe.c
  src/windows/poller.c
  src/windows/process.c
  src/windows/program.c
  src/windows/reader.c
  src/windows/refuse.c
  src/windows/set_loop.c
  src/windows/signal.c
  src/windows/sleep.c
  src/windows/start.c
  src/windows/telling.c
  src/windows/terminal.c
  src/windows/text.c
  src/windows/thread.c
  src/windows/watched.c
  src/windows/writer.c
)

# What each system is made of.
set(WARD_SOURCES ${ward_core})
set(WARD_SOURCES_linux ${ward_unix} ${ward_linux})
set(WARD_SOURCES_windows ${ward_windows})
foreach(system freebsd kqueue posix)
  set(WARD_SOURCES_${system} ${ward_unix} ${ward_forked} ${ward_${system}})
endforeach()

set(WARD_HEADERS include/ward.h include/ward.hpp)
set(WARD_HEADERS_linux include/ward_posix.h include/ward_linux.h)
set(WARD_HEADERS_windows include/ward_windows.h)
set(WARD_HEADERS_freebsd include/ward_posix.h)
set(WARD_HEADERS_kqueue include/ward_posix.h)
set(WARD_HEADERS_posix include/ward_posix.h)

# The adapters to event loops, in a folder of their own; Windows has no use for them.
foreach(system freebsd kqueue linux posix)
  set(WARD_LOOPS_${system}
    include/ward/ev.h
    include/ward/event.h
    include/ward/glib.h
    include/ward/sd.h
    include/ward/uring.h
    include/ward/uv.h
  )
endforeach()
