"""The systemd unit says what the daemon's safety depends on, and systemd understands it."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from project import ROOT

UNIT = ROOT / "launchd" / "m1optd.service"
CAPABILITIES = {
    "CAP_KILL", "CAP_SYS_NICE", "CAP_SYS_PTRACE", "CAP_SYS_RESOURCE", "CAP_IPC_LOCK", "CAP_DAC_OVERRIDE",
}
# Each of these would take away a write or a view that the daemon needs (launchd/README.md).
MUST_BE_OFF = ("ProtectControlGroups", "PrivateUsers", "RestrictRealtime")


def settings():
    pairs = [line.split("=", 1) for line in UNIT.read_text(encoding="utf-8").split("\n")
             if "=" in line and not line.startswith("#")]
    return {key: value for key, value in pairs}


class Unit(unittest.TestCase):
    def test_nothing_stays_held_when_the_daemon_ends(self):
        unit = settings()
        self.assertEqual(unit["KillMode"], "process")
        self.assertEqual(unit["ExecStopPost"], "@LIBEXECDIR@/m1optd --recover")
        self.assertEqual((unit["Restart"], unit["RestartSec"]), ("always", "1"))
        self.assertEqual(unit["RestartPreventExitStatus"], "78")
        self.assertEqual(unit["OOMScoreAdjust"], "-900")

    def test_a_daemon_that_hangs_is_killed_after_half_a_minute_without_a_beat(self):
        unit = settings()
        self.assertEqual((unit["WatchdogSec"], unit["WatchdogSignal"], unit["NotifyAccess"]), ("30", "SIGKILL", "main"))

    def test_the_daemon_has_these_rights_and_each_has_its_reason(self):
        self.assertEqual(set(settings()["CapabilityBoundingSet"].split()), CAPABILITIES)
        comments = [line for line in UNIT.read_text(encoding="utf-8").split("\n") if line.startswith("#   CAP_")]
        self.assertEqual({line.split()[1] for line in comments}, CAPABILITIES)

    def test_no_hardening_takes_away_what_the_daemon_writes_or_sees(self):
        unit = settings()
        for key in MUST_BE_OFF:
            self.assertEqual(unit.get(key, "no"), "no", key)
        self.assertEqual(unit.get("ProtectProc", "default"), "default")
        self.assertEqual(unit.get("ProcSubset", "all"), "all")
        self.assertNotIn("PrivateNetwork", unit)
        self.assertEqual((unit["IPAddressDeny"], unit["IPAddressAllow"]), ("any", "localhost"))

    def test_each_file_of_the_kernels_that_a_setting_is_in_can_be_written_and_no_other(self):
        rows = (ROOT / "daemon" / "settings" / "rows_linux_system.cpp").read_text(encoding="utf-8")
        wanted = set(re.findall(r'"(/(?:proc|sys)/[^"]+)"', rows))
        unit = UNIT.read_text(encoding="utf-8")
        opened = {word.lstrip("-") for line in re.findall(r"^ReadWritePaths=(.*)$", unit, re.MULTILINE)
                  for word in line.split()}
        self.assertTrue(wanted)
        self.assertEqual({path for path in wanted if not any(path.startswith(place) for place in opened)}, set())
        self.assertEqual({place for place in opened if not any(path.startswith(place) for path in wanted)}, set())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_understands_the_unit(self):
        with tempfile.TemporaryDirectory() as directory:
            unit = Path(directory) / "m1optd.service"
            text = UNIT.read_text(encoding="utf-8").replace("@LIBEXECDIR@", directory).replace("@GROUP@", "root")
            unit.write_text(text, encoding="utf-8")
            daemon = Path(directory) / "m1optd"
            daemon.write_text("#!/bin/sh\n")
            daemon.chmod(0o755)
            checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
            mine = [line for line in checked.stderr.split("\n") if "m1optd" in line]
            self.assertEqual(mine, [])
            # 0 is the safest; 4.0 is what a root daemon with these rights can hold.
            exposed = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=40", str(unit)],
                                     capture_output=True, text=True, check=False)
            self.assertEqual(exposed.returncode, 0, exposed.stdout + exposed.stderr)


if __name__ == "__main__":
    unittest.main()
