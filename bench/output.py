# SPDX-License-Identifier: MIT
"""output.py capture|discard TURNS PROGRAM [ARG]...: run it so often, and measure that.

Prints the bytes that came, the nanoseconds it took, and those of this process's own
processor time. Capture is subprocess.run, discard a loop of readinto, which is the best
that Python has.
"""

import resource
import subprocess
import sys
import time


def capture(argv):
    return len(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)


def discard(argv):
    buffer = bytearray(65536)
    total = 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE, bufsize=0) as process:
        while n := process.stdout.readinto(buffer):
            total += n
    if process.returncode:
        sys.exit(1)
    return total


def cpu_ns():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return int((usage.ru_utime + usage.ru_stime) * 1e9)


def main():
    run = {"capture": capture, "discard": discard}[sys.argv[1]]
    turns, argv = int(sys.argv[2]), sys.argv[3:]
    cpu, begin = cpu_ns(), time.monotonic_ns()
    total = sum(run(argv) for _ in range(turns))
    print(total, time.monotonic_ns() - begin, cpu_ns() - cpu)


main()
