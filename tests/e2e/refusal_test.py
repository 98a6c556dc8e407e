"""A daemon that refuses to start says why, and its service manager leaves it down."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import rig


class RefusalTest(unittest.TestCase):
    def refused(self, *arguments):
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            config = directory / "m1opt.json"
            config.write_text('{ "limitz": {} }')
            state = directory / "state"
            done = subprocess.run(
                [str(rig.M1OPTD), "--config", str(config), "--socket", str(directory / "run" / "s.sock"),
                 "--state-dir", str(state), "--log-file", str(directory / "log"), *arguments],
                text=True, capture_output=True, timeout=20, check=False)
            self.assertIn("limitz", (state / "refused.txt").read_text())
            self.assertIn("limitz", done.stderr)
            return done.returncode

    def test_systemd_is_told_by_the_exit_status(self):
        self.assertEqual(self.refused(), 78)

    def test_launchd_is_told_success_or_it_would_start_it_every_ten_seconds(self):
        self.assertEqual(self.refused("--stay-down"), 0)


if __name__ == "__main__":
    unittest.main()
