"""A release has nothing of what tests crash the daemon with."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from project import ROOT

DEFINED = "M1OPT_FAULT_POINTS"
# In ninja's place: it compiles nothing of the project, but what CMake tries it must.
NINJA = """#!/bin/sh
case " $* " in *" -C build/"*) exit 0 ;; esac
exec "{real}" "$@"
"""


class Release(unittest.TestCase):
    def configured(self, kind):
        """build.ninja as scripts/build has CMake write it, in a copy that is all links."""
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory) / "m1opt"
            copy.mkdir()
            for entry in ROOT.iterdir():
                if entry.name not in ("build", ".git"):
                    (copy / entry.name).symlink_to(entry)
            tools = Path(directory) / "bin"
            tools.mkdir()
            (tools / "ninja").write_text(NINJA.format(real=shutil.which("ninja")))
            (tools / "ninja").chmod(0o755)
            done = subprocess.run(["sh", "scripts/build", kind], cwd=copy, text=True, capture_output=True, check=False,
                                  env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return (copy / "build" / kind / "build.ninja").read_text(encoding="utf-8")

    def test_no_file_of_a_release_is_compiled_with_fault_points_and_those_of_the_tests_are(self):
        release, fault = self.configured("release"), self.configured("fault")
        self.assertIn("m1optd", release)
        self.assertNotIn(DEFINED, release)
        self.assertIn(f"-D{DEFINED}", fault)


if __name__ == "__main__":
    unittest.main()
