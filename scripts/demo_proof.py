"""What the kernel says of every process: taken before, compared after. Nothing may be left changed."""

import ctypes
import os
import platform
from pathlib import Path
from typing import NamedTuple

# ioprio_get has no wrapper in libc; its number differs by architecture.
IOPRIO_GET = {"x86_64": 252, "aarch64": 31, "arm64": 31}.get(platform.machine())
IOPRIO_WHO_PROCESS = 1
PF_KTHREAD = 0x00200000  # include/linux/sched.h
POLICIES = {0: "OTHER", 1: "FIFO", 2: "RR", 3: "BATCH", 5: "IDLE", 6: "DEADLINE"}
libc = ctypes.CDLL(None, use_errno=True)


class Thread(NamedTuple):
    """Scheduling of one thread; start makes (tid, start) unique in one boot."""

    start: int
    stopped: bool
    nice: int
    policy: str
    realtime: int
    ioprio: int | None


class Process(NamedTuple):
    start: int
    name: str
    autogroup: str | None
    cgroup: tuple  # cpu.weight and cpu.idle of its cgroup, as text
    threads: dict  # tid -> Thread


def read(path):
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def stat_fields(text):
    """Field n of proc(5) is [n - 3]: the name, which may hold anything, is cut off."""
    return text[text.rindex(")") + 2:].split()


def read_thread(pid, tid):
    text = read(f"/proc/{pid}/task/{tid}/stat")
    if text is None:
        return None
    fields = stat_fields(text)
    ioprio = libc.syscall(IOPRIO_GET, IOPRIO_WHO_PROCESS, int(tid)) if IOPRIO_GET else None
    return Thread(start=int(fields[19]), stopped=fields[0] == "T", nice=int(fields[16]),
                  policy=POLICIES.get(int(fields[38]), fields[38]), realtime=int(fields[37]), ioprio=ioprio)


def read_cgroup(pid):
    for line in (read(f"/proc/{pid}/cgroup") or "").splitlines():
        if line.startswith("0::"):
            place = Path("/sys/fs/cgroup") / line[3:].strip().lstrip("/")
            return tuple(read(place / name) for name in ("cpu.weight", "cpu.idle"))
    return ()


def read_process(pid):
    """None when it has ended, as a zombie has, and for the kernel's own threads."""
    text = read(f"/proc/{pid}/stat")
    if text is None or stat_fields(text)[0] in "ZX" or int(stat_fields(text)[6]) & PF_KTHREAD:
        return None
    try:
        tids = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return None
    threads = {int(tid): read_thread(pid, tid) for tid in tids}
    group = read(f"/proc/{pid}/autogroup")
    # The group's number is of no interest, and is shown only while the process lives in it.
    return Process(start=int(stat_fields(text)[19]), name=text[text.index("(") + 1:text.rindex(")")],
                   autogroup=group.split("nice")[-1].strip() if group else None, cgroup=read_cgroup(pid),
                   threads={tid: thread for tid, thread in threads.items() if thread})


def snapshot():
    """Every process of the machine, by pid."""
    found = {int(name): read_process(name) for name in os.listdir("/proc") if name.isdigit()}
    return {pid: process for pid, process in found.items() if process}


def running(executables):
    """Pids of what runs one of these files, by the kernel's own word."""
    wanted = {os.path.realpath(path) for path in executables}
    pids = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.readlink(f"/proc/{name}/exe").removesuffix(" (deleted)") in wanted:
                if read_process(name):
                    pids.append(int(name))
        except OSError:
            pass
    return pids


def differences(before, after, touched):
    """What is not as it was, a sentence each.

    Whatever m1opt or the demo touched is compared thread by thread; a thread born since must look like
    the first one did. Programs such as browsers change their own threads all the time, so of every other
    process only what they do not do to themselves is compared: stopped, and the autogroup.
    """
    said = []
    for pid, old in before.items():
        new = after.get(pid)
        if not new or new.start != old.start:
            continue
        who = f"{old.name} ({pid})"
        if new.autogroup != old.autogroup:
            said.append(f"{who}: autogroup nice was {old.autogroup}, is {new.autogroup}")
        if pid in touched and new.cgroup != old.cgroup:
            said.append(f"{who}: its cgroup's cpu.weight and cpu.idle were {old.cgroup}, are {new.cgroup}")
        fields = ("stopped", "nice", "policy", "realtime", "ioprio") if pid in touched else ("stopped",)
        for tid, now in new.threads.items():
            then = old.threads.get(tid)
            if not then or then.start != now.start:
                then = old.threads[pid]
            for field in fields:
                if getattr(now, field) != getattr(then, field):
                    said.append(f"{who}: thread {tid}: {field} was {getattr(then, field)}, is {getattr(now, field)}")
    return said
