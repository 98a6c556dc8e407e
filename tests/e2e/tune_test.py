"""m1optctl tune against a Mac of stand-ins, killed at every step; and against the real dconf."""

import os
import plistlib
import pty
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from rig import M1OPTCTL, ROOT

# Each is changed, and undone in this order backwards.
NAMES = ["dock-autohide", "window-resize-time", "app-nap-ollama"]
# A Mac whose user has changed things himself, with types that nobody expects.
USED = {
    "com.apple.dock": {"autohide": "YES", "tilesize": 48, "persistent-apps": [{"tile-data": {"label": "Mail"}}],
                       "expose-animation-duration": 0.1},
    "NSGlobalDomain": {"NSWindowResizeTime": 0.30000000000000004, "AppleLocale": "de_DE"},
    "com.apple.finder": {"DisableAllAnimations": False},
    "com.apple.universalaccess": {"reduceMotion": 1},
}


class Mac:
    def __init__(self, directory, domains):
        self.tools = directory / "tools"
        shutil.copytree(ROOT / "tests" / "standins", self.tools)
        self.home = directory / "home"
        self.home.mkdir()
        self.log = directory / "points"
        for domain, values in domains.items():
            self.file(domain).parent.mkdir(parents=True, exist_ok=True)
            self.file(domain).write_bytes(plistlib.dumps(values, sort_keys=True))
        (self.tools / "state" / "full_disk_access").parent.mkdir(exist_ok=True)
        (self.tools / "state" / "full_disk_access").touch()

    def file(self, domain):
        return self.tools / "state" / "defaults" / f"{domain}.plist"

    def state(self):
        return {path.name: path.read_bytes() for path in (self.tools / "state").rglob("*") if path.is_file()}

    def environment(self, **more):
        return {"HOME": str(self.home), "M1OPT_TOOLS_DIR": str(self.tools), "M1OPT_SETTINGS_SYSTEM": "macos",
                "M1OPT_FAULT_LOG": str(self.log), **more}

    def tune(self, *words, **environment):
        return subprocess.run([M1OPTCTL, "tune", *words, "--socket", "/nonexistent/m1optd.sock"], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                              env=self.environment(**environment))

    def points(self):
        """Those that were come by, each with how often."""
        text = self.log.read_text() if self.log.exists() else ""
        return [tuple(line.split()[1:3]) for line in text.splitlines()]


class Tune(unittest.TestCase):
    def mac(self, domains=USED):
        directory = Path(tempfile.mkdtemp(prefix="m1opt-tune-"))
        self.addCleanup(shutil.rmtree, directory)
        return Mac(directory, domains)

    def assert_nothing_left(self, mac, before):
        self.assertEqual(mac.state(), before)
        self.assertEqual(mac.tune("undo", "--all").stdout, "nothing to put back\n")
        self.assertEqual(mac.state(), before)

    def test_everything_is_applied_and_undone_to_the_byte_on_a_fresh_and_on_a_used_mac(self):
        for domains in ({}, USED):
            mac = self.mac(domains)
            before = mac.state()
            applied = mac.tune("apply", "--all", "--yes")
            self.assertEqual(applied.returncode, 0, applied.stdout + applied.stderr)
            self.assertNotEqual(mac.state(), before)
            self.assertEqual(mac.tune("verify").returncode, 0)
            undone = mac.tune("undo", "--all")
            self.assertEqual(undone.returncode, 0, undone.stdout + undone.stderr)
            self.assert_nothing_left(mac, before)

    def steps_of(self, *words, after=()):
        mac = self.mac()
        for first in after:
            mac.tune(*first)
        mac.log.unlink(missing_ok=True)
        mac.tune(*words)
        steps = mac.points()
        self.assertGreater(len(steps), 4)
        return steps

    def killed(self, mac, step, *words):
        point, count = step
        run = mac.tune(*words, M1OPT_FAULT=f"{point}#{count}=kill")
        self.assertEqual(run.returncode, -9, f"{point} {count}: {run.stdout}{run.stderr}")

    def test_killed_at_any_step_of_apply_undo_still_brings_back_every_byte(self):
        for step in self.steps_of("apply", *NAMES, "--yes"):
            with self.subTest(step):
                mac = self.mac()
                before = mac.state()
                self.killed(mac, step, "apply", *NAMES, "--yes")
                self.assertEqual(mac.tune("undo", "--all").returncode, 0)
                self.assert_nothing_left(mac, before)

    def test_killed_at_any_step_of_undo_the_next_undo_goes_on(self):
        for step in self.steps_of("undo", "--all", after=[("apply", *NAMES, "--yes")]):
            with self.subTest(step):
                mac = self.mac()
                before = mac.state()
                mac.tune("apply", *NAMES, "--yes")
                self.killed(mac, step, "undo", "--all")
                self.assertEqual(mac.tune("undo", "--all").returncode, 0)
                self.assert_nothing_left(mac, before)

    def test_killed_and_applied_again_the_value_before_the_first_time_comes_back(self):
        for step in self.steps_of("apply", NAMES[0], "--yes"):
            with self.subTest(step):
                mac = self.mac()
                before = mac.state()
                self.killed(mac, step, "apply", NAMES[0], "--yes")
                self.assertEqual(mac.tune("apply", NAMES[0], "--yes").returncode, 0)
                self.assertEqual(mac.tune("undo", "--all").returncode, 0)
                self.assert_nothing_left(mac, before)

    def answer(self, mac, word, *words):
        """The verb on a terminal, where somebody answers."""
        ours, theirs = pty.openpty()
        os.write(ours, f"{word}\n".encode())
        run = subprocess.run([M1OPTCTL, "tune", *words, "--socket", "/nonexistent/m1optd.sock"], text=True, stdin=theirs,
                             capture_output=True, timeout=60, check=False, env=mac.environment())
        os.close(ours)
        os.close(theirs)
        return run

    def test_on_a_terminal_it_asks_before_what_costs_something(self):
        mac = self.mac()
        before = mac.state()
        refused = self.answer(mac, "n", "apply", "dock-autohide")
        self.assertEqual((refused.returncode, mac.state()), (0, before))
        self.assertIn("Go on? [y/N] nothing changed", refused.stdout)
        self.assertEqual(self.answer(mac, "y", "apply", "dock-autohide").returncode, 0)
        self.assertNotEqual(mac.state(), before)
        self.assertNotIn("Go on?", self.answer(mac, "n", "apply", "dock-launch-animation").stdout)

    def test_who_changes_settings_keeps_others_from_it(self):
        mac = self.mac()
        run = subprocess.Popen([M1OPTCTL, "tune", "apply", NAMES[0], "--yes"], stdout=subprocess.DEVNULL,
                               env=mac.environment(M1OPT_FAULT="settings.written=pause"))
        while not mac.points() or mac.points()[-1][0] != "settings.written":
            self.assertIsNone(run.poll())
        other = mac.tune("apply", NAMES[1], "--yes")
        self.assertEqual(other.returncode, 1)
        self.assertIn("another m1opt changes settings right now", other.stderr)
        Path(f"{mac.log}.go").touch()
        self.assertEqual(run.wait(30), 0)


