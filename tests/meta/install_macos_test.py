"""Installing on macOS: fresh, over every state that can be found, and back again when it does not work."""

import os
import shutil
import subprocess
import unittest

from mac_rig import LABELS, MacInstallCase, state_of
from project import ROOT


class MacInstall(MacInstallCase):
    def test_fresh_everything_is_in_its_place_and_both_jobs_run(self):
        self.install()
        self.assert_runs("1.0.0")
        self.assertEqual([path.stat().st_mode & 0o777 for path in (self.daemon, self.client, *self.plists)],
                         [0o755, 0o755, 0o644, 0o644])
        self.assertTrue((self.dest / "etc/m1opt/m1opt.json").exists())
        self.assertEqual([line for line in self.calls() if line.startswith("launchctl")], [
            f"launchctl enable {LABELS[0]}", f"launchctl bootstrap system {LABELS[0]}.plist",
            f"launchctl enable {LABELS[1]}", f"launchctl bootstrap system {LABELS[1]}.plist",
            f"launchctl kickstart {LABELS[0]}"])

    def test_a_missing_place_for_the_client_is_made(self):
        shutil.rmtree(self.dest / "usr")
        self.install()
        self.assertTrue(self.client.exists())

    def test_what_is_unsigned_is_signed_before_it_is_in_its_place(self):
        self.install()
        self.assertEqual([line for line in self.calls() if "codesign" in line],
                         ["codesign m1optd.part", "codesign m1optctl.part"])
        (self.state / "cannot-sign").touch()
        self.build("1.0.1")
        said = self.install(ok=False)
        self.assertIn("could not be signed", said)
        self.assertIn("the installation failed half-way; the old m1optd is back and runs", said)
        self.assertIn('VERSION = "1.0.0"', self.daemon.read_text())
        self.assert_runs("1.0.0")

    def test_a_disk_that_is_full_in_the_middle_leaves_the_old_one_running(self):
        self.install()
        before = self.files()
        self.build("1.0.1")
        for target in ("PrivilegedHelperTools/m1optd", "bin/m1optctl", f"{LABELS[1]}.plist", "m1opt.json"):
            for kept in (True, False):
                with self.subTest(target, kept=kept):
                    # the copy of the old one, or the new one itself, is cut short
                    self.write(self.standins / "cp", "#!/bin/sh\ncase $1 in -p) shift; keeps=1 ;; *) keeps=0 ;; esac\n"
                               f"case $keeps$2 in {int(kept)}*{target}.part) echo half >\"$2\"; exit 1 ;; esac\n"
                               "[ $keeps = 0 ] || set -- -p \"$@\"\nexec /bin/cp \"$@\"\n")
                    if kept and target == "m1opt.json":
                        continue  # it is not kept
                    said = self.install(ok=False)
                    self.assertIn("the old m1optd is back and runs", said)
                    self.assert_runs("1.0.0")
                    self.assertEqual(self.files() - before, set())

    def test_a_first_installation_that_fails_half_way_starts_nothing(self):
        (self.state / "cannot-sign").touch()
        self.assertIn("what was there before is in its place again", self.install(ok=False))
        self.assertEqual((self.jobs(), self.files()), ([], set()))

    def test_after_a_failure_in_the_middle_the_next_installation_runs(self):
        self.install()
        (self.state / "cannot-sign").touch()
        self.build("1.0.1")
        self.install(ok=False)
        (self.state / "cannot-sign").unlink()
        self.install()
        self.assert_runs("1.0.1")

    def test_over_a_daemon_with_open_holds_everything_is_released_before_it_ends(self):
        self.install()
        held = self.hold("photoanalysisd", "mediaanalysisd")
        self.calls()
        self.build("1.1.0")
        self.install()
        self.assert_runs("1.1.0")
        self.assertEqual([state_of(child.pid) for child in held], ["S", "S"])
        calls = self.calls()
        order = [calls.index(call) for call in (
            "m1optctl resume --all", f"launchctl bootout {LABELS[1]}", f"launchctl bootout {LABELS[0]}",
            "m1optd 1.0.0 ended", f"launchctl bootstrap system {LABELS[0]}.plist", "m1optd 1.1.0 started")]
        self.assertEqual(order, sorted(order), calls)

    def test_a_job_that_takes_its_time_to_end_is_waited_for(self):
        self.install()
        (self.state / "slow").write_text("8")
        self.build("1.1.0")
        self.install()
        self.assert_runs("1.1.0")

    def test_a_job_that_does_not_end_stops_the_installation_before_anything_is_replaced(self):
        self.install()
        (self.state / "slow").write_text("100000")
        self.build("1.1.0")
        said = self.install(ok=False)
        self.assertIn("is still there 30 s after launchctl bootout", said)
        self.assertEqual(self.jobs(), sorted(LABELS))
        self.assertIn('VERSION = "1.0.0"', self.daemon.read_text())
        (self.state / "slow").unlink()
        for job in (self.state / "jobs").glob("*.json"):
            job.write_text(job.read_text().replace('"going": ', '"going": 0, "was": '))

    def test_bootstrap_is_tried_again_on_error_5_and_37(self):
        self.answer("bootstrap 5", "bootstrap 37", "bootstrap 5")
        self.install()
        self.assert_runs("1.0.0")

    def test_bootstrap_that_always_answers_5_fails_and_says_what_launchctl_says(self):
        self.answer(*["bootstrap 5"] * 100)
        said = self.install(ok=False)
        self.assertIn("5: Input/output error", said)
        self.assertEqual(self.jobs(), [])

    def test_bootout_that_is_under_way_or_finds_nothing_is_no_failure(self):
        self.install()
        for status in (3, 36, 37, 113):
            with self.subTest(status):
                subprocess.run([self.standins / "launchctl", "bootout", f"system/{LABELS[1]}"], check=True)
                self.answer("print 0", f"bootout {status}")  # it was there a moment ago
                self.install()
                self.assert_runs("1.0.0")

    def test_a_refusal_by_system_integrity_protection_is_not_tried_again(self):
        self.install()
        self.answer("bootout 150")
        said = self.install(ok=False)
        self.assertIn(f"install: launchctl bootout system/{LABELS[1]}: "
                      "150: Operation not permitted while System Integrity Protection is engaged", said)
        self.assertTrue(self.daemon.exists())

    def test_a_disabled_job_is_enabled(self):
        (self.state / "disabled").write_text(LABELS[0])
        self.install()
        self.assert_runs("1.0.0")

    def test_a_new_daemon_that_does_not_answer_is_replaced_by_the_old_one(self):
        self.install()
        self.build("1.1.0", broken=True)
        said = self.install(ok=False)
        self.assertIn("the old one is back", said)
        self.assert_runs("1.0.0")

    def test_a_fresh_daemon_that_does_not_answer_is_not_left_restarting(self):
        self.build("1.0.0", broken=True)
        said = self.install(ok=False)
        self.assertIn("refused.txt", said)
        self.assertEqual(self.jobs(), [])

    def test_a_downgrade_is_refused_and_changes_nothing(self):
        self.build("1.10.0")
        self.install()
        self.calls()
        for older in ("1.9.9", "1.2", "0.99.0"):
            self.build(older)
            said = self.install(ok=False)
            self.assertIn(f"m1optd 1.10.0 is installed and this is the older {older}", said)
        self.assertEqual(self.calls(), [])
        self.assert_runs("1.10.0")
        self.build("1.10.0")
        self.install()  # the same one again is no downgrade

    def test_a_program_that_does_not_run_here_is_not_installed(self):
        self.write(self.root / "build/daemon/m1optd", "#!/bin/sh\nexit 1\n")
        self.assertIn("does not run here", self.install(ok=False))
        self.assertFalse(self.daemon.exists())

    def test_half_installed_states_are_put_right(self):
        def without_plists():
            for path in self.plists:
                path.unlink()

        def without_programs():
            self.daemon.unlink()
            self.client.unlink()

        def interrupted_while_copying():
            self.write(self.daemon.with_name("m1optd.part"), "half")
            subprocess.run([self.standins / "launchctl", "bootout", f"system/{LABELS[0]}"], check=True)

        def interrupted_before_the_new_one_answered():
            shutil.copy2(self.daemon, self.daemon.with_name("m1optd.old"))
            self.write(self.daemon, "#!/bin/sh\nexit 1\n")
            subprocess.run([self.standins / "launchctl", "bootout", f"system/{LABELS[0]}"], check=True)

        self.install()
        for damage in (without_plists, without_programs, interrupted_while_copying,
                       interrupted_before_the_new_one_answered):
            with self.subTest(damage.__name__):
                damage()
                self.install()
                self.assert_runs("1.0.0")

    def test_after_an_interruption_the_way_back_is_to_the_one_that_answered(self):
        self.install()
        shutil.copy2(self.daemon, self.daemon.with_name("m1optd.old"))
        self.write(self.daemon, "#!/bin/sh\nexit 1\n")
        subprocess.run([self.standins / "launchctl", "bootout", f"system/{LABELS[0]}"], check=True)
        self.build("1.1.0", broken=True)
        self.assertIn("the old one is back", self.install(ok=False))
        self.assert_runs("1.0.0")

    def test_a_job_under_an_old_label_is_booted_out_and_removed(self):
        old = self.dest / "Library/LaunchDaemons/com.level33.m1opt.plist"
        program = self.dest / "Library/PrivilegedHelperTools/m1opt-old"
        shutil.copy2("/bin/sleep", program)
        text = self.plist_text().replace("<string>com.level33.m1optd<", "<string>com.level33.m1opt<")
        text = text.replace("m1optd</string>", "m1opt-old</string>").replace("--stay-down", "60")
        self.write(old, text, 0o644)
        subprocess.run([self.standins / "launchctl", "bootstrap", "system", str(old)], check=True)
        self.assertEqual(self.jobs(), ["com.level33.m1opt"])
        said = self.install()
        self.assertIn("removed the old job com.level33.m1opt", said)
        self.assert_runs("1.0.0")
        self.assertFalse(old.exists())

    def plist_text(self):
        return (ROOT / "launchd" / "com.level33.m1optd.plist").read_text()

    def test_a_directory_that_others_can_write_is_refused_with_the_fix(self):
        for place in ("Library", "Library/PrivilegedHelperTools", "Library/LaunchDaemons", "usr/local/bin",
                      "usr/local", "etc", "var/db", "Library/Application Support"):
            with self.subTest(place):
                (self.dest / place).chmod(0o775 if place.count("/") else 0o1757)
                said = self.install(ok=False)
                self.assertIn(f"sudo chmod go-w '{self.dest / place}'", said)
                self.assertEqual((self.files(), self.calls()), (set(), []))
                (self.dest / place).chmod(0o755)
        self.install()

    @unittest.skipUnless(os.geteuid() == 0, "only root can give a directory away")
    def test_a_directory_of_a_users_is_refused_with_the_fix(self):
        os.chown(self.dest / "usr/local", 1000, 1000)
        said = self.install(ok=False)
        self.assertIn(f"sudo chown root:wheel '{self.dest / 'usr/local'}'", said)
        self.assertIn("PREFIX=/opt/m1opt", said)
        self.assertEqual(self.files(), set())
        (self.dest / "opt").mkdir()
        self.install(PREFIX="/opt/m1opt")
        self.assertTrue((self.dest / "opt/m1opt/bin/m1optctl").exists())

    def test_an_access_list_that_lets_others_write_is_refused_with_the_fix(self):
        places = ("Library/PrivilegedHelperTools", "Library")
        for entry in ("user:joe allow add_file", "group:staff inherited allow list,add_subdirectory,file_inherit",
                      "group:everyone allow delete_child", "user:joe allow read,writesecurity", "user:joe allow chown",
                      "ABCDEFAB-CDEF-ABCD-EFAB-CDEF00000001 allow delete", "group:Domain Users allow write"):
            with self.subTest(entry):
                place = self.dest / places[0]
                places = places[::-1]
                (self.state / "acl").write_text(f"{place}\tgroup:everyone deny delete\n{place}\t{entry}\n")
                said = self.install(ok=False)
                self.assertIn(f"({entry})", said)
                self.assertIn(f"sudo chmod -N '{place}'", said)
                self.assertEqual((self.files(), self.calls()), (set(), []))

    def test_an_access_list_that_denies_or_only_lets_read_is_fine(self):
        (self.state / "acl").write_text("".join(f"{self.dest / 'Library'}\t{entry}\n" for entry in (
            "group:everyone deny delete,add_file", "user:joe allow list,search,readattr,file_inherit",
            "user:root allow add_file,delete", "user:root inherited allow write")))
        self.install()
        self.assert_runs("1.0.0")

    def test_an_access_list_that_cannot_be_read_is_not_taken_for_none(self):
        self.write(self.standins / "ls", "#!/bin/sh\nexit 1\n")
        self.assertIn("is not known", self.install(ok=False))
        self.assertEqual(self.files(), set())

    def test_a_package_is_made_by_destdir_alone_and_touches_no_job(self):
        (self.dest / "Library").chmod(0o775)  # a package's tree is nobody's way to root yet
        self.install(M1OPT_PACKAGE="1")
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.jobs(), [])
        self.assertEqual(sorted(name for name in self.files() if "Application Support" not in name), sorted(
            str(path.relative_to(self.dest)) for path in (
                self.daemon, self.client, *self.plists, self.dest / "etc/m1opt/m1opt.json")))
        self.assertEqual({self.daemon.stat().st_mode & 0o777, self.plists[0].stat().st_mode & 0o777}, {0o755, 0o644})

    def test_a_symlink_is_followed_to_what_others_can_write(self):
        shutil.rmtree(self.dest / "etc")
        open_to_all = self.dest / "private"
        (open_to_all / "etc/m1opt").mkdir(parents=True)
        (self.dest / "etc").symlink_to(open_to_all / "etc")
        self.install()
        self.uninstall()
        open_to_all.chmod(0o777)
        self.assertIn(f"'{open_to_all}'", self.install(ok=False))

    def test_without_the_group_admin_it_says_who_may_do_what(self):
        (self.state / "no-admin").touch()
        self.assertIn("only root may pause", self.install())

    def test_stand_ins_only_below_a_destdir_and_never_from_where_others_write(self):
        self.assertIn("below a DESTDIR", self.install(ok=False, DESTDIR=""))
        self.standins.chmod(0o777)
        self.assertIn("others can write", self.install(ok=False))
        self.standins.chmod(0o755)
        self.assertEqual(self.calls(), [])


if __name__ == "__main__":
    unittest.main()
