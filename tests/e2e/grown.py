"""The kinds of the action table, how each comes about, and a target on which all of them show."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from typing import NamedTuple

import rig
from rig import demo_proof

ACTION_HEADER = rig.ROOT / "daemon" / "model" / "action.h"
GROWER = rig.BUILD / "tests" / "tools" / "m1opt_grower"


def kinds():
    """From the enumeration that the table has a row for each of."""
    return re.search(r"BOOST_DESCRIBE_ENUM\(ActionKind, ([\w, ]+)\)", ACTION_HEADER.read_text())[1].split(", ")


class How(NamedTuple):
    name: str       # of the target
    shows: object   # Thread -> bool: is it held?
    begin: str      # rule, command, lease or idle: its server says so


HOW = {
    "background": How("photoanalysisd", lambda thread: thread.policy == "IDLE", "rule"),
    "suspend": How("photoanalysisd", lambda thread: thread.stopped, "command"),
    "raise": How("some-model", lambda thread: thread.nice == -10, "lease"),
    "pause_workload": How("llama-server", lambda thread: thread.stopped, "idle"),
}
OVERLAY = {
    "sampling": {"busy_period_s": 0.1, "idle_period_s": 0.1},
    "limits": {"quiet_s": 60, "cooldown_s": 60},
    "ollama": {"enabled": False},
}
ALWAYS = {"name": "always", "needs": "nothing", "ladder": ["background"],
          "any": [{"all": [{"metric": "memory_used_percent", "enter": 0.1, "exit": 0.1, "hold_s": 0,
                            "exit_hold_s": 0}]}]}
RESTS = {**ALWAYS, "name": "rests", "ladder": ["pause_workload"]}
ASKED = {"ollama": {"enabled": True, "port": 1, "period_s": 0.2}}  # nobody listens there; the runners are asked too


def overlay(kind):
    """A configuration with which this kind comes about alone; a busy server would be raised as well."""
    return OVERLAY | {"rule": {"rules": [ALWAYS]},
                      "idle": ASKED | {"rules": [RESTS], "priority": {"enabled": False}}}.get(HOW[kind].begin, {})


class Slots:
    """What a llama-server tells of itself: a request runs, until it is told to be idle."""

    def __init__(self):
        self.idle = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer = self.listener.accept()[0]
                with contextlib.suppress(OSError), contextlib.closing(peer):
                    peer.settimeout(2)
                    peer.recv(4096)
                    body = json.dumps([{"id": 0, "id_task": 1, "is_processing": not self.idle,
                                        "next_token": [{"n_decoded": 7}]}])
                    peer.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    def close(self):
        self.listener.close()


def lease(path, target):
    """The open connection of a lease for a process; it ends when that is closed."""
    body = json.dumps({"pid": target.pid, "start": target.before[target.pid].start})
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        peer.connect(str(path))
        peer.sendall(("POST /v1/leases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
    except OSError:
        peer.close()
        raise
    return peer


class Grown:
    """Threads and a child that differ in every value, and more of both all the time (tests/tools/grower.cpp)."""

    def __init__(self, directory, name, prefix=(), arguments=()):
        place = directory / name
        shutil.copy2(GROWER, place)
        self.process = subprocess.Popen([*prefix, str(place), "--seconds", "120", "--", *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, start_new_session=True)
        self.process.stdout.readline()
        self.pid = self.process.pid
        self.before = self.session()
        self.lasting = self.before[self.pid].threads
        if len(self.lasting) < 4 or len(self.before) < 2:
            raise AssertionError(f"only {len(self.lasting)} threads and {len(self.before)} processes")

    def session(self):
        """It and its children by pid, as the kernel has them."""
        found = {}
        for name in os.listdir("/proc"):
            text = demo_proof.read(f"/proc/{name}/stat") if name.isdigit() else None
            if text and demo_proof.stat_fields(text)[3] == str(self.pid):
                process = demo_proof.read_process(int(name))
                if process and process.autogroup:  # else it ended while it was read
                    found[int(name)] = process
        return found

    def threads(self):
        """Of the target alone, as they come and go."""
        return set(os.listdir(f"/proc/{self.pid}/task"))

    def changes(self):
        """What is not as it was, a sentence each. Whoever was born since must look like the main thread did."""
        said = []
        session = self.session()
        main = self.lasting[self.pid]
        group = self.before[self.pid].autogroup
        for pid, process in session.items():
            if process.autogroup != group:
                said.append(f"{pid}: autogroup {group} -> {process.autogroup}")
            known = self.before.get(pid)
            for tid, thread in process.threads.items():
                if thread.ioprio == -1:
                    continue  # it ended while it was read
                own = known and known.start == process.start and known.threads.get(tid)
                then = own if own and own.start == thread.start else main
                for field in ("stopped", "nice", "policy", "ioprio"):
                    if getattr(thread, field) != getattr(then, field):
                        said.append(f"{pid}/{tid}: {field} {getattr(then, field)} -> {getattr(thread, field)}")
        if self.pid not in session:
            said.append("the target has ended")
        return said

    def holds(self, kind):
        """Of its lasting threads, which answers there are to: is it held?"""
        target = self.session().get(self.pid)
        return {bool(HOW[kind].shows(thread)) for tid, thread in (target.threads if target else {}).items()
                if tid in self.lasting}

    def is_held(self, kind):
        return self.holds(kind) == {True}

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
