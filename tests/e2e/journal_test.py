"""The undo journal full, read-only, damaged, locked or gone: nothing is changed, it is said, and it mends itself."""

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

import grown
import rig
from disk import SmallDisk
from grown import HOW, kinds
from rig import E2eTest, on_linux, quick_contention, runs_again, state_of, with_nice, within


UNCLOSED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
print(database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone()[0], flush=True)
os._exit(0)
"""


class JournalTest(SmallDisk, E2eTest):
    overlay = {**rig.QUICK, "rules": [quick_contention(["suspend"])]}

    def journal(self, suffix=""):
        return self.state / f"undo.db{suffix}"

    def sql(self, statement):
        with contextlib.closing(sqlite3.connect(self.journal(), isolation_level=None)) as database:
            database.execute(statement)

    # What is to be seen

    def assert_nothing_is_changed(self, child, seconds=3):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertNotEqual(state_of(child.pid), "T", self.why())
            self.assert_as_before(child)
            time.sleep(0.02)

    def assert_said(self, *words):
        self.assertTrue(within(8, self.faults), self.why())
        finding = self.faults()[0]
        self.assertEqual(finding["severity"], "error")
        for word in words:
            self.assertIn(word, finding["text"] + " -- " + finding["fix"])
        self.assertIn("changes nothing", self.status()["headline"])
        self.assertIn("changes nothing", self.ctl("status").stdout)
        doctor = self.ctl("doctor")
        self.assertIn(words[0], doctor.stdout)
        self.assertEqual(doctor.returncode, 5)
        self.assertTrue(any(words[0] in finding["text"] + finding["fix"]
                            for finding in self.daemon.get("/v1/health")["findings"]))

    def assert_mended(self, child):
        self.assertTrue(within(15, lambda: state_of(child.pid) == "T"), self.why())
        # What it says is from the end of the round in which it acted.
        self.assertTrue(within(3, lambda: self.faults() == []), self.why())
        self.assertNotIn("changes nothing", self.status()["headline"])

    def contended(self):
        self.start()
        self.model()
        return self.hog()

    def held(self):
        self.start()
        child = self.hog()
        self.assertTrue(within(5, lambda: any(row["processes"] for row in
                                              self.daemon.get("/v1/targets")["targets"])))
        self.suspend(child)
        return child

    def damage(self):
        """The page of sqlite_sequence: it does not open any more, and every record is whole. Log and index stay, as
        after a kill."""
        done = subprocess.run([sys.executable, "-c", UNCLOSED, str(self.journal())], text=True, capture_output=True,
                              check=True)
        with open(self.journal(), "r+b") as journal:
            journal.seek((int(done.stdout) - 1) * 4096)
            journal.write(os.urandom(4096))

    def kill_both(self):
        guardian = self.guardian_pid()
        os.kill(guardian, signal.SIGSTOP)
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        os.kill(guardian, signal.SIGKILL)
        self.daemon.process.wait()


@on_linux
@with_nice
class DiskTest(JournalTest):
    def test_a_disk_that_fills_up_while_it_runs(self):
        self.small_disk()
        self.start()
        self.fill()
        self.model()
        child = self.hog()
        self.assert_said("make room")
        self.assert_nothing_is_changed(child)
        self.make_room()
        self.assert_mended(child)

    def test_a_disk_that_is_full_at_the_start(self):
        self.small_disk()
        self.fill()
        child = self.contended()
        self.assert_said("make room")
        self.assert_nothing_is_changed(child)
        self.make_room()
        self.assert_mended(child)

    def test_a_disk_that_is_read_only_at_the_start(self):
        self.small_disk()
        self.set_writable(False)
        child = self.contended()
        self.assert_said("writable again")
        self.assert_nothing_is_changed(child)
        self.set_writable(True)
        self.assert_mended(child)

    def test_what_both_dead_left_stopped_is_freed_with_a_full_disk(self):
        self.small_disk()
        child = self.held()
        self.kill_both()
        self.fill()
        self.start()
        self.assertTrue(runs_again(child.pid), self.why())
        self.fill()  # what the daemon cleared away made room
        self.assert_said("make room")
        self.stopped_by_somebody_else_stays_stopped(child)

    def test_what_both_dead_left_stopped_is_freed_with_a_full_disk_and_a_damaged_journal(self):
        self.small_disk()
        child = self.held()
        self.kill_both()
        self.damage()
        self.fill()
        self.start()
        self.assertTrue(within(5, lambda: runs_again(child.pid)), self.why())
        self.assert_said("make room", "damaged")
        self.assertFalse(self.journal(".damaged-1").exists())
        self.assertFalse(any("could be read whole" in event["text"] for event in self.events()))
        os.kill(child.pid, signal.SIGSTOP)
        self.make_room()
        self.assertTrue(within(10, self.journal(".damaged-1").exists), self.why())
        self.assertTrue(within(5, lambda: any("1 open records of it could be read whole" in event["text"]
                                              for event in self.events())), self.why())
        # What was undone once is not undone again.
        self.assertEqual(self.recover().returncode, 0)
        self.assertEqual(state_of(child.pid), "T", self.why())
        os.kill(child.pid, signal.SIGCONT)
        self.assertTrue(within(5, lambda: self.faults() == []), self.why())

    def test_what_both_dead_left_stopped_is_freed_with_a_read_only_disk(self):
        self.small_disk()
        child = self.held()
        self.kill_both()
        self.set_writable(False)
        self.start()
        self.assertTrue(runs_again(child.pid), self.why())
        self.assert_said("writable again")
        self.set_writable(True)
        self.assertTrue(within(8, lambda: not self.faults()), self.why())

    def stopped_by_somebody_else_stays_stopped(self, child):
        """The record is still open on the disk; what is undone is not undone again."""
        os.kill(child.pid, signal.SIGSTOP)
        self.make_room()
        self.assertTrue(within(10, lambda: not self.faults()), self.why())
        self.assertEqual(state_of(child.pid), "T", self.why())
        self.assertEqual(self.recover().returncode, 0)
        self.assertEqual(state_of(child.pid), "T", self.why())
        os.kill(child.pid, signal.SIGCONT)

    def test_recovery_frees_with_a_full_disk(self):
        self.small_disk()
        child = self.held()
        self.kill_both()
        self.fill()
        done = self.recover()
        self.assertTrue(runs_again(child.pid), done.stdout + done.stderr)
        self.assertIn("photoanalysisd", done.stdout)
        self.make_room()

    def test_a_hold_ends_with_a_full_disk_and_its_record_is_closed_later(self):
        self.small_disk()
        child = self.held()
        self.fill()
        self.daemon.post("/v1/targets/resume", {"all": True})
        self.assertTrue(within(2, lambda: runs_again(child.pid)))
        self.make_room()
        self.assertTrue(within(10, lambda: not self.faults() and self.holds() == []), self.why())
        self.kill_both()
        self.assertEqual(self.recover().stdout, "nothing is held\n")


@with_nice
class DamageTest(JournalTest):
    overlay = rig.QUICK

    def test_a_journal_that_tells_nothing_any_more_names_who_is_stopped_and_continues_nobody(self):
        child = self.held()
        self.kill_both()
        size = self.journal().stat().st_size
        self.journal().write_bytes(os.urandom(max(size, 4096)))
        self.journal("-wal").unlink()
        self.start()
        self.assertTrue(within(5, lambda: any(str(child.pid) in row["text"] for row in self.faults())), self.why())
        self.assertEqual(state_of(child.pid), "T")
        self.assertIn(f"kill -CONT {child.pid}", self.ctl("doctor").stdout)
        self.assertTrue(self.journal(".damaged-1").exists())
        os.kill(child.pid, signal.SIGCONT)
        self.assertTrue(within(5, lambda: self.faults() == []), self.why())

    def test_a_journal_with_one_bad_row_frees_what_the_others_prove(self):
        child = self.held()
        self.kill_both()
        self.sql("INSERT INTO undo(id, kind, lasting, record, outcome, text, sum) "
                 "VALUES(9000, 'suspend', 0, 'x', NULL, '', 1)")
        self.start()
        self.assertTrue(runs_again(child.pid), self.why())
        self.assertTrue(self.journal(".damaged-1").exists())

    def test_recovery_frees_what_a_damaged_journal_proves_and_leaves_it_as_it_is(self):
        child = self.held()
        self.kill_both()
        self.damage()
        before = self.journal().read_bytes()
        done = self.recover()
        self.assertTrue(runs_again(child.pid), done.stdout + done.stderr)
        self.assertIn(f"(pid {child.pid})", done.stdout)
        self.assertIn("the undo journal is damaged", done.stderr)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.journal().read_bytes(), before)
        self.start()
        self.assertTrue(self.journal(".damaged-1").exists())
        self.assertEqual(self.recover().returncode, 0)

    def test_a_newer_journal_is_left_alone_and_nothing_is_acted_on(self):
        self.start()
        self.daemon.stop()
        self.sql("PRAGMA user_version = 99")
        self.write_overlay({**rig.QUICK, "rules": [quick_contention(["suspend"])]})
        child = self.contended()
        self.assert_said("newer m1opt")
        self.assert_nothing_is_changed(child)
        self.assertFalse(self.journal(".damaged-1").exists())

    def test_a_locked_journal_is_said_and_waited_for(self):
        self.write_overlay({**rig.QUICK, "rules": [quick_contention(["suspend"])]})
        self.start()
        database = sqlite3.connect(self.journal(), isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        self.model()
        child = self.hog()
        self.assert_said("other program")
        self.assert_nothing_is_changed(child)
        database.execute("ROLLBACK")
        database.close()
        self.assert_mended(child)


@with_nice
class GoneTest(JournalTest):
    overlay = rig.QUICK

    def gone(self, *command):
        """Removed while something is held: freed, and the next hold is in a journal that is there."""
        child = self.held()
        subprocess.run(command, check=True)
        self.assertTrue(within(4, lambda: runs_again(child.pid)), self.why())
        self.assertTrue(within(4, lambda: any("in use" in event["text"] for event in self.events())), self.why())
        self.assertTrue(within(8, lambda: not self.faults() and self.holds() == []), self.why())
        # A resume by hand lifts what the release has set.
        self.daemon.post("/v1/targets/resume", {"all": True})
        again = self.hog("photoanalysisd", "--cpu", "1", "--seconds", "50")
        self.assertTrue(within(5, lambda: any(process["id"]["pid"] == again.pid for row in
                                              self.daemon.get("/v1/targets")["targets"]
                                              for process in row["processes"])))
        self.suspend(again)
        self.kill_both()
        self.assertEqual(self.recover().returncode, 0)
        self.assertTrue(runs_again(again.pid))

    def test_the_file_is_removed(self):
        self.gone("rm", str(self.journal()))

    def test_its_log_is_removed(self):
        self.gone("rm", str(self.journal("-wal")))

    def test_the_whole_directory_is_removed(self):
        # The daemon may write into it meanwhile.
        self.gone("sh", "-c", 'rm -rf "$1" || rm -rf "$1"', "sh", str(self.state))

    def test_the_file_is_replaced(self):
        self.gone("sh", "-c", f"cp {self.journal()} {self.journal('.copy')} && mv {self.journal('.copy')} {self.journal()}")


@on_linux
class StandardFilesTest(E2eTest):
    def test_a_daemon_started_without_standard_files_keeps_them_out_of_its_own(self):
        self.start(prefix=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
        for fd in range(3):
            self.assertEqual(os.readlink(f"/proc/{self.daemon.process.pid}/fd/{fd}"), "/dev/null")
        child = self.hog()
        self.assertTrue(within(5, lambda: any(row["processes"] for row in
                                              self.daemon.get("/v1/targets")["targets"])))
        self.suspend(child)


ACTS = "kill,tkill,tgkill,pidfd_send_signal,setpriority,sched_setscheduler,sched_setattr,ioprio_set"


@on_linux
@with_nice
class OrderTest(E2eTest):
    """journal written, guardian has acknowledged, only then the act: seen by strace over the real daemon."""

    def trace(self, kind):
        """Lines of strace, from when the daemon first saw the target until it was held."""
        how = HOW[kind]
        self.write_overlay(grown.overlay(kind))
        slots = grown.Slots()
        self.addCleanup(slots.close)
        target = grown.Grown(self.directory, how.name, arguments=["--port", str(slots.port)])
        self.addCleanup(target.end)
        output = self.directory / "strace.txt"
        self.start(prefix=[*rig.STRACE, "-ttt", "-yy", "-s", "200", "-o", str(output), "-e",
                           f"trace={ACTS},pwrite64,fsync,fdatasync,sendto,sendmsg,recvfrom,recvmsg,read,write,openat"])
        pid = self.status()["pid"]
        if how.begin == "command":
            self.assertTrue(within(5, lambda: any(row["processes"] for row in self.daemon.get("/v1/targets")["targets"])))
            self.daemon.post("/v1/targets/suspend", {"name": how.name, "for_s": 60})
        elif how.begin == "lease":
            self.addCleanup(grown.lease(self.daemon.places["--socket"], target).close)
        elif how.begin == "idle":
            self.assertTrue(within(10, lambda: any(row["state"] == "busy" for row in self.status()["workloads"])), self.why())
            slots.idle = True
        self.assertTrue(within(20, lambda: target.is_held(kind) and self.holds(kind)), self.why())
        held = time.time()
        os.kill(pid, signal.SIGTERM)
        self.daemon.process.wait(10)
        lines = [line.split(" ", 1) for line in output.read_text(errors="replace").splitlines()]
        # Before it has seen the first target it tries things on a child of its own.
        first = next(i for i, (_, line) in enumerate(lines) if f"/proc/{target.pid}/" in line)
        return [line for at, line in lines[first:] if float(at) <= held]

    def check_order(self, kind):
        """A record is written, the same one is sent, the guardian answers. Only the control thread is traced: a
        guardian that is would look stopped."""
        ready, recorded, seen, begun = None, None, set(), []
        for line in self.trace(kind):
            record = re.search(r"m1opt-undo 2\\nrecord\\t(\d+)\\t[^\\]*\\t(\w+)\\t", line)
            if "pwrite64" in line and "undo.db-wal" in line:
                ready = "written"
            elif record and "send" in line:
                self.assertEqual(ready, "written", line)
                ready, recorded = "sent", record[2]
            elif ready == "sent" and re.search(r"(recv|read)\w*\(\d+<UNIX.*= [1-9]", line):
                ready = "acknowledged"
                begun.append(recorded)
            elif re.match(r"(kill|pidfd_send_signal)\(.*SIGSTOP", line) or (
                    re.match(r"(setpriority|sched_setattr|sched_setscheduler|ioprio_set)\(", line)
                    or "/autogroup" in line and line.startswith("write(")):
                self.assertEqual(ready, "acknowledged", line)
                seen.add(begun[-1])
        self.assertIn(kind, seen, begun)


def add_test(kind):
    setattr(OrderTest, f"test_a_{kind}_is_written_and_acknowledged_before_it_is_done", lambda self: self.check_order(kind))


for row in kinds():
    add_test(row)


if __name__ == "__main__":
    unittest.main()
