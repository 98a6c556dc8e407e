"""One run of the crash matrix: a hold begins, lasts and ends, and somebody dies or is stopped at one step of it."""

import contextlib
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from pathlib import Path

import rig
from crash_case import Late, Missed, Wrong
from crash_scene import POLL_S, RESTART_S, WATCHDOG_S, Scene
from grown import Grown

REACH_S = 3          # for the armed step to be reached
STAY_S = 0.25        # how long a hold lasts: threads and children are born in it

# Bounds: acting safely is worth what it promises.
KILLED_S = 1         # daemon or guardian killed
STOPPED_S = 7        # daemon stopped
GUARDIAN_STOPPED_S = 3
REPLACED_S = 7       # a guardian killed: a new one, which after one that did not start takes the daemon 5 s
LOCK_S = 4           # an undoer was stopped with the record's lock: whoever comes next waits for 3 s first


class Run(Scene):
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
        if self.daemon.process.poll() is None and not self.fired():
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
        return getattr(self, f"after_{self.case.how}")(since)

    def after_kill(self, since):
        victim = self.victim()
        self.wait(lambda: self.is_gone(victim), "it was not killed")
        if self.alive() and self.daemon.process.poll() is None:
            self.end()  # a daemon that goes on would hold it again
        if self.alive():
            self.be_clean(KILLED_S, since, "after the kill")
        else:
            self.recover_for_good()

    def stopped(self):
        victim = self.victim()
        self.wait(lambda: rig.state_of(victim) in "T-ZX", "it was not stopped")  # a stopped guardian is soon replaced
        return victim

    def after_both(self, _):
        self.kill(*self.guardians(), self.stopped())
        self.recover_once()

    def after_daemon_first(self, _):
        """The guardian has perhaps begun to undo."""
        self.kill(self.stopped(), *self.guardians())
        self.recover_once()

    def recover_once(self):
        self.recover_for_good()
        self.be_closed()

    def after_unguarded(self, _):
        """What the daemon does as soon as it goes on is without a guard, until it looks."""
        daemon = self.stopped()
        self.kill(*self.guardians())
        told = len(self.lines())
        os.kill(daemon, signal.SIGCONT)
        self.be_guarded_again(told, time.monotonic())
        self.kill(daemon)
        self.be_clean(KILLED_S, time.monotonic(), "the daemon was killed beside its new guardian")

    def be_guarded_again(self, told, since):
        """When a new guardian is there, nothing is held that it does not know; until then nothing for long."""
        while not any(line.startswith("daemon daemon.guardian_started ") for line in self.lines()[told:]):
            waited = time.monotonic() - since
            if waited > KILLED_S and self.target.changes():
                raise Late(f"without a guardian since {waited:.2f} s: {self.target.changes()[:6]}\n{self.tail()}")
            if waited > REPLACED_S:
                raise Late(f"no new guardian after {waited:.2f} s\n{self.tail()}")
            time.sleep(POLL_S)

    def after_stop(self, since):
        victim = self.stopped()
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
        self.be_closed()
        if self.target.changes():
            raise Wrong(f"not as before at the end: {self.target.changes()[:6]}")
        self.target.end()

    def be_closed(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.daemon.places['--state-dir']}/undo.db?mode=ro",
                                                uri=True)) as journal:
            open_records = journal.execute("SELECT count(*) FROM undo WHERE outcome IS NULL").fetchone()[0]
        if open_records:
            raise Wrong(f"the journal has {open_records} open records")


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
