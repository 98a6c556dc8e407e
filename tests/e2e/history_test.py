"""history.db: what it keeps over kill -9 and restarts; and whatever becomes of it, holds begin and end in time."""

import contextlib
import os
import re
import signal
import sqlite3
import time
import urllib.parse

import rig
from disk import MNT_DETACH, MS_RDONLY, MS_REMOUNT, SmallDisk, libc, mount
from rig import E2eTest, on_linux, state_of, with_nice, within

MS_BIND = 4096
METRIC = "memory_used_percent"


class HistoryTest(E2eTest):
    # It is written by ticks.
    overlay = {**rig.QUICK, "sampling": {"busy_period_s": 0.25, "idle_period_s": 0.25}, "history": {"write_period_s": 0.3}}

    @property
    def state(self):
        return self.daemon.places["--state-dir"]

    @property
    def file(self):
        return self.state / "history.db"

    def history(self, **query):
        return self.daemon.get("/v1/history" + ("?" + urllib.parse.urlencode(query) if query else ""))

    def points(self, **query):
        lately = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))
        return self.history(metric=METRIC, step_s=1, **{"since": lately, **query})["series"]["points"]

    def kept_events(self):
        return self.daemon.get("/v1/events?since=2020-01-01T00:00:00Z&limit=1000")["events"]

    def kill(self):
        self.daemon.process.send_signal(signal.SIGKILL)
        self.daemon.process.wait()

    def assert_acts_in_time(self):
        """A hold begins and ends as it would with a history: rig.suspend gives it 2 s."""
        child = self.hog()
        self.assertTrue(within(5, lambda: any(row["processes"] for row in
                                              self.daemon.get("/v1/targets")["targets"])))
        begun = time.monotonic()
        self.suspend(child)
        held = time.monotonic()
        self.daemon.post("/v1/targets/resume", {"all": True})
        self.assertTrue(within(2, lambda: state_of(child.pid) != "T"), self.why())
        print(f"figure: {self.id().split('.')[-1]}: held within {held - begun:.2f} s, "
              f"released within {time.monotonic() - held:.2f} s")
        child.end()

    def assert_told(self, *words):
        self.assertTrue(within(8, lambda: any(all(word in event["text"] for word in words)
                                              for event in self.events())), self.why())

    def assert_fault(self, fault):
        self.assertTrue(within(8, lambda: bool(self.history()["fault"]) == fault), self.history()["fault"])


