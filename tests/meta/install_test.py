"""Installing, updating over a running daemon, going back, removing; with dummy programs in a temp directory."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from project import ROOT

# A daemon that answers while the file `running` beside it exists, and a client that asks it so.
DAEMON = """#!/bin/sh
if [ "$*" = --version ]; then echo "m1optd {version}"; exit; fi
echo "m1optd {version} $*" >>"{calls}"
[ "$*" != --recover ] || exit {recover}
{start}
"""
CLIENT = """#!/bin/sh
echo "m1optctl $*" >>"{calls}"
[ "$1" = status ] || exit 0
if [ -e "{running}" ]; then [ "$2" != --json ] || cat "{running}"; exit 5; fi
exit 3
"""
SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >>"{calls}"
case $1 in
  is-active) [ -e "{running}" ] || [ -e "{running}.hangs" ] ;;
  stop) rm -f "{running}" "{running}.hangs" ;;
  restart) "{daemon}" ;;
esac
"""


class Install(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.calls = self.root / "calls"
        self.running = self.root / "running"
        self.prefix = self.root / "usr"
        self.daemon = self.prefix / "libexec" / "m1optd"
        self.config = self.root / "etc" / "m1opt" / "m1opt.json"
        self.program(self.root / "bin" / "ps", "#!/bin/sh\n")  # other tests stop processes of their own
        self.build("1")

    def program(self, path, text, **values):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(calls=self.calls, running=self.running, daemon=self.daemon, **values))
        path.chmod(0o755)

    def build(self, version, starts=True, recover=0):
        start = f'echo "{{\\"pid\\": 99999999}}" >"{self.running}"' if starts else "exit 1"
        self.program(self.root / "build" / "daemon" / "m1optd", DAEMON, version=version, start=start, recover=recover)
        self.program(self.root / "build" / "client" / "m1optctl", CLIENT)

    def with_systemd(self):
        (self.root / "systemd").mkdir()
        self.program(self.root / "bin" / "systemctl", SYSTEMCTL)

    def run_script(self, name, *arguments, ok=True, **env):
        env = {**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "DESTDIR": "",
               "PREFIX": str(self.prefix), "SYSCONFDIR": str(self.root / "etc"),
               "LOCALSTATEDIR": str(self.root / "var"), "BUILD": str(self.root / "build"),
               "SYSTEMD_RUNNING": str(self.root / "systemd"), **env}
        done = subprocess.run(["sh", str(ROOT / "scripts" / name), *arguments], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        self.assertEqual(done.returncode == 0, ok, done.stdout)
        return done.stdout

    def called(self):
        calls = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return calls

    def drop_in(self):
        file = self.root / "etc/systemd/system/ollama.service.d/m1opt.conf"
        file.parent.mkdir(parents=True)
        file.write_text("# Written by m1optctl ollama env --apply; m1optctl ollama env --remove deletes it.\n[Service]\n")
        return file

    def test_what_was_set_for_the_systems_ollama_is_taken_back_before_the_client_goes(self):
        self.run_script("install")
        file = self.drop_in()
        removes = CLIENT.replace("exit 0", f'{{{{ [ "$1" != ollama ] || rm "{file}"; exit; }}}}', 1)
        self.program(self.prefix / "bin" / "m1optctl", removes)
        self.called()
        self.run_script("uninstall")
        self.assertIn("m1optctl ollama env --remove", self.called())
        self.assertFalse((self.prefix / "bin" / "m1optctl").exists())

    def test_what_is_left_of_it_is_named(self):
        self.run_script("install")
        file = self.drop_in()
        said = self.run_script("uninstall", ok=False)
        self.assertIn(f"{file} still sets variables of Ollama's", said)

    def test_a_package_is_made_without_touching_this_machines_daemon(self):
        stage = self.root / "stage"
        self.running.write_text("{}")
        self.with_systemd()
        self.run_script("install", DESTDIR=str(stage), PREFIX="/usr", SYSCONFDIR="/etc")
        files = {str(path.relative_to(stage)) for path in stage.rglob("*") if path.is_file()}
        self.assertLessEqual({"usr/libexec/m1optd", "usr/bin/m1optctl", "etc/m1opt/m1opt.json",
                              "etc/systemd/system/m1optd.service"}, files)
        unit = (stage / "etc/systemd/system/m1optd.service").read_text()
        self.assertIn("ExecStart=/usr/libexec/m1optd\n", unit)
        self.assertNotRegex(unit, r"@[A-Z]+@")
        self.run_script("uninstall", "--purge", DESTDIR=str(stage), PREFIX="/usr", SYSCONFDIR="/etc")
        self.assertEqual([path for path in stage.rglob("*") if path.is_file()], [])
        self.assertEqual(self.called(), [])

    def test_without_systemd_it_installs_and_says_how_to_start(self):
        said = self.run_script("install")
        self.assertIn(f"sudo {self.daemon}", said)
        self.assertTrue(self.daemon.exists() and self.config.exists())
        self.assertFalse((self.root / "etc" / "systemd").exists())
        self.assertFalse(self.running.exists(), "it started a daemon that nobody asked for")

    def test_an_edited_configuration_is_kept_and_the_new_one_put_beside_it(self):
        self.run_script("install")
        self.config.write_text("{} // mine\n")
        said = self.run_script("install")
        self.assertEqual(self.config.read_text(), "{} // mine\n")
        self.assertTrue(self.config.with_suffix(".json.new").exists())
        self.assertIn("m1opt.json.new", said)

    def test_an_untouched_configuration_follows_the_default(self):
        self.run_script("install")
        older = "{} // an older default\n"
        self.config.write_text(older)
        (self.prefix / "share" / "m1opt" / "m1opt.json").write_text(older)
        self.run_script("install")
        self.assertNotEqual(self.config.read_text(), older)
        self.assertFalse(self.config.with_suffix(".json.new").exists())

    def test_over_a_running_daemon_everything_is_let_go_before_it_stops(self):
        self.with_systemd()
        self.run_script("install")
        self.called()
        self.build("2")
        self.run_script("install")
        calls = self.called()
        release, stop, restart = (calls.index(call) for call in (
            "m1optctl resume --all", "systemctl stop m1optd.service", "systemctl restart m1optd.service"))
        self.assertTrue(release < stop < restart, calls)
        self.assertIn("m1optd 2 ", calls)
        self.assertFalse(self.daemon.with_suffix(".old").exists())

    def test_a_new_daemon_that_does_not_answer_is_replaced_by_the_old_one(self):
        self.with_systemd()
        self.run_script("install")
        before = self.daemon.read_text()
        self.build("2", starts=False)
        said = self.run_script("install", ok=False)
        self.assertIn("the old one is back", said)
        self.assertEqual(self.daemon.read_text(), before)
        self.assertTrue(self.running.exists(), "the old daemon was not started again")

    def test_an_older_program_is_not_put_over_a_newer_one(self):
        self.build("0.10.0")
        self.run_script("install")
        self.build("0.9.1")
        said = self.run_script("install", ok=False)
        self.assertIn("m1optd 0.10.0 is installed and this is the older 0.9.1", said)
        self.assertIn("Nothing was changed", said)
        self.assertIn("0.10.0", self.daemon.read_text())

    def test_removal_undoes_first_and_lists_what_it_leaves(self):
        self.with_systemd()
        self.run_script("install")
        (self.root / "var" / "lib" / "m1opt").mkdir(parents=True)
        self.called()
        said = self.run_script("uninstall")
        calls = self.called()
        self.assertLess(calls.index("systemctl stop m1optd.service"), calls.index("m1optd 1 --recover"))
        self.assertFalse(self.daemon.exists() or (self.prefix / "bin" / "m1optctl").exists())
        self.assertIn(str(self.config.parent), said)
        self.assertIn(str(self.root / "var" / "lib" / "m1opt"), said)
        self.run_script("uninstall", "--purge")
        self.assertFalse(self.config.parent.exists() or (self.root / "var" / "lib" / "m1opt").exists())

    def test_a_daemon_that_hangs_is_ended_before_its_program_is_removed(self):
        self.with_systemd()
        self.run_script("install")
        self.running.rename(self.root / "running.hangs")
        self.called()
        self.run_script("uninstall")
        calls = self.called()
        self.assertLess(calls.index("systemctl stop m1optd.service"), calls.index("m1optd 1 --recover"))
        self.assertFalse(self.daemon.exists())

    def test_a_target_that_is_still_stopped_after_the_removal_is_named(self):
        self.program(self.root / "bin" / "ps", "#!/bin/sh\ncase $* in *stat*) echo ' 77 T baloo_file_extr' ;; esac\n")
        said = self.run_script("uninstall", ok=False)
        self.assertIn("baloo_file_extr (process 77) is stopped", said)

    def test_nothing_is_removed_while_something_cannot_be_undone(self):
        self.build("1", recover=4)
        self.run_script("install")
        said = self.run_script("uninstall", ok=False)
        self.assertIn("nothing was removed", said)
        self.assertTrue(self.daemon.exists())

    def with_home_elsewhere(self):
        """Of a user whom only the list of users knows; his m1optctl says where it looks."""
        home = self.root / "data" / "home" / "joe"
        home.mkdir(parents=True)
        self.program(self.root / "bin" / "getent", f"#!/bin/sh\necho 'joe:x:4242:4242:Joe:{home}:/bin/sh'\n")
        self.program(self.root / "bin" / "sudo", f'#!/bin/sh\nshift 3\nHOME="{home}" exec "$@"\n')
        return home

    def test_settings_of_a_user_whose_home_is_elsewhere_are_named(self):
        journal = self.with_home_elsewhere() / ".local/share/m1opt/settings.json"
        journal.parent.mkdir(parents=True)
        journal.write_text('{"records":[{"open":true}]}')
        self.run_script("install")
        self.assertIn(f"{journal} says how they were before", self.run_script("uninstall", ok=False))
        journal.unlink()
        os.mkfifo(journal)
        self.run_script("uninstall")

    def test_the_settings_of_the_user_who_runs_sudo_are_put_back_wherever_he_keeps_what_was_changed(self):
        home = self.with_home_elsewhere()
        self.run_script("install")
        self.program(self.prefix / "bin" / "m1optctl", '#!/bin/sh\n[ "$1" = tune ] || exit 3\n'
                     'echo "$XDG_DATA_HOME: $*" >>"{calls}"\n[ "$2" != history ] || echo \'{{"open":true}}\'\n')
        for profile, place in (("XDG_DATA_HOME=/data/joe; export XDG_DATA_HOME\necho hello\n", "/data/joe"), ("exit 1\n", "")):
            (home / ".profile").write_text(profile)
            self.called()
            client = (self.prefix / "bin" / "m1optctl").read_text()
            self.run_script("uninstall", SUDO_UID="4242", SUDO_USER="joe", XDG_DATA_HOME="")
            self.assertEqual([call for call in self.called() if "tune" in call],
                             [f"{place}: tune history --json", f"{place}: tune undo --all --yes"])
            self.run_script("install")
            self.program(self.prefix / "bin" / "m1optctl", client.replace("{", "{{").replace("}", "}}"))

    def test_without_a_build_it_says_what_to_do(self):
        (self.root / "build" / "daemon" / "m1optd").unlink()
        self.assertIn("run `make` first", self.run_script("install", ok=False))


if __name__ == "__main__":
    unittest.main()
