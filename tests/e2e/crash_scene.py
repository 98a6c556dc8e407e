"""What a run of the crash matrix is played with: daemon, guardian and target, and what is seen of them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import rig
from crash_case import Late, Wrong
from grown import HOW, Slots, lease, overlay
from rig import demo_daemon, demo_proof
from service_manager import Watchdog

POLL_S = 0.004
HELD_S = 10          # for a hold to begin
ASK_S = 3            # for a command to be taken
BORN_S = 1           # for the target to start one more thread
RESTART_S = 1        # both killed: from the restart by the supervisor, which is the tester here
WATCHDOG_S = 5       # what the tester, as the service manager, waits for a beat of the daemon


# Between the list of threads and the first change, so that it is not by chance that one was born there.
PAUSED = ("daemon", "executor.before_change", "1")


def is_dead(pid):
    return rig.state_of(pid) in "-ZX"


class Scene:
    def __init__(self, case, directory):
        self.case = case
        self.how = HOW[case.kind]
        self.daemon = demo_daemon.Daemon(rig.M1OPTD, directory)
        self.log = directory / "points"
        self.go_on = directory / "points.go"  # ends the pause
        self.directory = directory
        self.slots = Slots() if self.how.begin == "idle" else None
        (directory / "conf.d").mkdir()
        (directory / "conf.d" / "10-test.json").write_text(json.dumps(overlay(case.kind)))
        self.lease = None
        self.watchdog = None
        self.marks = {}   # phase -> lines of the log before it
        # The line of the log from which on a step is the armed one; of a restart not before there is one.
        self.armed_from = sys.maxsize if case.flavour == "restart" else 0
        self.slowest = 0

    def be_clean(self, seconds, since, what):
        while self.target.changes():
            if time.monotonic() - since > seconds:
                raise Late(f"{what}: not as before after {seconds} s: {self.target.changes()[:6]}\n{self.tail()}")
            time.sleep(POLL_S)
        self.slowest = max(self.slowest, time.monotonic() - since)

    # Daemon and guardian

    def start_daemon(self, armed):
        with contextlib.suppress(demo_daemon.Failed):
            os.environ["M1OPT_FAULT_LOG"] = str(self.log)
            os.environ["M1OPT_FAULT"] = ",".join(filter(None, ("{}:{}#{}=pause".format(*PAUSED), armed)))
            try:
                self.spawn()
            finally:
                del os.environ["M1OPT_FAULT"], os.environ["M1OPT_FAULT_LOG"]

    def spawn(self):
        command = [str(rig.M1OPTD)]
        for flag, place in self.daemon.places.items():
            command += [flag, str(place)]
        self.watchdog = Watchdog(self.directory / "notify", WATCHDOG_S)
        with open(self.directory / "m1optd.out", "ab") as output:
            self.daemon.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                                   start_new_session=True, env={**os.environ, **self.watchdog.environment})
        self.wait(lambda: self.answers() or self.fired() or self.is_paused() or self.daemon.process.poll() is not None, "no answer")

    def answers(self):
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
                peer.connect(str(self.daemon.places["--socket"]))
            return True
        except OSError:
            return False

    def wait(self, condition, what, seconds=HELD_S):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Wrong(f"{what}\n{self.tail()}")
            time.sleep(POLL_S)

    def lines(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def fired(self):
        case = self.case
        start = f"{case.role} {case.point} {case.count} "
        return bool(case.point) and any(line.startswith(start) for line in self.lines()[self.armed_from:])

    def is_paused(self):
        return not self.go_on.exists() and any(line.split()[:3] == [*PAUSED] for line in self.lines())

    def let_one_be_born(self):
        """A hold in which a thread is found that was not there when it began; once, the first daemon's first."""
        self.wait(lambda: self.is_paused() or self.fired() or self.daemon.process.poll() is not None, "nothing begins")
        if self.is_paused():
            known = self.target.threads()
            rig.within(BORN_S, lambda: self.target.threads() - known)
        self.go_on.touch()

    def victim(self):
        case = self.case
        return next(int(line.split()[3]) for line in self.lines()[self.armed_from:]
                    if line.startswith(f"{case.role} {case.point} {case.count} "))

    def guardians(self):
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and not is_dead(int(name))
                and "\0--guardian\0" in (demo_proof.read(f"/proc/{name}/cmdline") or "")]

    def alive(self):
        return self.guardians() + ([self.daemon.process.pid] if self.daemon.process.poll() is None else [])

    def kill(self, *pids):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait(lambda: all(self.is_gone(pid) for pid in pids), "it does not die")

    def is_gone(self, pid):
        """As a supervisor sees it: its first thread may be dead while others still hold its locks."""
        return self.daemon.process.poll() is not None if pid == self.daemon.process.pid else is_dead(pid)

    def ask(self, route, body):
        """In a thread: who is asked may have been stopped. Again and again, since it may not listen yet."""
        def post():
            end = time.monotonic() + ASK_S
            while time.monotonic() < end:
                with contextlib.suppress(OSError), contextlib.closing(
                        demo_daemon.Api(self.daemon.places["--socket"], timeout=ASK_S)) as api:
                    api.ask("POST", route, body)
                    return
                time.sleep(POLL_S)
        threading.Thread(target=post, daemon=True).start()

    def begin(self):
        if self.how.begin == "command":
            self.ask("/v1/targets/suspend", {"name": self.how.name, "for_s": 60})
        if self.slots:
            self.wait(lambda: self.is_busy() or self.fired(), "the server was not seen to be busy")
            self.slots.idle = True
        if self.how.begin == "lease":
            with contextlib.suppress(OSError):
                self.lease = lease(self.daemon.places["--socket"], self.target)

    def is_busy(self):
        with contextlib.suppress(OSError, demo_daemon.Failed), contextlib.closing(
                demo_daemon.Api(self.daemon.places["--socket"], timeout=3)) as api:
            return any(row["state"] == "busy" for row in api.ask("GET", "/v1/workloads")["workloads"])
        return False

    def end(self):
        self.ask("/v1/pause", {"for_s": 60})

    def recover(self, armed=""):
        return subprocess.Popen([str(rig.M1OPTD), "--recover", "--state-dir", str(self.daemon.places["--state-dir"])],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={**os.environ, "M1OPT_FAULT": armed, "M1OPT_FAULT_LOG": str(self.log)})

    def recover_for_good(self, bound=RESTART_S, since=None):
        since = since or time.monotonic()
        with self.recover() as done:
            said = done.communicate(timeout=20)[0]
        if done.returncode != 0:
            raise Wrong(f"recovery ended with {done.returncode}: {said}")
        self.be_clean(bound, since, "after recovery")

    def mark(self, phase):
        self.marks[phase] = len(self.lines())

    def tail(self):
        log = self.daemon.places["--log-file"]
        return "\n".join([*self.lines()[-12:], *(log.read_text().splitlines()[-8:] if log.exists() else [])])