class KeptTest(HistoryTest):
    def test_kill_9_loses_nothing_that_was_written(self):
        self.start()
        self.assertTrue(within(8, lambda: len(self.points()) >= 3))
        for _ in range(3):
            written = self.points()
            time.sleep(0.7)  # the next write, and somewhere in the middle of another
            self.kill()
            with contextlib.closing(sqlite3.connect(self.file)) as database:
                self.assertEqual(database.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            self.start()
            after = {point["time"] for point in self.points()}
            self.assertLessEqual({point["time"] for point in written}, after)
        starts = [event for event in self.kept_events() if event["kind"] == "daemon_started"]
        self.assertEqual(len(starts), 4)
        self.assertEqual(len({event["id"] for event in starts}), 4)
        said = self.ctl("events", "--since", "8h").stdout
        self.assertEqual(said.count("started, config"), 4, said)
        self.assertIn("average", self.ctl("history", METRIC, "--plot").stdout)
        self.assertFalse(list(self.state.glob("history.db.damaged*")))

    def test_a_stop_writes_the_last_of_it_and_what_a_hold_changed(self):
        self.start()
        self.assertTrue(within(8, lambda: self.points()))
        self.assert_acts_in_time()
        self.assertTrue(within(5, lambda: self.daemon.get("/v1/history/effects")["effects"]))
        self.daemon.stop()
        self.start()
        events = self.kept_events()
        self.assertIn("daemon_stopping", [event["kind"] for event in events])
        effect = self.daemon.get("/v1/history/effects")["effects"][0]
        self.assertEqual((effect["kind"], effect["target"]), ("suspend", "photoanalysisd"))
        self.assertGreater(effect["before_s"], 0)
        self.assertIn("targets_cpu_percent", [reading["metric"] for reading in effect["readings"]])
        self.assertIn("photoanalysisd suspended", self.ctl("history", "effects").stdout)

    def test_everybody_may_read_it_and_nobody_the_file(self):
        self.start()
        self.assertTrue(within(8, self.file.exists))
        for place in self.state.glob("history.db*"):
            with contextlib.suppress(FileNotFoundError):  # a rollback journal comes and goes
                self.assertEqual(place.stat().st_mode & 0o077, 0, place)

    def test_what_is_asked_wrongly_is_answered_with_what_to_ask(self):
        self.start()
        self.assertTrue(within(5, self.points))
        answer = self.ctl("history", "memory_use_percent")
        self.assertEqual(answer.returncode, 2)
        self.assertIn('did you mean "memory_used_percent"', answer.stderr)
        listed = self.ctl("history").stdout
        self.assertRegex(listed, re.compile(r"^memory_used_percent +\S+ to \S+$", re.M))
        self.assertIn("never read", listed)


@with_nice
class BrokenTest(HistoryTest):
    def test_a_damaged_file_is_kept_and_a_new_one_begun(self):
        self.state.mkdir(mode=0o700)
        self.file.write_bytes(b"no database" * 1000)
        self.file.chmod(0o600)
        self.start()
        self.assert_acts_in_time()
        self.assert_told("history.db was damaged", "history.db.damaged-1")
        self.assert_fault(False)
        self.assertTrue(within(5, lambda: self.points()))
        self.assertEqual((self.state / "history.db.damaged-1").read_bytes(), b"no database" * 1000)

    def test_one_that_is_overwritten_while_it_runs(self):
        self.start()
        self.assertTrue(within(8, lambda: self.file.exists() and self.points()))
        with open(self.file, "r+b") as file:
            file.write(os.urandom(self.file.stat().st_size))
        (self.state / "history.db-wal").write_bytes(b"")
        self.assert_acts_in_time()
        self.daemon.stop()  # who has it open may not notice before it is opened again
        self.start()
        self.assert_acts_in_time()
        self.assert_told("history.db was damaged")
        self.assert_fault(False)

    def test_one_that_is_locked_by_another_program(self):
        self.start()
        self.assertTrue(within(8, lambda: self.file.exists() and self.points()))
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            self.assert_told("what happens is not kept", "locked")
            self.assert_acts_in_time()
            before = self.points()[-1]["time"]
            self.assertTrue(within(5, lambda: self.points()[-1]["time"] > before))
            database.execute("ROLLBACK")
        self.assert_told("what happens is kept again")

    def test_one_that_is_not_ours(self):
        self.state.mkdir(mode=0o700)
        self.file.symlink_to("/etc/hostname")
        self.start()
        self.assert_told("what happens is not kept", "no plain file")
        self.assert_acts_in_time()
        self.assertEqual(self.daemon.get("/v1/history?metric=" + METRIC)["series"]["metric"], METRIC)
        answer = self.ctl("history")
        self.assertIn("what happens is not kept", answer.stderr)
        self.assertEqual(answer.returncode, 0)


@on_linux
@with_nice
class DiskTest(SmallDisk, HistoryTest):
    overlay = HistoryTest.overlay

    def test_a_file_on_a_disk_that_is_read_only(self):
        self.state.mkdir(mode=0o700)
        other = self.directory / "other"
        other.touch(0o600)
        self.file.touch(0o600)
        mount(str(other).encode(), self.file, None, MS_BIND)
        try:
            mount(None, self.file, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
            self.start()
            self.assert_told("what happens is not kept", "writable")
            self.assert_acts_in_time()
            self.assertTrue(within(5, lambda: self.points()))
        finally:
            libc.umount2(str(self.file).encode(), MNT_DETACH)

    def test_a_disk_that_is_full_and_later_has_room(self):
        self.small_disk()
        self.start()
        self.assertTrue(within(8, lambda: self.points()))
        self.fill()
        self.assert_told("what happens is not kept")
        self.assertTrue(within(3, lambda: "what happens is not kept" in str(self.status()["health"])))
        self.assertTrue(self.points())
        self.make_room()
        self.assert_told("what happens is kept again")
        self.assertTrue(within(3, lambda: not self.status()["health"]), self.status()["health"])
        self.assertTrue(within(8, lambda: not self.faults()), self.why())
        self.assert_acts_in_time()
