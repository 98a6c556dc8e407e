"""A daemon that keeps dying stops acting, and says so."""

import json
import os
import signal
import unittest

import rig
from rig import E2eTest, runs_again, state_of, within


class SafeModeTest(E2eTest):
    overlay = {**rig.QUICK, "limits": {**rig.QUICK["limits"], "max_crashes": 3, "crash_window_s": 600}}

    def crash(self):
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        self.daemon.process.wait()

    def crash_three_times(self):
        for _ in range(3):
            self.start()
            self.assertNotEqual(self.status()["mode"], "safe")
            self.crash()

    def wait_for_target(self):
        self.assertTrue(within(5, lambda: any(row["processes"] for row in self.daemon.get("/v1/targets")["targets"])))

    def test_three_crashes_lead_to_safe_mode_which_acts_on_nothing_and_says_so(self):
        self.crash_three_times()
        child = self.hog()
        self.start()
        status = self.status()
        self.assertEqual(status["mode"], "safe")
        self.assertTrue(status["safe_mode"]["active"])
        self.assertIsNotNone(status["safe_mode"]["until"])
        self.assertTrue(status["headline"].startswith("safe mode"), status["headline"])
        self.assertEqual(self.daemon.get("/v1/health")["status"], "degraded")
        self.assertIn("safe_mode", [event["kind"] for event in self.events()])
        self.wait_for_target()
        answer = self.daemon.post("/v1/targets/suspend", {"name": "photoanalysisd", "for_s": 60})
        self.assertEqual(answer["status"], 409, answer)
        self.assertIn("only observes", json.dumps(answer))
        self.assertTrue(runs_again(child.pid))
        self.assertIn("safe mode", self.ctl("status").stdout)
        # A clean stop forgets the crashes.
        self.assertTrue(self.daemon.stop())
        self.start()
        self.assertEqual(self.status()["mode"], "active")
        self.wait_for_target()
        self.suspend(child)

    def test_what_the_last_crash_left_is_undone_in_safe_mode_too(self):
        for _ in range(2):
            self.start()
            self.crash()
        self.start()
        child = self.hog()
        self.wait_for_target()
        self.suspend(child)
        guardian = self.guardian_pid()
        os.kill(guardian, signal.SIGSTOP)
        self.crash()
        os.kill(guardian, signal.SIGKILL)
        self.assertEqual(state_of(child.pid), "T")
        self.start()
        self.assertEqual(self.status()["mode"], "safe")
        self.assertTrue(within(1, lambda: runs_again(child.pid)))

    def test_a_count_that_cannot_be_read_is_taken_for_the_worst(self):
        self.start()
        self.assertTrue(self.daemon.stop())
        (self.daemon.places["--state-dir"] / "runs.txt").write_text("nonsense")
        self.start()
        self.assertEqual(self.status()["mode"], "safe")


if __name__ == "__main__":
    unittest.main()
