"""How fast a real memory pressure event stops a target: a file-backed hog in a small memory cgroup makes the
kernel stall, the daemon's PSI trigger fires, and the daemon itself times the way from there to the stop it read back."""

import contextlib
import json
import mmap
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

from demo_daemon import Failed, wait_for

LIMIT_BYTES = 48 << 20
FILE_BYTES = 256 << 20
STALL_THREADS = 6
# Anything above no stall at all trips at once; a target a user resumed may be held again after half a second.
OVERLAY = {
    "sampling": {"busy_period_s": 30, "idle_period_s": 30},
    "limits": {"cooldown_s": 0.1, "post_action_s": 0.1, "suspensions_per_hour": 10000, "manual_resume_s": 0.5},
    "rules": [{"name": "bench", "needs": "nothing", "ladder": ["suspend"],
               "any": [{"all": [{"metric": "psi_some_percent", "enter": 0.2, "exit": 0.1, "hold_s": 0,
                                 "exit_hold_s": 60}]}]}],
}


def write_overlay(directory):
    (directory / "conf.d").mkdir()
    (directory / "conf.d" / "10-bench.json").write_text(json.dumps(OVERLAY))


def memory_cgroup():
    """A new cgroup with a small memory limit below our own, version 1 or 2."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if controllers == "memory":
            place, limit = Path("/sys/fs/cgroup/memory" + path) / "m1opt-bench", "memory.limit_in_bytes"
        elif number == "0" and (Path("/sys/fs/cgroup" + path) / "cgroup.controllers").exists():
            place, limit = Path("/sys/fs/cgroup" + path) / "m1opt-bench", "memory.max"
        else:
            continue
        with contextlib.suppress(OSError):
            place.mkdir(exist_ok=True)
            (place / limit).write_text(str(LIMIT_BYTES))
            return place
    raise Failed("no memory cgroup can be made here, so there is no real memory pressure to measure with")


def stall(path):
    """The hog itself: reads pages at random from a file that does not fit its cgroup."""
    descriptor = os.open(path, os.O_RDONLY)
    pages = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)

    def read():
        while True:
            pages[random.randrange(len(pages) // mmap.PAGESIZE) * mmap.PAGESIZE]

    for _ in range(STALL_THREADS):
        threading.Thread(target=read).start()


def start_stall(directory, group):
    file = directory / "stall"
    with open(file, "wb") as out:
        for _ in range(FILE_BYTES >> 20):
            out.write(os.urandom(1 << 20))
        os.fsync(out.fileno())
        # The pages must be charged to the hog's cgroup, not to ours.
        os.posix_fadvise(out.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return subprocess.Popen([sys.executable, __file__, str(file)], start_new_session=True,
                            preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())))


def measure(bench, count):
    """Seconds from the event to the stop, `count` times."""
    group = memory_cgroup()
    hog = start_stall(bench.directory, group)
    try:
        bench.start("m1opt_hog", "photoanalysisd", "--cpu", "1")
        times = []
        while len(times) < count:
            before = bench.daemon.get("/v1/status")["self"]["reaction_s"]
            bench.daemon.post("/v1/targets/resume", {"all": True})
            wait_for(lambda: bench.daemon.held(), 60, "no pressure event stopped the target within 60 s")
            after = bench.daemon.get("/v1/status")["self"]["reaction_s"]
            if after is not None and after != before:
                times.append(after)
        return times
    finally:
        hog.kill()
        hog.wait()
        for _ in range(50):
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.1)


if __name__ == "__main__":
    stall(sys.argv[1])
