"""What happens before anything is built: bootstrap, and building under sudo."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from project import ROOT


def run(command, **env):
    return subprocess.run(command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=60, check=False)


class FrontDoor(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def tools(self, *names, **scripts):
        """A folder with only these commands in it, and small scripts under other names."""
        folder = self.root / "bin"
        folder.mkdir()
        for name in names:
            (folder / name).symlink_to(shutil.which(name))
        for name, text in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        return str(folder)

    def test_bootstrap_does_nothing_when_everything_is_there(self):
        path = self.tools("dirname", "sed", "uname", "g++", "cmake", "ninja", "ccache", "make", "python3", "shellcheck", "strace",
                          "setpriv", "unshare", "ps", "capsh", **{"apt-get": "echo network; exit 1"})
        started = time.monotonic()
        done = run(["/bin/sh", str(ROOT / "scripts" / "bootstrap")], PATH=path)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertLess(time.monotonic() - started, 5)  # measured: 0.04 s

    def test_what_only_the_build_for_macos_needs_is_asked_for_only_then(self):
        path = self.tools("dirname", "sed", "uname", "g++", "cmake", "ninja", "ccache", "make", "shellcheck", "strace",
                          "setpriv", "unshare", "ps", "capsh", sudo="",
                          **{"python3": "exit 1", "id": "echo 1000", "apt-get": "echo network"})
        script = str(ROOT / "scripts" / "bootstrap")
        self.assertEqual(run(["/bin/sh", script], PATH=path).returncode, 0)
        done = run(["/bin/sh", script, "macos"], PATH=path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("missing: python3-venv", done.stdout)
        self.assertIn(f"    sudo sh {script} macos\n", done.stdout)
        (self.root / "bin" / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        self.assertEqual(run(["/bin/sh", script, "macos"], PATH=path).stdout, "")

    def test_clang_is_asked_for_only_to_fuzz_or_lint_and_in_one_version(self):
        path = self.tools("dirname", "sed", "sh", "find", "uname", "g++", "cmake", "ninja", "ccache", "make", "python3", "shellcheck",
                          "strace", "setpriv", "unshare", "ps", "capsh", sudo="",
                          **{"id": "echo 1000", "apt-get": "echo network", "apt-cache": "[ $2 = clang-tidy-19 ]"})
        script = str(ROOT / "scripts" / "bootstrap")
        self.assertEqual(run(["/bin/sh", script], PATH=path).returncode, 0)
        fuzz = run(["/bin/sh", script, "fuzz"], PATH=path)
        self.assertEqual(fuzz.returncode, 1)
        self.assertIn("missing: clang-19", fuzz.stdout)
        lint = run(["/bin/sh", script, "lint"], PATH=path)
        self.assertIn("missing: clang-19 clang-tidy-19 cppcheck\n", lint.stdout)
        self.assertIn(f"    sudo sh {script} lint\n", lint.stdout)
        for name in ("clang++-17", "clang++-18", "clang-tidy-17", "cppcheck"):
            (self.root / "bin" / name).write_text("#!/bin/sh\n")
            (self.root / "bin" / name).chmod(0o755)
        self.assertEqual(run(["/bin/sh", script, "lint"], PATH=path).stdout, "", "the oldest that is there will do")

    def test_bootstrap_without_root_prints_the_one_command(self):
        path = self.tools("dirname", "sed", "uname", sudo="", **{"id": "echo 1000", "apt-get": "echo network"})
        done = run(["/bin/sh", str(ROOT / "scripts" / "bootstrap")], PATH=path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"    sudo sh {ROOT}/scripts/bootstrap\n", done.stdout)
        self.assertIn(" cmake", done.stdout)
        self.assertNotIn("network", done.stdout)

    def test_bootstrap_names_the_boost_it_needs_where_there_is_only_an_older_one(self):
        policy = "libboost-json-dev:\\n  Installed: (none)\\n  Candidate: 1.74.0.3\\n"
        path = self.tools("dirname", "sed", "uname", **{
            "id": "echo 0", "apt-get": "exit 0",
            "apt-cache": f'case $1 in show) exit 100 ;; policy) printf "{policy}" ;; esac'})
        # A file system without Boost is made by looking for it elsewhere.
        text = (ROOT / "scripts" / "bootstrap").read_text().replace("/usr/include", str(self.root / "include"))
        (self.root / "bootstrap").write_text(text)
        done = run(["/bin/sh", str(self.root / "bootstrap")], PATH=path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, re.compile(r"Boost 1\.74.*Boost >= 1\.81", re.DOTALL))

    @unittest.skipUnless(os.geteuid() == 0, "only root can be root under sudo")
    def test_nothing_is_built_under_sudo(self):
        for folder in ("scripts/cmake", "config", "daemon", "client", "tests/tools", "build/release"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "CMakeLists.txt").touch()
        shutil.copy(ROOT / "scripts" / "build", self.root / "scripts" / "build")
        command = ["sh", str(self.root / "scripts" / "build"), "release"]
        sudo = {"PATH": os.environ["PATH"], "SUDO_USER": "somebody"}
        absent = run(command, **sudo)
        self.assertEqual(absent.returncode, 1)
        self.assertIn("run `make` first as yourself", absent.stdout)
        stamp = self.root / "build" / "release" / "built"
        stamp.touch()
        self.assertEqual(run(command, **sudo).returncode, 0)
        source = self.root / "daemon" / "new.cpp"
        source.touch()
        os.utime(source, (time.time() + 60, time.time() + 60))
        self.assertEqual(run(command, **sudo).returncode, 1, "the build is older than its sources")


if __name__ == "__main__":
    unittest.main()
