"""Real memory pressure: a hog whose file does not fit its memory cgroup makes the kernel stall, and the daemon goes up
its ladder and down again."""

import os
import signal
import time
import unittest

import rig
from rig import E2eTest, on_linux, state_of, with_nice, within

import bench_event


IDLE_PERIOD_S = 60


def why_not():
    if not os.path.exists("/proc/pressure/memory"):
        return "this kernel keeps no stall times"
    if os.geteuid() != 0:
        return "needs root for a memory cgroup"
    try:
        bench_event.remove(bench_event.memory_cgroup())
    except bench_event.Failed as failed:
        return str(failed)
    return ""


@on_linux
@with_nice
@unittest.skipIf(why_not(), why_not())
class PressureTest(E2eTest):
    alone = True
    overlay = {
        **rig.QUICK,
        # Idle, nothing looks in time by itself: only an event of the kernel's can be what wakes the daemon.
        "sampling": {"busy_period_s": 0.5, "idle_period_s": IDLE_PERIOD_S},
        "limits": {"quiet_s": 60, "post_action_s": 1, "cooldown_s": 1, "max_crashes": 1000},
        "rules": [{"name": "stalls", "needs": "nothing", "ladder": ["background", "suspend"],
                   "any": [{"all": [{"metric": "stall_some_percent", "enter": 10, "exit": 5, "hold_s": 0,
                                     "exit_hold_s": 2}]}]},
                  # What else may slow the target would not be the pressure's doing.
                  {"name": "contention", "enabled": False}],
    }

    def in_background(self, child):
        return any(hold["kind"] == "background" for hold in self.status()["holds"]
                   if hold["process"]["pid"] == child.pid)

    def test_pressure_backgrounds_then_suspends_then_releases(self):
        child = self.hog()
        self.start()
        started = time.monotonic()
        self.assertTrue(within(8, lambda: any(row["processes"] for row in
                                              self.daemon.get("/v1/targets")["targets"])), self.why())
        group = bench_event.memory_cgroup()
        self.addCleanup(bench_event.remove, group)
        stall = bench_event.start_stall(self.directory, group)
        self.addCleanup(bench_event.end, stall)
        began = time.monotonic()
        # A look that the idle period brings would come after this.
        self.assertLess(began - started, IDLE_PERIOD_S - 25)
        self.assertTrue(within(20, lambda: self.in_background(child)), self.why())
        background = time.monotonic() - began
        self.assertTrue(within(20, lambda: state_of(child.pid) == "T"), self.why())
        suspended = time.monotonic() - began
        os.killpg(stall.pid, signal.SIGSTOP)
        calm = time.monotonic()
        self.assertTrue(within(20, lambda: state_of(child.pid) != "T" and not self.status()["holds"]), self.why())
        released = time.monotonic() - calm
        self.assert_as_before(child)
        print(f"figure: real memory pressure: in the background after {background:.2f} s, suspended after "
              f"{suspended:.2f} s, released {released:.2f} s after it ended")


@on_linux
@with_nice
@unittest.skipIf(why_not(), why_not())
@unittest.skipUnless(os.environ.get("M1OPT_DEEP"), "slow: pressure takes a minute to fade; make test-deep")
class ShippedRulesTest(E2eTest):
    """The rules as they are shipped, beside a model that works; only what the target takes of the CPU has no say."""

    alone = True
    overlay = {**rig.QUICK, "rules": [{"name": "contention", "enabled": False}]}

    def hold(self, child):
        return next((hold for hold in self.status()["holds"] if hold["kind"] == "background" and
                     hold["process"]["pid"] == child.pid), None)

    def test_real_pressure_puts_a_target_into_the_background_and_lets_it_go(self):
        child = self.hog("photoanalysisd", "--cpu", "1", "--seconds", "400")
        self.model("llama-server", "--threads", "1", "--mib", "8", "--seconds", "400")
        self.start()
        self.assertTrue(within(10, lambda: any(row["state"] == "busy" for row in self.status()["workloads"])), self.why())
        self.assertIsNone(self.hold(child), "nothing presses yet")
        group = bench_event.memory_cgroup()
        self.addCleanup(bench_event.remove, group)
        stall = bench_event.start_stall(self.directory, group)
        self.addCleanup(bench_event.end, stall)
        began = time.monotonic()
        self.assertTrue(within(60, lambda: self.hold(child)), self.why())
        rule = self.hold(child)["rule"]
        self.assertIn(rule, ("memory_warning", "memory_critical"))
        background = time.monotonic() - began
        os.killpg(stall.pid, signal.SIGSTOP)
        calm = time.monotonic()
        self.assertTrue(within(150, lambda: self.hold(child) is None), self.why())
        self.assertEqual([], [hold for hold in self.status()["holds"] if hold["process"]["pid"] == child.pid])
        print(f"figure: real memory pressure under the shipped rules: in the background by {rule} after {background:.1f} s,"
              f" let go {time.monotonic() - calm:.1f} s after it ended")


if __name__ == "__main__":
    unittest.main()
