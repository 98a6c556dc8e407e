"""Many small experiments at once, each with a PID namespace and a /proc of its own."""

import ctypes
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def enter():
    """For a process just forked: its next child is the first process of a new namespace."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    check(libc.unshare(CLONE_NEWPID | CLONE_NEWNS), "unshare")


def prepare():
    """For that first process."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    check(libc.mount(b"proc", b"/proc", b"proc", 0, None), "mount /proc")


def are_possible():
    pid = os.fork()
    if pid == 0:
        try:
            enter()
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def run_one(work, argument, result):
    """In a process of its own; what `work` returns is written down as JSON."""
    try:
        enter()
        first = os.fork()
        if first:
            os.waitpid(first, 0)
            return
        prepare()
        said = work(argument)
    except BaseException:  # noqa: B902  nothing may escape into the tests of the process that forked
        said = {"error": traceback.format_exc()}
    result.write_text(json.dumps(said))


def run_all(work, arguments, at_once):
    """`work(argument)` of each, in the arguments' order; everything that it started ends with it."""
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryDirectory(prefix="m1opt-apart-") as place:
        results = [Path(place) / str(number) for number in range(len(arguments))]
        waiting = list(zip(arguments, results))[::-1]
        running = set()
        while waiting or running:
            while waiting and len(running) < at_once:
                argument, result = waiting.pop()
                pid = os.fork()
                if pid == 0:
                    run_one(work, argument, result)
                    os._exit(0)
                running.add(pid)
            for pid in list(running):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    running.discard(pid)
            time.sleep(0.005)
        return [json.loads(result.read_text()) if result.exists() else {"error": "it ended badly"}
                for result in results]
