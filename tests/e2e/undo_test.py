"""Nothing is ever left stopped: whoever dies or hangs, within the bounds the product promises."""

import contextlib
import os
import signal
import subprocess
import time
import unittest

import rig
from rig import E2eTest, on_linux, quick_contention, runs_again, state_of, threads_of, with_nice, within


class UndoTest(E2eTest):
    def held(self, seconds=60):
        self.start()
        child = self.hog()
        self.assertTrue(within(5, lambda: any(
            process["id"]["pid"] == child.pid
            for row in self.daemon.get("/v1/targets")["targets"] for process in row["processes"])))
        self.suspend(child, seconds=seconds)
        return child

    def test_the_daemon_killed_everything_runs_within_a_second(self):
        child = self.held()
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        self.assertTrue(within(1, lambda: runs_again(child.pid)))

    def test_the_guardian_killed_everything_runs_within_a_second_and_a_new_one_is_there(self):
        child = self.held()
        old = self.guardian_pid()
        os.kill(old, signal.SIGKILL)
        self.assertTrue(within(1, lambda: runs_again(child.pid)))
        self.assertTrue(within(3, lambda: self.status()["guardian"]["alive"] and self.guardian_pid() != old))

    def test_a_guardian_killed_while_it_holds_nothing_is_replaced_too(self):
        self.start()
        old = self.guardian_pid()
        os.kill(old, signal.SIGKILL)
        self.assertTrue(within(3, lambda: self.guardian_pid() != old and self.status()["guardian"]["alive"]))

    def test_the_guardian_stopped_everything_runs_within_two_seconds(self):
        child = self.held()
        old = self.guardian_pid()
        os.kill(old, signal.SIGSTOP)
        self.assertTrue(within(2, lambda: runs_again(child.pid)))
        self.assertTrue(within(3, lambda: self.guardian_pid() != old))

    def test_both_killed_recovery_frees_everything_at_once(self):
        child = self.held()
        guardian = self.guardian_pid()
        os.kill(guardian, signal.SIGSTOP)  # so that it cannot act in between
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        os.kill(guardian, signal.SIGKILL)
        self.daemon.process.wait()
        time.sleep(0.3)
        self.assertEqual(state_of(child.pid), "T")
        began = time.monotonic()
        done = self.recover()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(time.monotonic() - began, rig.PATIENCE)
        self.assertTrue(runs_again(child.pid))
        self.assertIn("photoanalysisd", done.stdout)

    def test_both_killed_a_restarted_daemon_frees_everything_before_it_answers(self):
        child = self.held()
        guardian = self.guardian_pid()
        os.kill(guardian, signal.SIGSTOP)
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        os.kill(guardian, signal.SIGKILL)
        self.daemon.process.wait()
        self.start()
        self.assertTrue(runs_again(child.pid))
        self.assertIn("recovered", [event["kind"] for event in self.events()])

    def test_the_daemon_stopped_everything_runs_within_seven_seconds_and_it_recovers(self):
        child = self.held()
        os.kill(self.daemon.process.pid, signal.SIGSTOP)
        self.assertTrue(within(7, lambda: runs_again(child.pid)))
        os.kill(self.daemon.process.pid, signal.SIGCONT)
        self.assertTrue(within(5, lambda: self.holds() == []))
        self.assertTrue(runs_again(child.pid))
        self.assertTrue(any("had taken over" in event["text"] for event in self.events()))

    def test_the_guardian_killed_and_the_daemon_stopped_the_resumer_ends_what_is_past_its_deadline(self):
        child = self.held(seconds=4)
        guardian = self.guardian_pid()
        os.kill(self.daemon.process.pid, signal.SIGSTOP)
        os.kill(guardian, signal.SIGKILL)
        self.assertEqual(self.resume_overdue(), "")  # nobody knows yet that the daemon hangs
        self.assertEqual(state_of(child.pid), "T")
        time.sleep(6)
        self.assertEqual(state_of(child.pid), "T")
        self.assertIn("photoanalysisd", self.resume_overdue())
        self.assertTrue(within(1, lambda: runs_again(child.pid)))
        os.kill(self.daemon.process.pid, signal.SIGCONT)
        self.assertTrue(within(5, lambda: self.holds() == []))
        self.assertTrue(runs_again(child.pid))

    def test_what_a_daemon_does_after_it_hung_past_the_deadline_without_a_guardian_is_undone(self):
        self.assert_undone_after_hanging_at("executor.after_record")

    def test_a_change_that_hung_past_the_deadline_without_a_guardian_is_undone(self):
        self.assert_undone_after_hanging_at("executor.before_change")

    def assert_undone_after_hanging_at(self, point):
        """Between the guardian's acknowledgement and the act; when it goes on, the record is already closed."""
        if rig.why_no_faults():
            self.skipTest(rig.why_no_faults())
        self.start(["env", f"M1OPT_FAULT=daemon:{point}#1=stop"])
        child = self.hog()
        self.assertTrue(within(5, lambda: any(row["processes"] for row in self.daemon.get("/v1/targets")["targets"])))
        guardian = self.guardian_pid()
        with contextlib.closing(rig.demo_daemon.Api(self.daemon.places["--socket"], timeout=0.1)) as api:
            with self.assertRaises(OSError):  # it hangs before it answers
                api.ask("POST", "/v1/targets/suspend", {"name": "photoanalysisd", "for_s": 2})
        self.assertTrue(within(2, lambda: state_of(self.daemon.process.pid) == "T"))
        os.kill(guardian, signal.SIGKILL)
        self.assertTrue(within(5, lambda: "photoanalysisd" in self.resume_overdue()))
        self.assertTrue(runs_again(child.pid), "the daemon has acted already")
        os.kill(self.daemon.process.pid, signal.SIGCONT)
        time.sleep(rig.PATIENCE)  # within a second it notices
        self.assertTrue(within(2, lambda: self.status()["guardian"]["alive"] and self.guardian_pid() != guardian))
        self.assertTrue(runs_again(child.pid), f"stays stopped\n{self.why()}")
        self.assertEqual(self.holds(), [])

    def resume_overdue(self):
        done = self.recover(words=["--if-daemon-dead"])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_deadline_ends_a_hold(self):
        self.start()
        child = self.hog()
        within(3, lambda: self.daemon.get("/v1/targets")["targets"])
        time.sleep(1.5)
        self.suspend(child, seconds=2)
        self.assertTrue(within(4, lambda: runs_again(child.pid)))

    def test_sigterm_undoes_everything(self):
        child = self.held()
        self.daemon.process.terminate()
        self.assertEqual(self.daemon.process.wait(10), 0)
        self.assertTrue(runs_again(child.pid))
        self.assertEqual(self.recover().stdout, "nothing is held\n")

    def test_recovery_leaves_the_holds_of_a_running_daemon_alone(self):
        child = self.held()
        done = self.recover()
        self.assertIn("m1optd is running", done.stdout)
        self.assertEqual(state_of(child.pid), "T")

    def test_a_second_daemon_on_the_same_state_is_refused(self):
        self.held()
        second = subprocess.run([str(rig.M1OPTD), "--config", str(self.daemon.places["--config"]), "--state-dir",
                                 str(self.daemon.places["--state-dir"]), "--socket", str(self.directory / "b.sock"),
                                 "--log-file", "-"], text=True, capture_output=True, timeout=10, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("another m1optd", second.stderr)

    def test_a_held_target_that_dies_closes_its_record(self):
        child = self.held()
        child.end()
        self.assertTrue(within(3, lambda: self.holds() == []))

    def test_a_target_that_somebody_else_stopped_is_left_as_found(self):
        self.start()
        child = self.hog()
        os.kill(child.pid, signal.SIGSTOP)
        time.sleep(1.5)
        answer = self.daemon.post("/v1/targets/suspend", {"name": "photoanalysisd", "for_s": 60})
        self.assertNotIn(child.pid, self.held_pids(), answer)
        self.daemon.stop()
        self.assertEqual(state_of(child.pid), "T")
        os.kill(child.pid, signal.SIGCONT)

    def test_a_target_that_somebody_else_continues_is_not_fought(self):
        child = self.held()
        os.kill(child.pid, signal.SIGCONT)
        self.assertTrue(within(3, lambda: self.holds() == []))
        time.sleep(1)
        self.assertTrue(runs_again(child.pid))


@on_linux
@with_nice
class BackgroundTest(E2eTest):
    overlay = {**rig.QUICK, "rules": [quick_contention(["background"])]}

    def session_of(self, child):
        """The pids of all that it started, and its own."""
        def session(pid):
            return rig.demo_proof.stat_fields(rig.demo_proof.read(f"/proc/{pid}/stat") or "x) - 0 0 0")[3]
        return [pid for pid in rig.demo_proof.snapshot() if session(pid) == str(child.pid)]

    def test_a_target_with_many_threads_and_children_gets_every_old_value_back(self):
        self.start()
        self.model()
        child = self.hog("photoanalysisd", "--cpu", "15", "--threads-come-and-go", "--fork-children",
                         "--seconds", "60")
        self.wait_background(child)
        time.sleep(3)  # threads and children come and go while it is held
        self.assertTrue(within(20, lambda: len(self.session_of(child)) > 1), "it has no child")
        self.daemon.stop()
        session = self.session_of(child)
        for pid in session:
            for tid, thread in threads_of(pid).items():
                self.assertEqual((thread.policy, thread.nice, thread.ioprio), ("OTHER", 0, 0), (pid, tid))
        self.assertEqual(rig.autogroup_nice(child.pid), "0")

    def test_the_daemon_killed_a_backgrounded_target_has_its_values_back_within_a_second(self):
        self.start()
        self.model()
        child = self.hog()
        self.wait_background(child)
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        self.assertTrue(within(1, lambda: all(
            thread.policy == "OTHER" for thread in threads_of(child.pid).values())
            and rig.autogroup_nice(child.pid) == "0"))
        self.assert_as_before(child)

    def test_a_target_that_becomes_another_program_while_it_is_held_gets_its_values_back(self):
        self.start()
        self.model()
        child = self.hog("photoanalysisd", "--cpu", "2", "--exec-on-usr1", "/bin/sleep", "--seconds", "60")
        self.wait_background(child)
        os.kill(child.pid, signal.SIGUSR1)
        # In the background it gets to run when nobody else wants to.
        self.assertTrue(within(20, lambda: "photoanalysisd" not in os.readlink(f"/proc/{child.pid}/exe")))
        self.assertTrue(within(3, lambda: threads_of(child.pid)[child.pid].policy == "OTHER"), self.why())
        self.assert_as_before(child)
        self.assertTrue(within(3, lambda: child.pid not in self.held_pids("background")), self.why())

    def test_without_the_right_to_undo_the_record_stays_open_and_is_named(self):
        self.start()
        self.model()
        child = self.hog()
        self.wait_background(child)
        guardian = self.guardian_pid()
        os.kill(guardian, signal.SIGSTOP)
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        os.kill(guardian, signal.SIGKILL)
        self.daemon.process.wait()
        weak = self.recover(*rig.WITHOUT_NICE)
        self.assertEqual(weak.returncode, 4, weak.stdout + weak.stderr)
        self.assertIn("not_permitted: photoanalysisd", weak.stdout)
        full = self.recover()
        self.assertEqual(full.returncode, 0, full.stdout + full.stderr)
        self.assert_as_before(child)


if __name__ == "__main__":
    unittest.main()
