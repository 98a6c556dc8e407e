"""The daemon dies or is stopped at every step of an action that the code names; nothing stays held."""

import os
import re
import signal
import unittest

import rig
from rig import E2eTest, runs_again, within

SOURCES = [*(rig.ROOT / "daemon" / "act").glob("*.cpp"), *(rig.ROOT / "daemon" / "app").glob("*.cpp")]
POINTS = sorted({point for source in SOURCES
                 for point in re.findall(r'fault_point\("([\w.]+)"\)', source.read_text())})
# Reached on the way to a hold, in the daemon or its guardian.
ON_THE_WAY = [point for point in POINTS if point.startswith(("executor.", "guardian.before_acknowledge"))]
# Reached when a hold ends.
AT_THE_END = [point for point in POINTS if point.startswith("undo.") or point.endswith("_undo")
              or point == "executor.after_close"]
DEEP = os.environ.get("M1OPT_DEEP") == "1"


def has_fault_points():
    return b"M1OPT_FAULT" in rig.M1OPTD.read_bytes()


@unittest.skipUnless(has_fault_points(), "this build has no fault points (build/fault has)")
class CrashTest(E2eTest):
    def crash_at(self, point, how):
        """Starts a daemon armed at the point, asks for a hold and for its end, and waits for the worst."""
        os.environ["M1OPT_FAULT"] = f"{point}={how}"
        try:
            self.start()
        finally:
            del os.environ["M1OPT_FAULT"]
        child = self.hog()
        within(5, lambda: any(row["processes"] for row in self.daemon.get("/v1/targets")["targets"]))
        for path, body in (("/v1/targets/suspend", {"name": "photoanalysisd", "for_s": 60}),
                           ("/v1/targets/resume", {"all": True})):
            try:
                rig.demo_daemon.Api(self.daemon.places["--socket"], timeout=2).ask("POST", path, body)
            except OSError:
                pass  # it died or stands, as it was told to
        # Daemon or guardian killed: a second. Stopped: seven. The rest is for the machine.
        patience = 2 if how == "kill" else 9
        if not within(patience, lambda: runs_again(child.pid)) and not self.alive():
            # The guardian died at the same place: what systemd runs after every end is left.
            self.assertEqual(self.recover().returncode, 0)
        self.assertTrue(within(patience, lambda: runs_again(child.pid)), f"{point}={how}: {rig.state_of(child.pid)}")
        self.clean_up()
        self.assertEqual(self.recover().returncode, 0)
        self.assert_as_before(child)
        child.end()

    def alive(self):
        """Daemon and guardian of this test."""
        return [int(line.split()[0]) for line in rig.ps("-axww", "-o", "pid=,command=")
                if "m1optd" in line and str(self.directory) in line]

    def clean_up(self):
        """Ends the daemon and its guardian, stopped or not, as a service manager would in the end."""
        for pid in self.alive():
            os.kill(pid, signal.SIGKILL)
        self.daemon.process.wait()

    def test_every_step_on_the_way_is_known(self):
        self.assertGreaterEqual(len(ON_THE_WAY), 8, POINTS)
        self.assertGreaterEqual(len(AT_THE_END), 3, POINTS)



def add_step(point):
    """A test of its own for each step, so that they run beside each other."""
    word = point.replace(".", "_")
    setattr(CrashTest, f"test_killed_at_{word}_nothing_stays_held", lambda self: self.crash_at(point, "kill"))
    setattr(CrashTest, f"test_stopped_at_{word}_nothing_stays_held",
            unittest.skipUnless(DEEP, "slow: seven seconds a step (make test-deep)")(
                lambda self: self.crash_at(point, "stop")))


for step in sorted({*ON_THE_WAY, *AT_THE_END}):
    add_step(step)


if __name__ == "__main__":
    unittest.main()
