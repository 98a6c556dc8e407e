"""Every shell script is understood by a plain sh, and shellcheck finds nothing in it."""

import shutil
import subprocess
import unittest

from project import ROOT

FOLDERS = ("scripts", "tests/standins", ".ci")


def shell_scripts():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and (path.suffix == ".sh" or path.read_bytes().startswith(b"#!/bin/sh")):
                yield str(path.relative_to(ROOT))


class Shell(unittest.TestCase):
    def test_sh_understands_every_script(self):
        scripts = list(shell_scripts())
        self.assertIn("scripts/install", scripts)
        for script in scripts:
            checked = subprocess.run(["sh", "-n", script], cwd=ROOT, capture_output=True, text=True, check=False)
            self.assertEqual((checked.returncode, checked.stderr), (0, ""), script)

    @unittest.skipUnless(shutil.which("shellcheck"), "shellcheck is not installed (scripts/bootstrap installs it)")
    def test_shellcheck_finds_nothing(self):
        checked = subprocess.run(["shellcheck", "--external-sources", *shell_scripts()], cwd=ROOT,
                                 capture_output=True, text=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout), (0, ""))


if __name__ == "__main__":
    unittest.main()
