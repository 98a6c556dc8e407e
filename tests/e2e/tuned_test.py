"""m1optctl tune and a real daemon: journals that cannot be read, sudo, rows of another version, changes by others."""

import subprocess
import unittest

from people import as_root
from rig import M1OPTCTL, within
from settings_test import SWAPPINESS, SettingsCase, with_fault_points


@with_fault_points
class TunedTest(SettingsCase):
    def tune(self, *words, **more):
        home = self.directory / "home"
        home.mkdir(exist_ok=True)
        return subprocess.run([str(M1OPTCTL), "tune", *words, "--socket", str(self.daemon.places["--socket"])],
                              text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                              env={"HOME": str(home), "M1OPT_SYS_ROOT": str(self.kernel), **more})

    def assert_tuned(self, run, status, said):
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        self.assertIn(said, run.stdout)

    def test_a_journal_that_the_daemon_cannot_read_is_told_by_every_verb(self):
        self.start(self.env())
        journal = self.state / "settings.json"
        for text in ('{"schema": "m1opt.settings_journal/2", "records": []}', "{ half a fi"):
            journal.write_text(text)
            journal.chmod(0o600)
            # What was listed is good for five seconds.
            self.assertTrue(within(10, lambda: self.daemon.get("/v1/settings")["fault"]))
            for words in (["undo", "--all"], ["verify"], ["history"], ["list"], ["plan"], ["undo", "swappiness"]):
                with self.subTest(words, journal=text):
                    run = self.tune(*words)
                    self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
                    self.assertIn(str(journal), run.stderr)
                    self.assertNotIn("nothing to put back", run.stdout)
                    self.assertNotIn("has changed nothing", run.stdout)
            self.assertEqual(journal.read_text(), text)

    @as_root
    def test_under_sudo_the_machine_s_are_undone_and_the_user_s_are_a_remark(self):
        self.start(self.env())
        for words in (["undo", "swappiness"], ["undo", "--all"]):
            self.assertEqual(self.apply("swappiness")["outcome"], "observed")
            self.assert_tuned(self.tune("verify", SUDO_UID="1000"), 0, "still 10")
            run = self.tune(*words, SUDO_UID="1000")
            self.assert_tuned(run, 0, "put back: 60")
            self.assertEqual("without sudo" in run.stderr, "--all" in words)
            self.assert_as_found()

    def test_what_a_version_with_other_rows_has_changed_is_undone_by_name_and_by_all(self):
        for words in (["undo", "old-row"], ["undo", "--all"]):
            self.start(self.env())
            self.apply("swappiness")
            self.daemon.stop()
            journal = self.state / "settings.json"
            journal.write_text(journal.read_text().replace('"swappiness"', '"old-row"'))
            self.start(self.env())
            self.assert_tuned(self.tune("verify"), 0, "still 10")
            self.assert_tuned(self.tune(*words), 0, "put back: 60")
            self.assert_as_found()
            self.daemon.stop()

    def test_what_somebody_raised_since_is_told_by_verify_and_left_by_undo(self):
        self.start(self.env())
        self.apply("swappiness")
        (self.kernel / SWAPPINESS).write_text("30\n")
        run = self.tune("verify")
        self.assert_tuned(run, 5, "changed: 30 now")
        self.assertIn("m1opt set 10", run.stdout)
        self.assert_tuned(self.tune("undo", "swappiness"), 0, "left as it is")
        self.assertEqual(self.value(SWAPPINESS), "30")


if __name__ == "__main__":
    unittest.main()
