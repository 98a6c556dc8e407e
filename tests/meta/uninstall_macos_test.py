"""Removing on macOS: everything is undone first, and whatever is left is named."""

import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from mac_rig import LABELS, MacInstallCase, state_of
from project import ROOT

BUILT = [ROOT / "build" / kind for kind in ("fault", "release") if (ROOT / "build" / kind / "daemon/m1optd").exists()]


class MacUninstall(MacInstallCase):
    def test_everything_goes_but_configuration_state_and_log(self):
        self.install()
        (self.dest / "var/db/m1opt").mkdir()
        (self.dest / "var/db/m1opt/undo.db").touch()
        said = self.uninstall()
        self.assert_nothing_left()
        self.assertIn(str(self.dest / "etc/m1opt"), said)
        self.assertIn(str(self.dest / "var/db/m1opt"), said)
        said = self.uninstall("--purge")
        self.assertIn("nothing of it is left", said)
        self.assertEqual(self.files(), set())

    def test_twice_is_fine(self):
        self.install()
        self.uninstall()
        self.uninstall()
        self.assert_nothing_left()

    def test_what_was_never_installed_can_be_removed(self):
        self.uninstall()
        self.assertEqual(self.files(), set())

    def test_a_running_daemon_releases_first_and_is_asked_again_when_it_is_gone(self):
        self.install()
        held = self.hold("photoanalysisd", "mediaanalysisd", "mdworker")
        self.calls()
        self.uninstall()
        self.assertEqual([state_of(child.pid) for child in held], ["S", "S", "S"])
        calls = self.calls()
        order = [calls.index(call) for call in (
            "m1optctl resume --all", f"launchctl bootout {LABELS[0]}", "m1optd 1.0.0 --recover")]
        self.assertEqual(order, sorted(order), calls)
        self.assert_nothing_left()

    def test_with_the_daemon_dead_and_three_processes_still_stopped_recovery_comes_first(self):
        self.install()
        os.kill(int((self.state / "running").read_text().split(":")[1].split(",")[0]), signal.SIGKILL)
        (self.state / "running").unlink()
        held = self.hold("photoanalysisd", "mediaanalysisd", "mdworker")
        self.calls()
        self.uninstall()
        self.assertEqual([state_of(child.pid) for child in held], ["S", "S", "S"])
        self.assertEqual(self.calls()[0], "m1optd 1.0.0 --recover")
        self.assert_nothing_left()

    def test_nothing_is_removed_while_something_cannot_be_undone(self):
        self.install()
        (self.state / "recover-status").write_text("4")
        said = self.uninstall(ok=False)
        self.assertIn("nothing was removed", said)
        self.assertTrue(self.daemon.exists() and self.plists[0].exists())
        self.assertEqual(self.jobs(), [LABELS[1]], "the resumer goes on trying")

    def home(self, uid, open_records=True):
        """Of a user whose settings m1opt has changed."""
        home = self.dest / "Users" / f"user{uid}"
        journal = home / "Library/Application Support/m1opt/settings.json"
        self.write(journal, '{"records":[{"open":true}]}' if open_records else '{"records":[]}', 0o600)
        os.chown(home, uid, -1)
        (self.state / "home").write_text(str(home))
        return journal

    def test_settings_are_put_back_after_the_daemon_has_ended_and_before_it_is_removed(self):
        self.install()
        self.write(self.dest / "var/db/m1opt/settings.json", "{}", 0o600)
        self.calls()
        self.uninstall()
        calls = self.calls()
        order = [calls.index(call) for call in (
            f"launchctl bootout {LABELS[0]}", "m1optd 1.0.0 --recover", "m1optd 1.0.0 --undo-settings")]
        self.assertEqual(order, sorted(order), calls)
        self.assert_nothing_left()

    def test_nothing_is_removed_while_a_setting_cannot_be_put_back(self):
        self.install()
        self.write(self.dest / "var/db/m1opt/settings.json", "{}", 0o600)
        (self.state / "undo-status").write_text("1")
        self.assertIn("nothing was removed", self.uninstall(ok=False))
        self.assertTrue(self.daemon.exists() and self.client.exists())

    def test_the_settings_of_the_user_who_runs_sudo_are_put_back_by_his_own_client(self):
        self.install()
        uid = os.geteuid() or 54007
        journal = self.home(uid)
        self.open_to_all()
        self.write(self.client, f'#!/bin/sh\n[ "$1" = tune ] || exit 3\n'
                                f'if [ "$2" = history ]; then cat "{journal}"; else echo "{{}}" >"{journal}"; fi\n')
        os.chown(journal, uid, -1)
        os.chown(journal.parent, uid, -1)
        self.calls()
        self.uninstall(SUDO_UID=str(uid), SUDO_USER="joe")
        self.assertIn(f"sudo #{uid} m1optctl tune undo --all --yes", self.calls())
        self.assertEqual(journal.read_text(), "{}\n")

    def test_without_a_change_of_his_nothing_is_undone(self):
        self.install()
        uid = os.geteuid() or 54007
        journal = self.home(uid, open_records=False)
        self.open_to_all()
        self.write(self.client, f'#!/bin/sh\n[ "$1" = tune ] || exit 3\ncat "{journal}"\n')
        os.chown(journal, uid, -1)
        os.chown(journal.parent, uid, -1)
        self.calls()
        self.uninstall(SUDO_UID=str(uid), SUDO_USER="joe")
        self.assertEqual([call for call in self.calls() if call.startswith("sudo") and "tune" in call],
                         [f"sudo #{uid} m1optctl tune history --json"])

    def test_nothing_is_removed_while_his_settings_cannot_be_put_back(self):
        self.install()
        uid = os.geteuid() or 54007
        self.home(uid)
        self.open_to_all()
        self.write(self.client, '#!/bin/sh\n[ "$1" != tune ] || exit 1\nexit 3\n')
        said = self.uninstall(ok=False, SUDO_UID=str(uid), SUDO_USER="joe")
        self.assertIn("joe's settings could not be put back", said)
        self.assertTrue(self.daemon.exists() and self.client.exists())

    def agent(self, uid):
        """What `ollama env --apply` has made for a user."""
        home = self.dest / "Users" / f"user{uid}"
        plist = home / "Library/LaunchAgents/com.level33.m1opt.ollama-env.plist"
        self.write(plist, "<plist/>", 0o644)
        for path in (plist, plist.parent):
            os.chown(path, uid, -1)
        (self.state / "home").write_text(str(home))
        return plist

    def test_what_was_set_for_ollama_is_taken_back_by_the_client_of_the_user_who_runs_sudo(self):
        self.install()
        uid = os.geteuid() or 54007
        plist = self.agent(uid)
        self.open_to_all()
        self.write(self.client, f'#!/bin/sh\n[ "$1" != tune ] || exit 0\n[ "$*" = "ollama env --remove" ] || exit 3\nrm "{plist}"\n')
        self.calls()
        said = self.uninstall(SUDO_UID=str(uid), SUDO_USER="joe")
        self.assertIn(f"sudo #{uid} m1optctl ollama env --remove", self.calls())
        self.assertFalse(plist.exists())
        self.assertNotIn(plist.name, said)

    def test_nothing_is_removed_while_what_was_set_for_ollama_cannot_be_taken_back(self):
        self.install()
        uid = os.geteuid() or 54007
        self.agent(uid)
        self.open_to_all()
        self.write(self.client, '#!/bin/sh\n[ "$1" != ollama ] || exit 1\n[ "$1" != tune ] || exit 0\nexit 3\n')
        said = self.uninstall(ok=False, SUDO_UID=str(uid), SUDO_USER="joe")
        self.assertIn("joe's variables of Ollama's could not be taken back", said)
        self.assertTrue(self.daemon.exists() and self.client.exists())

    def test_what_was_set_for_the_ollama_of_other_users_is_named(self):
        self.install()
        plist = self.agent(os.geteuid())
        said = self.uninstall(ok=False)
        self.assertIn(f"{plist} still sets variables of Ollama's", said)
        self.assertTrue(plist.exists())

    def test_settings_of_other_users_are_named_with_the_file_that_knows_them(self):
        self.install()
        uid = os.geteuid() or 54007
        journal = self.home(uid)
        os.chown(journal, uid, -1)
        os.chown(journal.parent, uid, -1)
        self.open_to_all()
        said = self.uninstall(ok=False)
        self.assertIn(f"{journal} says how they were before", said)

    def test_what_is_no_plain_file_of_the_users_own_is_not_read(self):
        self.install()
        journal = self.home(os.geteuid() or 54007)
        elsewhere = self.root / "elsewhere" / "settings.json"
        self.write(elsewhere, '{"records":[{"open":true}]}', 0o600)
        for name, make in {"a pipe": lambda: os.mkfifo(journal),
                           "a link": lambda: journal.symlink_to(elsewhere),
                           "a file without end": lambda: journal.symlink_to("/dev/zero"),
                           "a directory": journal.mkdir}.items():
            with self.subTest(name):
                if journal.is_dir() and not journal.is_symlink():
                    journal.rmdir()
                else:
                    journal.unlink(missing_ok=True)
                make()
                began = time.monotonic()
                self.uninstall()
                self.assertLess(time.monotonic() - began, 30)

    @unittest.skipUnless(os.geteuid() == 0, "needs a user and another one")
    def test_a_directory_of_the_users_that_leads_to_what_is_not_his_is_not_followed(self):
        self.install()
        journal = self.home(54007)
        os.chown(journal, 54007, -1)
        elsewhere = self.root / "elsewhere"
        self.write(elsewhere / "settings.json", '{"records":[{"open":true}]}', 0o600)
        shutil.rmtree(journal.parent)
        journal.parent.symlink_to(elsewhere)
        self.open_to_all()
        self.uninstall()

    @unittest.skipUnless(os.geteuid() == 0, "needs a user and another one")
    def test_a_journal_that_even_he_cannot_read_is_named_as_not_known(self):
        self.install()
        journal = self.home(54007)
        os.chown(journal, 54007, -1)
        journal.chmod(0)
        self.open_to_all()
        self.assertIn(f"is not known: {journal} was not read", self.uninstall(ok=False))

    def test_settings_of_a_user_whose_home_is_elsewhere_are_named_too(self):
        self.install()
        home = self.dest / "Volumes" / "data disk" / "joe"
        journal = home / "Library/Application Support/m1opt/settings.json"
        self.write(journal, '{"records":[{"open":true}]}', 0o600)
        (self.state / "users").write_text(f"daemon                  /var/root\njoe                     {home}\n")
        self.assertIn(f"{journal} says how they were before", self.uninstall(ok=False))

    def open_to_all(self):
        """For programs that are run as another user."""
        for place in (self.root, self.standins):
            place.chmod(0o755)
        (self.state / "calls").touch()

    def test_a_target_that_is_stopped_all_the_same_is_named(self):
        self.install()
        child = self.sleeper("mediaanalysisd")
        self.stop(child)
        said = self.uninstall(ok=False)
        self.assertIn(f"mediaanalysisd (process {child.pid}) is stopped", said)
        self.assertIn(f"sudo kill -CONT {child.pid}", said)
        self.assertEqual(state_of(child.pid), "T", "it was not m1opt's to continue")

    def test_a_stopped_process_of_another_name_is_nobodys_business(self):
        self.install()
        self.stop(self.sleeper("vim"))
        self.uninstall()

    def test_without_the_installed_program_the_built_one_reads_the_journal(self):
        self.install()
        (self.dest / "var/db/m1opt").mkdir()
        (self.dest / "var/db/m1opt/undo.db").touch()
        subprocess.run([self.standins / "launchctl", "bootout", f"system/{LABELS[0]}"], check=True)
        held = self.hold("photoanalysisd")
        self.daemon.unlink()
        self.uninstall()
        self.assertEqual(state_of(held[0].pid), "S")

    def test_when_it_cannot_look_for_processes_it_claims_nothing(self):
        self.write(self.standins / "ps", "#!/bin/sh\nexit 1\n")
        self.assertIn("not known", self.uninstall(ok=False))

    def test_a_journal_that_nobody_can_read_is_not_purged(self):
        journal = self.dest / "var/db/m1opt/undo.db"
        self.write(journal, "", 0o600)
        shutil.rmtree(self.root / "build")
        self.assertIn("no m1optd is left that could read", self.uninstall())
        self.assertIn("no m1optd is left that could read", self.uninstall("--purge", ok=False))
        self.assertTrue(journal.exists())

    def test_a_process_of_a_removed_program_is_named(self):
        shutil.copy2("/bin/sleep", self.daemon)
        child = subprocess.Popen([str(self.daemon), "60"])
        self.children.append(child)
        (self.state / "pids").write_text(f"{child.pid}\n")
        self.daemon.unlink()
        said = self.uninstall(ok=False)
        self.assertIn(f"process {child.pid} still runs {self.daemon}", said)

    def test_a_job_that_cannot_be_booted_out_stops_the_removal(self):
        self.install()
        self.answer("bootout 150")
        self.assertIn("150", self.uninstall(ok=False))
        self.assertTrue(self.daemon.exists())
        self.assertEqual(self.jobs(), sorted(LABELS))

    def test_a_job_that_comes_back_is_named(self):
        self.install()
        self.answer("print 0", "print 113", "print 0", "print 113", "print 0")
        said = self.uninstall(ok=False)
        self.assertIn(f"the job {LABELS[0]} is still loaded", said)

    def test_an_old_job_goes_too(self):
        old = self.dest / "Library/LaunchDaemons/com.level33.m1opt.plist"
        self.write(old, "<plist/>", 0o644)
        self.uninstall()
        self.assert_nothing_left()


