"""How fast real memory pressure stops a target: a file-backed hog in a small memory cgroup makes the kernel stall.
Counted are the way from the kernel's event to the stop that the daemon read back, timed by the daemon itself, and the way
from the moment the kernel's own stall counter is past the trigger's threshold to the stop as /proc shows it. That moment
follows from the mean rate of the run: whoever reads /proc/pressure while it is measured takes the kernel's update, which
comes every two seconds, out of the worker that looks at triggers without CAP_SYS_RESOURCE, and no event comes at all."""

import contextlib
import json
import mmap
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from demo_daemon import Failed, wait_for

LIMIT_BYTES = 48 << 20
FILE_BYTES = 256 << 20
STALL_PROCESSES = 6
LEAST_STALL_PERCENT = 10  # the daemon's lowest trigger
LOOK_S = 0.002
CALM_S = 0.4
RUN_S = 30
TRIES = 3  # a hog that makes no pressure is started anew


def overlay(events):
    """A target that a user resumed may be held again soon; a machine that is polled is looked at once a second."""
    return {
        "sampling": {"busy_period_s": 1, "idle_period_s": 30 if events else 1, "events": events},
        "limits": {"cooldown_s": 0.1, "post_action_s": 0.1, "suspensions_per_hour": 10000, "manual_resume_s": 0.5},
        "rules": [{"name": "bench", "needs": "nothing", "ladder": ["suspend"],
                   "any": [{"all": [{"metric": "stall_some_percent", "enter": LEAST_STALL_PERCENT, "exit": 5,
                                     "hold_s": 0, "exit_hold_s": 1}]}]}],
    }


def write_overlay(directory, events=True):
    (directory / "conf.d").mkdir()
    (directory / "conf.d" / "10-bench.json").write_text(json.dumps(overlay(events)))


