"""One run of the crash matrix: a hold begins, lasts and ends, and somebody dies or is stopped at one step of it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import rig
from crash_case import Late, Missed, Wrong
from grown import HOW, Grown, Slots, lease, overlay
from rig import demo_daemon, demo_proof
from service_manager import Watchdog

POLL_S = 0.004
HELD_S = 10          # for a hold to begin
REACH_S = 3          # for the armed step to be reached
ASK_S = 3            # for a command to be taken
BORN_S = 1           # for the target to start one more thread
STAY_S = 0.25        # how long a hold lasts: threads and children are born in it

# Bounds: acting safely is worth what it promises.
KILLED_S = 1         # daemon or guardian killed
STOPPED_S = 7        # daemon stopped
RESTART_S = 1        # both killed: from the restart by the supervisor, which is the tester here
GUARDIAN_STOPPED_S = 3
WATCHDOG_S = 5       # what the tester, as the service manager, waits for a beat of the daemon
LOCK_S = 4           # an undoer was stopped with the record's lock: whoever comes next waits for 3 s first


# Between the list of threads and the first change, so that it is not by chance that one was born there.
PAUSED = ("daemon", "executor.before_change", "1")


def is_dead(pid):
    return rig.state_of(pid) in "-ZX"


class Run:
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

    # What happens

    def go(self):
        self.target = Grown(self.directory, self.how.name,
                            arguments=["--port", str(self.slots.port)] if self.slots else ())
        armed = self.case.armed()
        self.start_daemon(armed if self.case.flavour in ("daemon", "guardian", "orphaned") else "")
        self.mark("begin")
        self.begin()
        self.let_one_be_born()
        self.wait(lambda: self.target.is_held(self.case.kind) or self.fired(), "not held")
        # Sent before anything was held; the tester's own thread may still have to hear it.
        self.wait(lambda: self.watchdog.beats or self.fired(), "no beat has come to the service manager")
        end = time.monotonic() + STAY_S
        while time.monotonic() < end and not self.fired():
            time.sleep(POLL_S)
        self.mark("end")
        missed = False
        try:
            if self.case.flavour != "daemon" and self.fired():
                raise Missed  # too early to be a step of this part
            getattr(self, f"end_by_{self.case.flavour}")()
        except Missed:
            missed = True
        self.mark("over")
        self.settle()
        return {"points": self.lines(), "marks": self.marks, "slowest": self.slowest, "missed": missed}

    def end_by_daemon(self):
        if self.daemon.process.poll() is None:
            self.end()
        since = time.monotonic()
        if not self.case.point:
            return self.be_clean(KILLED_S, since, "asked to end it")
        self.wait_until_fired()
        return self.after_fault(time.monotonic())

    def wait_until_fired(self):
        end = time.monotonic() + REACH_S
        while not self.fired():
            if time.monotonic() > end:
                raise Missed
            time.sleep(POLL_S)

    def after_fault(self, since):
        if self.case.how == "stop":
            return self.after_stop(since)
        victim = self.victim()
        self.wait(lambda: self.is_gone(victim), "it was not killed")
        if self.alive() and self.daemon.process.poll() is None:
            self.end()  # a daemon that goes on would hold it again
        if self.alive():
            self.be_clean(KILLED_S, since, "after the kill")
        else:
            self.recover_for_good()
        return None

    def after_stop(self, since):
        victim = self.victim()
        self.wait(lambda: rig.state_of(victim) in "T-ZX", "it was not stopped")  # a stopped guardian is soon replaced
        if self.case.flavour == "orphaned":
            self.end_hung(victim, since)
        elif victim == self.daemon.process.pid:
            self.be_clean(STOPPED_S, since, "the daemon is stopped")
        elif self.daemon.process.poll() is None:
            self.end()
            self.be_clean(GUARDIAN_STOPPED_S, since, "the guardian is stopped")
        else:
            self.recover_for_good(LOCK_S)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGCONT)
        if self.daemon.process.poll() is None:
            self.end()
        since = time.monotonic()
        time.sleep(0.3)  # what it does when it wakes
        self.be_clean(GUARDIAN_STOPPED_S, since, "after it went on")

    def end_hung(self, daemon, since):
        """Neither asked nor killed by anybody but the service manager, which does it when no beat comes."""
        self.wait(self.watchdog.is_over, "it beats although it is stopped", WATCHDOG_S + 1)
        self.kill(daemon)
        self.recover_for_good(WATCHDOG_S + RESTART_S, since)

    def end_by_guardian(self):
        since = time.monotonic()
        self.kill(self.daemon.process.pid)
        if not self.case.point:
            return self.be_clean(KILLED_S, since, "the daemon was killed")
        self.wait_until_fired()
        return self.after_fault(time.monotonic())

    def end_by_orphaned(self):
        self.kill(*self.guardians())
        since = time.monotonic()
        if not self.case.point:
            self.end()
            return self.be_clean(KILLED_S, since, "the guardian was killed")
        self.wait_until_fired()
        return self.after_fault(time.monotonic())

    def kill_both(self):
        for pid in (self.daemon.process.pid, *self.guardians()):
            os.kill(pid, signal.SIGSTOP)  # so that none can do anything about the end of the other
        self.kill(self.daemon.process.pid, *self.guardians())
        if not self.target.changes():
            raise Wrong("nothing was held when both had died")

    def end_by_recovery(self):
        self.kill_both()
        with self.recover(self.case.armed()) as first:
            try:
                if self.case.how == "stop":
                    self.wait(lambda: self.fired() or first.poll() is not None, "recovery hangs")
                    self.recover_for_good(LOCK_S)  # beside the one that hangs
            finally:
                first.send_signal(signal.SIGCONT)
            first.communicate(timeout=20)
        if self.case.point and not self.fired():
            raise Missed
        self.recover_for_good()

    def end_by_restart(self):
        self.kill_both()
        self.mark("restart")
        self.armed_from = self.marks["restart"]
        self.start_daemon(self.case.armed())
        if self.case.point:
            self.wait_until_fired()
            if self.case.how == "stop":
                self.end_hung(self.daemon.process.pid, time.monotonic())
            self.kill(*self.alive())
            self.recover_for_good()
        else:
            self.end()
            self.wait(lambda: not self.target.changes(), "not undone")

    def end_by_both(self):
        self.kill_both()
        self.recover_for_good()

    def settle(self):
        """The last act of a supervisor; after it nothing is changed and nothing is open."""
        if self.lease:
            self.lease.close()
        if self.slots:
            self.slots.close()
        for pid in self.guardians():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.kill(*self.alive())
        self.recover_for_good()
        with contextlib.closing(sqlite3.connect(f"file:{self.daemon.places['--state-dir']}/undo.db?mode=ro",
                                                uri=True)) as journal:
            open_records = journal.execute("SELECT count(*) FROM undo WHERE outcome IS NULL").fetchone()[0]
        if open_records:
            raise Wrong(f"the journal has {open_records} open records")
        if self.target.changes():
            raise Wrong(f"not as before at the end: {self.target.changes()[:6]}")
        self.target.end()


def run_case(case):
    """For a PID namespace of its own."""
    directory = Path(tempfile.mkdtemp(prefix="m1opt-crash-"))
    directory.chmod(0o755)
    try:
        return Run(case, directory).go()
    except Late as late:
        return {"late": str(late)}
    except Wrong as wrong:
        return {"wrong": str(wrong)}
    finally:
        shutil.rmtree(directory, ignore_errors=True)