@unittest.skipUnless(BUILT, "no m1optd is built here")
class MacUninstallOfARealDaemon(MacInstallCase):
    """The daemon and client of this system in the places of macOS; launchd's part is the stand-in's."""

    def build(self, version, broken=False):
        places = {"--config": "etc/m1opt/m1opt.json", "--socket": "var/run/m1opt/m1optd.sock",
                  "--state-dir": "var/db/m1opt", "--log-file": "var/log/m1opt/m1optd.log"}
        words = " ".join(f"{flag} {self.dest / place}" for flag, place in places.items())
        self.write(self.root / "build/daemon/m1optd", f'#!/bin/sh\nexec {BUILT[0]}/daemon/m1optd "$@" {words}\n')
        self.write(self.root / "build/client/m1optctl",
                   f'#!/bin/sh\nM1OPT_SOCKET={self.dest / places["--socket"]} exec {BUILT[0]}/client/m1optctl "$@"\n')
        self.write(self.dest / "etc/m1opt/conf.d/10-quick.json", '{"sampling": {"idle_period_s": 0.5}}', 0o644)

    def ask(self, *words):
        return subprocess.run([self.client, *words], text=True, capture_output=True, timeout=20, check=False)

    def within(self, seconds, condition):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.02)
        return False

    def held(self, *names):
        """Stopped by the real daemon, which holds their records open."""
        children = [self.sleeper(name) for name in names]
        for child in children:
            self.assertTrue(self.within(10, lambda pid=child.pid: self.ask("suspend", str(pid)).returncode == 0),
                            self.ask("suspend", str(child.pid)).stderr)
            self.assertTrue(self.within(5, lambda pid=child.pid: state_of(pid) == "T"))
        return children

    def kept(self):
        """Every byte of what the tools of this Mac keep."""
        places = [self.state / "defaults", *(self.state / f"{name}.json" for name in ("pmset", "mdutil", "sysctl"))]
        return {str(path): path.read_bytes() for place in places for path in (place, *place.rglob("*")) if path.is_file()}

    @unittest.skipUnless(BUILT and BUILT[0].name == "fault", "needs build/fault: another one starts the machine's own tools")
    def test_what_tune_has_set_for_the_machine_and_for_the_user_is_put_back_to_the_same_bytes(self):
        uid = os.geteuid() or 54007
        home = self.dest / "Users" / "joe"
        home.mkdir(parents=True)
        os.chown(home, uid, -1)
        mac = {"M1OPT_TOOLS_DIR": str(self.standins), "M1OPT_SETTINGS_SYSTEM": "macos"}
        (self.state / "full_disk_access").touch()
        (self.state / "home").write_text(str(home))
        (self.state / "defaults").mkdir()
        for place in (self.root, self.standins, self.state, self.state / "defaults"):
            place.chmod(0o777 if self.state in (place, place.parent) else 0o755)
        before = self.kept()
        self.install(**mac)
        (self.state / "calls").chmod(0o666)
        rows = json.loads(self.ask("api", "GET", "/v1/settings").stdout)["settings"]
        names = [row["name"] for row in rows if row["wanted"] and not row["why_not"]]
        self.assertGreater(len(names), 3)
        for name in names:
            said = self.ask("api", "POST", f"/v1/settings/{name}/apply", "{}")
            self.assertEqual(said.returncode, 0, name + said.stderr)
        become = {"user": uid, "extra_groups": []} if os.geteuid() == 0 else {}
        said = subprocess.run([self.client, "tune", "apply", "--all", "--yes"], text=True, capture_output=True, timeout=60,
                              env={**os.environ, **mac, "HOME": str(home)}, check=False, **become)
        self.assertGreater(len(self.kept()), 6, said.stdout + said.stderr)
        said = self.uninstall("--purge", SUDO_UID=str(uid), SUDO_USER="joe", **mac)
        self.assertEqual(self.kept(), before, said)
        self.assertIn("nothing of it is left", said)

    def pids(self):
        status = json.loads(self.ask("status", "--json").stdout)
        return status["pid"], status["guardian"]["pid"]

    def test_over_open_holds_the_new_daemon_finds_everything_running(self):
        self.install()
        children = self.held("photoanalysisd", "mediaanalysisd")
        before = self.pids()[0]
        self.install()
        self.assertNotEqual(self.pids()[0], before)
        self.assertEqual([state_of(child.pid) for child in children], ["S", "S"])

    def test_both_killed_and_three_processes_still_stopped_all_three_run_again(self):
        self.install()
        children = self.held("photoanalysisd", "mediaanalysisd", "mediaanalysisd-access")
        daemon, guardian = self.pids()
        os.kill(guardian, signal.SIGSTOP)  # so that it cannot act in between
        os.kill(daemon, signal.SIGKILL)
        os.kill(guardian, signal.SIGKILL)
        self.assertTrue(self.within(5, lambda: self.ask("status").returncode == 3))
        self.assertEqual([state_of(child.pid) for child in children], ["T", "T", "T"])
        said = self.uninstall("--purge")
        self.assertEqual([state_of(child.pid) for child in children], ["S", "S", "S"])
        self.assertIn("nothing of it is left", said)
        self.assertEqual(self.files(), set())


if __name__ == "__main__":
    unittest.main()
