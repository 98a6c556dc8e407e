"""Other clocks: what was recorded under one is undone under another. The machine's own clock is never set."""

import os
import signal
import subprocess
import time
import unittest

import rig
from rig import E2eTest, on_linux, runs_again, state_of, within

LATER = ["unshare", "--time", "--boottime", "100000000", "--monotonic", "100000000"]


def earlier():
    """As near to the start of the machine as a clock can be set back."""
    with open("/proc/uptime", encoding="ascii") as uptime:
        back = int(float(uptime.read().split()[0])) - 5
    return ["unshare", "--time", "--boottime", str(-back), "--monotonic", str(-back)]


def can_shift():
    try:
        return subprocess.run([*LATER, "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except OSError:
        return False


@on_linux
@unittest.skipUnless(can_shift(), "needs a time namespace (root, util-linux 2.36, Linux 5.6)")
class TimeNamespaceTest(E2eTest):
    overlay = rig.QUICK

    def left_stopped(self, prefix=()):
        """A process that daemon and guardian, started like this, have left stopped."""
        self.start(prefix)
        child = self.hog()
        self.assertTrue(within(5, lambda: any(row["processes"] for row in self.daemon.get("/v1/targets")["targets"])))
        self.suspend(child, seconds=300)
        status = self.status()
        os.kill(status["guardian"]["pid"], signal.SIGSTOP)  # so that it cannot act in between
        os.kill(status["pid"], signal.SIGKILL)
        os.kill(status["guardian"]["pid"], signal.SIGKILL)
        self.daemon.process.wait()
        time.sleep(0.2)
        self.assertEqual(state_of(child.pid), "T")
        return child

    def assert_free(self, child):
        self.assertTrue(within(2, lambda: runs_again(child.pid)), state_of(child.pid))
        self.assert_as_before(child)

    def test_what_was_held_is_freed_by_a_recovery_whose_clock_is_three_years_on(self):
        child = self.left_stopped()
        done = self.recover(*LATER)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_free(child)

    def test_what_was_held_is_freed_by_a_recovery_whose_clock_has_just_begun(self):
        child = self.left_stopped()
        done = self.recover(*earlier())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_free(child)

    def test_what_was_held_in_the_future_is_freed_by_a_daemon_of_now(self):
        child = self.left_stopped(LATER)
        self.start()
        self.assert_free(child)
        self.assertIn("recovered", [event["kind"] for event in self.events()])

    def test_what_was_held_in_the_past_is_freed_by_a_daemon_of_now(self):
        child = self.left_stopped(earlier())
        self.start()
        self.assert_free(child)

    def test_a_hold_ends_in_time_under_another_clock(self):
        self.start(LATER)
        child = self.hog()
        self.assertTrue(within(5, lambda: any(row["processes"] for row in self.daemon.get("/v1/targets")["targets"])))
        self.suspend(child, seconds=2)
        began = time.monotonic()
        self.assertTrue(within(5, lambda: runs_again(child.pid)))
        self.assertLess(time.monotonic() - began, 4)
        self.assertTrue(within(2, lambda: self.holds() == []), self.why())
        self.assert_as_before(child)


if __name__ == "__main__":
    unittest.main()