def make_cgroup(controller, limits, value):
    """A new cgroup below our own with `value` as its limit, whose name is of version 1 and of version 2; None where none
    can be made."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if controllers == controller:
            place, limit = Path(f"/sys/fs/cgroup/{controller}{path}") / "m1opt-test", limits[0]
        elif number == "0" and (Path("/sys/fs/cgroup" + path) / "cgroup.controllers").exists():
            place, limit = Path("/sys/fs/cgroup" + path) / "m1opt-test", limits[1]
        else:
            continue
        with contextlib.suppress(OSError):
            place.mkdir(exist_ok=True)
            (place / limit).write_text(str(value))
            return place
    return None


def memory_cgroup():
    group = make_cgroup("memory", ("memory.limit_in_bytes", "memory.max"), LIMIT_BYTES)
    if group is None:
        raise Failed("no memory cgroup can be made here, so there is no real memory pressure to measure with")
    return group


def stall(path):
    """The hog itself: reads pages at random from a file that does not fit its cgroup."""
    descriptor = os.open(path, os.O_RDONLY)
    pages = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)

    # Processes, not threads: of Python's threads one reads at a time.
    for _ in range(STALL_PROCESSES - 1):
        if os.fork() == 0:
            break
    while True:
        pages[random.randrange(len(pages) // mmap.PAGESIZE) * mmap.PAGESIZE]


class NoPressure(Failed):
    """The hog did not make the kernel stall, so nothing was measured."""


def end(hog):
    os.killpg(hog.pid, signal.SIGKILL)
    hog.wait()


def start_stall(directory, group):
    file = directory / "stall"
    # Past the page cache: whose cgroup a page is charged to is decided by who brings it there, and that
    # must be the hog.
    with mmap.mmap(-1, 1 << 20) as block:
        block.write(os.urandom(len(block)))
        out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_DIRECT, 0o600)
        try:
            for _ in range(FILE_BYTES >> 20):
                os.write(out, block)
            os.fsync(out)
        finally:
            os.close(out)
    return subprocess.Popen([sys.executable, __file__, str(file)], start_new_session=True,
                            preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())))


def remove(group):
    for _ in range(50):
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.1)


def stalled_s():
    """Time in which some task waited for memory, since boot."""
    for line in Path("/proc/pressure/memory").read_text().splitlines():
        if line.startswith("some "):
            return int(line.rsplit("total=", 1)[1]) / 1e6
    raise Failed("/proc/pressure/memory has no line for some")


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def window_s(daemon):
    """Of the trigger in use; 0.5 where the daemon only polls, so that both are measured from the same moment."""
    for capability in daemon.get("/v1/status")["capabilities"]:
        if capability["name"] == "pressure_event" and capability["available"]:
            return int(capability["text"].split(" in ")[1].split()[0]) / 1e3
    return 0.5


def reaction_s(daemon):
    """Of the last time that an event led to a stop, from the one to the other; None before the first."""
    return daemon.get("/v1/status")["self"]["reaction_s"]


def one_run(bench, hog, target, window, beside_hogs):
    """Seconds from crossing the threshold to the stop, and from the event to the stop; None for what was not seen."""
    os.killpg(hog.pid, signal.SIGSTOP)
    time.sleep(2 * window)  # the kernel counts part of the window before into that of a trigger
    for _ in range(TRIES):
        bench.daemon.post("/v1/targets/resume", {"all": True})
        wait_for(lambda: state_of(target.pid) != "T" and not bench.daemon.held(), 10, "the target was not released")
        time.sleep(CALM_S)
        if state_of(target.pid) != "T":
            break
    else:
        raise Failed("the target is stopped without any pressure")
    reaction = reaction_s(bench.daemon)
    before, begun = stalled_s(), time.monotonic()
    os.killpg(hog.pid, signal.SIGCONT)
    while state_of(target.pid) != "T" and time.monotonic() < begun + RUN_S:
        time.sleep(LOOK_S)
    took = time.monotonic() - begun
    stalled = stalled_s() - before
    if took >= RUN_S:
        fault = NoPressure if stalled < RUN_S * LEAST_STALL_PERCENT / 100 else Failed
        raise fault(f"no pressure stopped the target within {RUN_S} s, in which tasks waited for memory for {stalled:.1f} s")
    wait_for(bench.daemon.held, 5, "the stop is not in status")
    crossed = None
    if not beside_hogs:  # they make others wait too, so that the mean rate of the run says nothing
        if stalled < window * LEAST_STALL_PERCENT / 100:
            raise Failed(f"the target was stopped after {stalled:.3f} s of waiting for memory, less than the threshold")
        crossed = took - window * LEAST_STALL_PERCENT / 100 * took / stalled
    # To the nanosecond the same: it is still the one before, so no event led to this stop.
    now = reaction_s(bench.daemon)
    return crossed, None if now == reaction else now


def start_hogs(bench):
    """What no rule knows, each in a session of its own: more threads than cores, memory bandwidth, a disk and its cache."""
    cores = str(os.cpu_count() or 1)
    bench.start("m1opt_hog", "hog-cpu", "--cpu", cores)
    bench.start("m1opt_hog", "hog-memory", "--cpu", "1", "--memory", "128")
    bench.start("m1opt_hog", "hog-disk", "--io", str(bench.directory), "--page-cache", str(bench.directory / "cache"))


def measure(bench, count, beside_hogs):
    """(window, seconds from the threshold to the stop, seconds from the event to the stop), the last two `count` times."""
    group = memory_cgroup()
    hog = None
    try:
        if beside_hogs:
            start_hogs(bench)
        target = bench.start("m1opt_hog", "photoanalysisd", "--cpu", "1")
        window = window_s(bench.daemon)
        runs = []
        for _ in range(count):
            for attempt in range(TRIES):
                hog = hog or start_stall(bench.directory, group)
                try:
                    runs.append(one_run(bench, hog, target, window, beside_hogs))
                    break
                except NoPressure:
                    # What it reads has come to belong to somebody else's cgroup, which has room for it.
                    end(hog)
                    hog = None
                    if attempt + 1 == TRIES:
                        raise
        return window, [run[0] for run in runs if run[0] is not None], [run[1] for run in runs if run[1] is not None]
    finally:
        if hog:
            end(hog)
        remove(group)


if __name__ == "__main__":
    stall(sys.argv[1])