class RealDconf(unittest.TestCase):
    def dconf(self):
        for place in (Path("/usr/bin/dconf"), ROOT / "build" / "tools" / "dconf" / "usr" / "bin" / "dconf"):
            if place.exists():
                return place
        return None

    def run_with_session(self, script, **environment):
        """What the script prints, with a bus of its own and `tune` and `dconf` as commands."""
        dconf = self.dconf()
        missing = [tool for tool in ("gsettings", "dbus-run-session") if not shutil.which(tool)]
        if missing or not dconf:
            self.skipTest(f"needs {', '.join(missing) or 'dconf (package dconf-cli)'}")
        with tempfile.TemporaryDirectory(prefix="m1opt-dconf-") as name:
            directory = Path(name)
            (directory / "run").mkdir()
            for tool in (dconf, Path(shutil.which("gsettings"))):
                (directory / tool.name).symlink_to(tool)
            start = (f'tune() {{ "{M1OPTCTL}" tune "$@" --socket /nonexistent/m >&2; }}; '
                     'dconf() { "$M1OPT_TOOLS_DIR/dconf" "$@"; }; K=/org/gnome/desktop/interface/enable-animations; '
                     'cd "$HOME"; set -e; ')
            run = subprocess.run(["dbus-run-session", "--", "sh", "-c", start + script], text=True, capture_output=True,
                                 timeout=60, check=False,
                                 env={"PATH": os.environ["PATH"], "HOME": name, "XDG_RUNTIME_DIR": f"{name}/run",
                                      "M1OPT_TOOLS_DIR": name, "M1OPT_SETTINGS_SYSTEM": "linux",
                                      **{key: value.format(home=name) for key, value in environment.items()}})
            return run

    def test_desktop_animations_are_set_and_undone_to_absence(self):
        run = self.run_with_session(
            'tune apply desktop-animations; dconf read $K; gsettings get org.gnome.desktop.interface enable-animations; '
            'tune undo --all; echo "[$(dconf read $K)]"; '
            'dconf write $K true; tune apply desktop-animations; tune undo --all; dconf read $K')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stdout.split(), ["false", "false", "[]", "true"], run.stderr)

    def test_what_a_site_sets_for_all_is_not_left_as_the_users_own(self):
        named = {"DCONF_PROFILE": "{home}/run/dconf/profile"}
        for first, environment in (("user-db:user", {}), ("user-db:user", named), ("user-db:joe", named),
                                   ("service-db:keyfile/user", named)):
            with self.subTest(first, **environment):  # without a name it is the session's, in XDG_RUNTIME_DIR
                run = self.run_with_session(
                    "mkdir site.d; printf '[org/gnome/desktop/interface]\\nenable-animations=true\\n' >site.d/00; "
                    'dconf compile site site.d; mkdir run/dconf; '
                    f'echo {first} >own; cp own run/dconf/profile; echo "file-db:$HOME/site" >>run/dconf/profile; '
                    'own() { echo "[$(DCONF_PROFILE=$HOME/own "$M1OPT_TOOLS_DIR/dconf" read $K)]"; }; '
                    'dconf read $K; own; tune apply desktop-animations; dconf read $K; own; '
                    'tune undo --all; dconf read $K; own', **environment)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertEqual(run.stdout.split(), ["true", "[]", "false", "[false]", "true", "[]"], run.stderr)

    def test_a_profile_without_a_database_of_the_users_is_refused(self):
        run = self.run_with_session('echo "file-db:$HOME/site" >profile; tune apply desktop-animations',
                                    DCONF_PROFILE="{home}/profile")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("does not begin with a database of the user", run.stderr)


if __name__ == "__main__":
    unittest.main()
