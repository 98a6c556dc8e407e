"""A macOS below a DESTDIR, with programs that stand in for launchctl and the like, for the tests of the installer.

The stand-ins (tests/standins/) keep state and answer with macOS's own statuses; nothing of this has run on a Mac.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from project import ROOT

LABELS = ("com.level33.m1optd", "com.level33.m1optd.resumer")
# A daemon that runs until it is ended; `held` are processes that it keeps stopped, open in its journal.
DAEMON = """#!/usr/bin/env -S python3 -I -S
import os, signal, sys, time
from pathlib import Path
STATE = Path("{state}")
VERSION = "{version}"
def release(*_):
    for pid in (STATE / "held").read_text().split() if (STATE / "held").exists() else ():
        os.kill(int(pid), signal.SIGCONT)
    (STATE / "held").unlink(missing_ok=True)
if sys.argv[1:] == ["--version"]:
    print("m1optd", VERSION)
    sys.exit(0)
def note(what):
    with open(STATE / "calls", "a") as file:
        print("m1optd", VERSION, what, file=file)
def end(*_):
    release()
    (STATE / "running").unlink(missing_ok=True)
    note("ended")
    sys.exit(0)
running = STATE / "running"
if "--undo-settings" in sys.argv:
    note("--undo-settings")
    sys.exit(int((STATE / "undo-status").read_text()) if (STATE / "undo-status").exists() else 0)
if "--recover" in sys.argv:
    if "--if-daemon-dead" not in sys.argv:
        note("--recover")
        release()
        sys.exit(int((STATE / "recover-status").read_text()) if (STATE / "recover-status").exists() else 0)
    sys.exit(0)
if {broken}:
    sys.exit(1)
signal.signal(signal.SIGTERM, end)
running.write_text('{{"pid": %d, "version": "%s"}}' % (os.getpid(), VERSION))
note("started")
time.sleep(300)
"""
CLIENT = """#!/bin/sh
state="{state}"
if [ "$1" = status ]; then
  [ -e "$state/running" ] || exit 3
  cat "$state/running"
  exit 5
fi
echo "m1optctl $*" >>"$state/calls"
if [ "$1" = resume ] && [ -e "$state/held" ]; then
  kill -CONT $(cat "$state/held")
  rm "$state/held"
fi
"""


def state_of(pid):
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


class MacInstallCase(unittest.TestCase):
    def setUp(self):
        # 0700, and no symlink on the way: what root would demand of the real places
        self.root = Path(tempfile.mkdtemp(prefix="m1opt-mac-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.dest = self.root / "dest"
        self.standins = self.root / "standins"
        shutil.copytree(ROOT / "tests" / "standins", self.standins)
        self.state = self.standins / "state"
        self.state.mkdir()
        (self.state / "root").write_text(str(self.dest))
        for place in ("Library/LaunchDaemons", "Library/PrivilegedHelperTools", "Library/Application Support",
                      "usr/local/bin", "etc", "var/db", "var/log", "var/run"):
            (self.dest / place).mkdir(parents=True)
        self.daemon = self.dest / "Library/PrivilegedHelperTools/m1optd"
        self.client = self.dest / "usr/local/bin/m1optctl"
        self.plists = [self.dest / "Library/LaunchDaemons" / f"{label}.plist" for label in LABELS]
        self.addCleanup(self.end_everything)
        self.children = []
        self.build("1.0.0")

    def end_everything(self):
        for label in self.jobs():
            subprocess.run([self.standins / "launchctl", "bootout", f"system/{label}"], check=False)
        for child in self.children:
            child.kill()
            child.wait()

    def write(self, path, text, mode=0o755):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def build(self, version, broken=False):
        self.write(self.root / "build/daemon/m1optd", DAEMON.format(state=self.state, version=version, broken=broken))
        self.write(self.root / "build/client/m1optctl", CLIENT.format(state=self.state))

    def run_script(self, name, *arguments, ok=True, **env):
        env = {**os.environ, "DESTDIR": str(self.dest), "M1OPT_STANDINS": str(self.standins), "PREFIX": "/usr/local",
               "BUILD": str(self.root / "build"), "PYTHONDONTWRITEBYTECODE": "1", **env}
        done = subprocess.run(["sh", str(ROOT / "scripts" / name), *arguments], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180, check=False)
        self.assertEqual(done.returncode == 0, ok, done.stdout)
        return done.stdout

    def install(self, ok=True, **env):
        return self.run_script("install", ok=ok, **env)

    def uninstall(self, *arguments, ok=True, **env):
        return self.run_script("uninstall", *arguments, ok=ok, **env)

    def jobs(self):
        return sorted(path.stem for path in (self.state / "jobs").glob("*.json"))

    def calls(self):
        path = self.state / "calls"
        calls = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return calls

    def answer(self, *lines):
        (self.state / "answers").write_text("\n".join(lines))

    def files(self):
        return {str(path.relative_to(self.dest)) for path in self.dest.rglob("*") if path.is_file()}

    def sleeper(self, name="photoanalysisd"):
        """A real process under that name, of which the stand-in for ps knows."""
        program = self.root / "children" / name
        program.parent.mkdir(exist_ok=True)
        if not program.exists():
            shutil.copy2("/bin/sleep", program)
        child = subprocess.Popen([str(program), "60"], stdin=subprocess.DEVNULL)
        self.children.append(child)
        with open(self.state / "pids", "a") as file:
            print(child.pid, file=file)
        return child

    def stop(self, child):
        os.kill(child.pid, signal.SIGSTOP)
        deadline = time.monotonic() + 5
        while state_of(child.pid) != "T" and time.monotonic() < deadline:
            pass
        self.assertEqual(state_of(child.pid), "T")

    def hold(self, *names):
        """Real processes stopped, as an open record of the journal has them."""
        children = [self.sleeper(name) for name in names]
        for child in children:
            self.stop(child)
        (self.state / "held").write_text(" ".join(str(child.pid) for child in children))
        return children

    def assert_runs(self, version):
        self.assertIn(f'"version": "{version}"', (self.state / "running").read_text())
        self.assertEqual(self.jobs(), sorted(LABELS))
        self.assertFalse([name for name in self.files() if name.endswith((".old", ".part"))])

    def assert_nothing_left(self):
        self.assertEqual(self.jobs(), [])
        self.assertFalse((self.state / "running").exists())
        kept = ("etc/m1opt/", "var/db/m1opt/", "var/log/m1opt/")
        self.assertEqual([name for name in self.files() if not name.startswith(kept)], [])
