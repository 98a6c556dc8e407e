"""The machine is kept awake while a workload works: with a program in the place of systemd-inhibit, and, where there
is one to try, with a real logind."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

import rig
from rig import E2eTest, state_of, within

# Two programs that only this daemon sees: laid over /usr in a mount namespace of its own.
OVER_USR = """set -e
mount -t overlay overlay -o "lowerdir=$0:/usr" /usr
mount -t tmpfs tmpfs /run
mkdir /run/dbus /run/systemd
"""
STANDIN = OVER_USR + """: > /run/dbus/system_bus_socket
exec "$@" """
# elogind is logind without systemd; these are its packages, unpacked (tests/README.md).
ELOGIND = rig.ROOT / "build" / "tools" / "elogind" / "usr"
LOGIND = OVER_USR + """dbus-daemon --system --nofork --nopidfile & sleep 1
/usr/lib/elogind/elogind & sleep 1
exec "$@" """

INHIBIT = """#!/bin/sh
echo "$*" >> {directory}/calls
if [ -e {directory}/refuse ]; then echo "Failed to inhibit: Access denied" >&2; exit 1; fi
echo $$ >> {directory}/locks
while case $1 in --*) ;; *) false ;; esac; do shift; done
"$@"
"""


def can_lay_over():
    """Root, Linux, and a kernel that lays one directory over another."""
    if not rig.LINUX or os.geteuid() != 0:
        return False
    return subprocess.run(["unshare", "--mount", "sh", "-c", "mount -t overlay overlay -o lowerdir=/etc:/usr /usr"],
                          capture_output=True, check=False).returncode == 0


class Lease:
    """A workload that is busy at once: m1optctl run."""

    def __init__(self, test):
        self.process = subprocess.Popen([str(rig.M1OPTCTL), "--socket", str(test.daemon.places["--socket"]), "run",
                                         "--", "sleep", "600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        test.addCleanup(self.end)

    def end(self):
        """Both: m1optctl built for TSan does not hear a signal while it waits for its child."""
        if self.process.returncode is None:  # else the number may be somebody else's
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@unittest.skipUnless(can_lay_over(), "needs root and overlayfs to put a program in the place of systemd-inhibit")
class AwakeTest(E2eTest):
    def setUp(self):
        super().setUp()
        program = self.directory / "usr" / "bin" / "systemd-inhibit"
        program.parent.mkdir(parents=True)
        program.write_text(INHIBIT.format(directory=self.directory))
        program.chmod(0o755)

    def start_with_inhibitor(self, *prefix):
        self.start(["unshare", "--mount", "sh", "-c", STANDIN, str(self.directory / "usr"), *prefix])

    def locks(self):
        """The stand-ins that run, so those that hold the lock."""
        noted = self.directory / "locks"
        pids = [int(pid) for pid in noted.read_text().split()] if noted.exists() else []
        return [pid for pid in pids if state_of(pid) not in "-Z"]

    def awake(self):
        return self.status()["awake"]

    def told(self):
        return [event["text"] for event in self.events() if event["kind"] == "awake"]

    def keep_awake(self):
        lease = Lease(self)
        self.assertTrue(within(5, lambda: len(self.locks()) == 1 and self.awake()["held"]), self.why())
        return lease

    def test_while_a_model_works_and_no_longer(self):
        self.start_with_inhibitor()
        self.assertEqual(self.locks(), [])
        self.assertEqual(self.awake()["reason"], "no workload was busy in the last 3 s")
        lease = self.keep_awake()
        call = (self.directory / "calls").read_text()
        self.assertEqual(call.strip(), "--what=idle --mode=block --who=m1optd --why=a local LLM works "
                                       "(m1optctl status tells which) /usr/bin/timeout 300 /usr/bin/cat")
        awake = self.awake()
        self.assertRegex(awake["reason"], r"^run:\d+ is busy: leased by m1optctl run$")
        self.assertLessEqual(awake["remaining_s"], 300)
        self.assertIsNone(awake["problem"])
        self.assertIn("Awake      kept from falling asleep by itself since", self.ctl("status").stdout)
        self.daemon.post("/v1/pause", {"for_s": 60})
        self.assertFalse(self.awake()["held"])
        self.assertTrue(within(2, lambda: self.locks() == []))
        self.daemon.post("/v1/unpause", {})
        self.assertTrue(within(5, lambda: self.awake()["held"]), self.why())
        for enabled in (False, True):
            self.write_overlay({**self.overlay, "awake": {"enabled": enabled}})
            self.daemon.post("/v1/config/reload", {})
            self.assertTrue(within(5, lambda: self.awake()["held"] == enabled and len(self.locks()) == enabled),
                            self.why())
        lease.end()
        self.assertTrue(within(15, lambda: not self.awake()["held"] and self.locks() == []), self.why())
        self.assertEqual([re.sub(r":.*", "", text) for text in self.told()],
                         ["the machine is kept from falling asleep by itself", "the machine may fall asleep again"] * 3)

    def test_however_the_daemon_ends(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.start_with_inhibitor()
            lease = self.keep_awake()
            os.kill(self.daemon.process.pid, number)
            self.assertTrue(within(3, lambda: self.locks() == []), number)
            self.daemon.process.wait()
            lease.end()

    def test_a_refusal_is_told_once_with_its_words_and_a_lock_that_was_taken_away_too(self):
        (self.directory / "refuse").touch()
        self.start_with_inhibitor()
        lease = Lease(self)
        self.assertTrue(within(5, lambda: self.awake()["problem"]), self.why())
        self.assertFalse(self.awake()["held"])
        self.assertTrue(self.awake()["wanted"])
        problem = "/usr/bin/systemd-inhibit ended with status 1: Failed to inhibit: Access denied"
        self.assertEqual(self.awake()["problem"], problem)
        time.sleep(2)  # eight ticks
        self.assertEqual(self.told(), ["the machine cannot be kept awake: " + problem])
        self.assertEqual(len((self.directory / "calls").read_text().splitlines()), 1)
        self.assertIn("may fall asleep: " + problem, re.sub(r"\s+", " ", self.ctl("status").stdout))
        self.assertIn("Access denied", self.ctl("doctor").stdout)
        lease.end()
        self.daemon.stop()
        (self.directory / "refuse").unlink()
        self.start_with_inhibitor()
        self.keep_awake()
        os.kill(self.locks()[0], signal.SIGKILL)
        self.assertTrue(within(5, lambda: not self.awake()["held"]), self.why())
        self.assertIn("was ended by signal 9", self.awake()["problem"])

    def test_a_dry_run_asks_nobody_and_says_what_it_would_do(self):
        self.start_with_inhibitor("sh", "-c", 'exec "$@" --dry-run', "sh")
        Lease(self)
        self.assertTrue(within(5, lambda: "would be kept awake" in self.awake()["reason"]), self.why())
        self.assertFalse((self.directory / "calls").exists())
        self.assertFalse(self.awake()["held"])

    def test_a_program_that_somebody_else_may_write_is_not_run(self):
        (self.directory / "usr" / "bin" / "systemd-inhibit").chmod(0o777)
        self.start_with_inhibitor()
        Lease(self)
        self.assertTrue(within(5, lambda: self.awake()["problem"]), self.why())
        self.assertIn("can be written by others", self.awake()["problem"])
        self.assertFalse((self.directory / "calls").exists())


@unittest.skipUnless(os.environ.get("M1OPT_DEEP") == "1", "slow: a renewal takes two and a half minutes")
@unittest.skipUnless(can_lay_over() and (ELOGIND / "lib" / "elogind" / "elogind").exists() and
                     shutil.which("dbus-daemon"), f"there is no elogind in {ELOGIND}")
class LogindTest(E2eTest):
    """A real logind, in namespaces of its own."""

    @contextlib.contextmanager
    def place(self):
        """A process in the daemon's mount namespace that outlives it."""
        with subprocess.Popen(["nsenter", "-t", str(self.daemon.process.pid), "-m", "cat"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as cat:
            cat.stdin.write(b"\n")
            cat.stdin.flush()
            cat.stdout.readline()  # it has entered
            yield cat.pid

    def inhibitors(self, place=None):
        """pid -> the line of logind's own list, of those that m1optd asked for."""
        said = subprocess.run(["nsenter", "-t", str(place or self.daemon.process.pid), "-m",
                               "/usr/bin/elogind-inhibit", "--list"], text=True, capture_output=True, check=True).stdout
        lines = [line.split() for line in said.splitlines() if line.startswith("m1optd")]
        return {int(line[3]): line for line in lines}

    def awake_problem(self):
        return self.status()["awake"]["problem"]

    def test_the_lock_appears_is_renewed_without_a_gap_and_vanishes(self):
        self.start(["unshare", "--mount", "sh", "-c", LOGIND, str(ELOGIND)])
        self.assertEqual(self.inhibitors(), {})
        lease = Lease(self)
        self.assertTrue(within(8, lambda: self.inhibitors()), self.why())
        first = set(self.inhibitors())
        line = " ".join(next(iter(self.inhibitors().values())))
        self.assertIn(" idle ", line)
        self.assertTrue(line.endswith("block"), line)
        counts = []
        end = time.monotonic() + 165
        while time.monotonic() < end:
            counts.append(len(self.inhibitors()))
            time.sleep(0.1)
        self.assertEqual(min(counts), 1, "there was a moment without a lock")
        self.assertLessEqual(max(counts), 2)
        self.assertEqual(len(self.inhibitors()), 1)
        self.assertNotEqual(set(self.inhibitors()), first, "it was not renewed")
        lease.end()
        self.assertTrue(within(15, lambda: not self.inhibitors()), self.why())
        self.assertIsNone(self.awake_problem())
        Lease(self)
        self.assertTrue(within(8, lambda: self.inhibitors()), self.why())
        with self.place() as place:
            os.kill(self.daemon.process.pid, signal.SIGKILL)
            self.assertTrue(within(2, lambda: not self.inhibitors(place)))


if __name__ == "__main__":
    unittest.main()
