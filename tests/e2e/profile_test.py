"""Profiles and changed files: what the running daemon makes of them, and keeps."""

import json
import os
import unittest

import rig
from rig import E2eTest, within


class ProfileTest(E2eTest):
    overlay = {key: value for key, value in rig.QUICK.items() if key != "profile"}

    def config(self):
        return self.daemon.get("/v1/config")["config"]

    def in_use(self):
        return self.status()["config"]

    def test_a_profile_is_picked_and_its_reason_told(self):
        self.start()
        config = self.in_use()
        self.assertEqual(config["profile_choice"], "auto")
        self.assertRegex(config["profile"], "^(8gb|16gb|32gb_plus)")
        self.assertIn("GiB of RAM", config["profile_reason"])
        self.assertIn(f"{config['profile']}: {config['profile_reason'][:20]}", self.ctl("status").stdout)

    def test_a_profile_is_used_over_a_restart_until_it_is_given_back(self):
        self.start()
        before = self.config()
        dry = self.ctl("profile", "use", "8gb_survival", "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertIn("rules[memory_critical].any[0].all[0].hold_s: 5 -> 2", dry.stdout)
        self.assertEqual(self.config(), before)
        self.assertEqual(self.ctl("profile", "use", "8gb").returncode, 0)
        self.assertEqual(self.config()["limits"]["max_suspended"], 2)
        kept = self.daemon.places["--state-dir"] / "profile.txt"
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        self.daemon.stop()
        self.start()
        self.assertEqual(self.in_use()["profile"], "8gb")
        self.assertIn(f"uid {os.geteuid()} chose it", self.in_use()["profile_reason"])
        self.assertIn("* 8gb", self.ctl("profile", "list").stdout)
        self.assertEqual(self.ctl("profile", "use", "config").returncode, 0)
        self.assertEqual(self.config(), before)
        self.assertFalse(kept.exists())

    def test_observe_only_acts_on_nothing_and_lets_go_of_what_is_held(self):
        self.write_overlay({**self.overlay, "rules": [rig.quick_contention(["suspend"])]})
        self.start()
        self.model()
        hog = self.hog()
        self.assertTrue(within(15, lambda: rig.state_of(hog.pid) == "T"), self.daemon.get("/v1/targets"))
        self.assertEqual(self.ctl("profile", "use", "observe_only").returncode, 0)
        self.assertTrue(within(3, lambda: rig.runs_again(hog.pid)))
        self.assertTrue(within(3, lambda: not self.status()["holds"]))
        self.assertFalse(within(4, lambda: self.status()["holds"]))
        status = self.status()
        self.assertEqual(status["mode"], "observing")
        self.assertFalse(status["awake"]["wanted"])
        self.assertIn("contention", {rule["name"] for rule in self.daemon.get("/v1/rules")["rules"] if rule["tripped"]})
        refused = self.ctl("suspend", "photoanalysisd")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("observe_only", refused.stderr)


class ConfigWatchTest(E2eTest):
    def most(self):
        return self.daemon.get("/v1/config")["config"]["limits"]["max_suspended"]

    def told(self, kind):
        return [event["text"] for event in self.events() if event["kind"] == kind]

    def place(self, name):
        return self.directory / "conf.d" / name

    def test_a_drop_in_that_is_added_changed_and_removed_takes_effect_by_itself(self):
        self.start()
        self.place("50-mine.json").write_text('{"limits": {"max_suspended": 1}}')
        self.assertTrue(within(5, lambda: self.most() == 1))
        self.place("50-mine.json").write_text('{"limits": {"max_suspended": 2}}')
        self.assertTrue(within(5, lambda: self.most() == 2))
        self.place("50-mine.json").unlink()
        self.assertTrue(within(5, lambda: self.most() == 3))
        self.assertEqual(len(self.told("config_reloaded")), 3)
        self.assertIn("limits.max_suspended 3 -> 1", self.told("config_reloaded")[0])
        self.assertEqual(self.told("config_rejected"), [])

    def test_the_ways_in_which_editors_write_give_no_fault_and_one_event_each(self):
        self.start()
        mine = self.place("50-mine.json")
        def rename_over(most):
            fresh = self.place(".50-mine.json.swp")
            fresh.write_text(json.dumps({"limits": {"max_suspended": most}}))
            fresh.rename(mine)
        def truncate_and_write(most):
            with open(mine, "w", encoding="utf-8") as file:
                for piece in ('{"limits": ', '{"max_suspended": ', str(most), "}}"):
                    file.write(piece)
                    file.flush()
                    within(0.2, lambda: False)
        def move_away_and_write(most):
            mine.rename(self.place("50-mine.json~"))
            self.place("4913").write_text("")
            self.place("4913").unlink()
            self.place(".50-mine.json.swx").write_text("b0VIM")
            mine.write_text(json.dumps({"limits": {"max_suspended": most}}))
            self.place(".50-mine.json.swx").unlink()
        for most, write in enumerate((rename_over, truncate_and_write, move_away_and_write), start=5):
            write(most)
            self.assertTrue(within(6, lambda most=most: self.most() == most), write.__name__)
        self.assertEqual(self.told("config_rejected"), [])
        self.assertEqual(len(self.told("config_reloaded")), 3, self.told("config_reloaded"))

    def test_a_bad_file_changes_nothing_is_shown_and_is_forgotten_when_it_is_mended(self):
        self.start()
        self.place("50-mine.json").write_text('{"limits": {"max_suspnded": 1}}')
        self.assertTrue(within(8, lambda: self.status()["config"]["fault"]))
        fault = self.status()["config"]["fault"]
        self.assertIn("50-mine.json:1:13: $.limits.max_suspnded: unknown key", fault)
        self.assertIn('did you mean "max_suspended"?', self.ctl("status").stdout.replace("\n           ", " "))
        self.assertEqual(self.most(), 3)
        self.assertEqual(len(self.told("config_rejected")), 1)
        self.place("50-mine.json").write_text('{"limits": {"max_suspended": 1}}')
        self.assertTrue(within(5, lambda: self.most() == 1))
        self.assertIsNone(self.status()["config"]["fault"])
        self.assertEqual(len(self.told("config_rejected")), 1)

    def test_a_drop_in_directory_that_is_made_later_is_followed(self):
        self.place("10-test.json").rename(self.directory / "m1opt.json.new")
        self.place("10-test.json").parent.rmdir()
        self.start()
        self.place("50-mine.json").parent.mkdir()
        within(1.5, lambda: False)
        self.place("50-mine.json").write_text('{"profile": "none", "limits": {"max_suspended": 1}}')
        self.assertTrue(within(15, lambda: self.most() == 1))


if __name__ == "__main__":
    unittest.main()
