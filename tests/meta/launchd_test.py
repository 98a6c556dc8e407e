"""The launchd jobs say what the daemon's safety depends on, and nothing that harms it or the machine."""

import os
import plistlib
import re
import unittest

from project import ROOT

FOLDER = ROOT / "launchd"
DAEMON = "/Library/PrivilegedHelperTools/m1optd"
# Every key, with its value: a key that is not here has no reason to be there.
JOBS = {
    "com.level33.m1optd": {
        "ProgramArguments": [DAEMON, "--stay-down"],
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ProcessType": "Interactive",
        "ExitTimeOut": 20,
        "ThrottleInterval": 10,
    },
    "com.level33.m1optd.resumer": {
        "ProgramArguments": [DAEMON, "--recover", "--if-daemon-dead"],
        "RunAtLoad": True,
        "StartInterval": 60,
        "ProcessType": "Interactive",
        "ExitTimeOut": 20,
    },
}
# Each of these would starve the daemon, kill it before it has undone anything, change limits of the
# whole machine, or let somebody else choose what root runs. launchd/README.md says which does what.
FORBIDDEN = (
    "HardResourceLimits", "SoftResourceLimits", "EnableTransactions", "EnablePressuredExit", "Nice", "LowPriorityIO",
    "LowPriorityBackgroundIO", "AbandonProcessGroup", "LegacyTimers", "StandardOutPath", "StandardErrorPath",
    "EnvironmentVariables", "UserName", "Sockets", "WatchPaths", "OnDemand", "BundleProgram", "Disabled",
)


def faults_of(job, label):
    """What is wrong with a job, in words; empty when nothing is."""
    faults = []
    if job.get("Label") != label:
        faults.append(f"the label is {job.get('Label')}, not {label}")
    for key in job:
        if key in FORBIDDEN:
            faults.append(f"{key} harms")
        elif key not in JOBS[label] and key != "Label":
            faults.append(f"{key} has no reason")
    for key, wanted in JOBS[label].items():
        if key not in job or (type(job[key]), job[key]) != (type(wanted), wanted):
            faults.append(f"{key} is {job.get(key)!r}, not {wanted!r}")
    return faults


def read(label):
    with open(FOLDER / f"{label}.plist", "rb") as file:
        return plistlib.load(file)


class Launchd(unittest.TestCase):
    def test_both_jobs_are_what_they_must_be(self):
        for label in JOBS:
            with self.subTest(label):
                self.assertEqual(faults_of(read(label), label), [])

    def test_there_is_no_other_job(self):
        self.assertEqual({path.stem for path in FOLDER.glob("*.plist")}, set(JOBS))

    def test_each_harmful_key_and_each_wrong_value_would_be_found(self):
        for label in JOBS:
            good = read(label)
            for key in FORBIDDEN:
                self.assertEqual(faults_of({**good, key: True}, label), [f"{key} harms"])
            for key in JOBS[label]:
                without = {name: value for name, value in good.items() if name != key}
                self.assertEqual(len(faults_of(without, label)), 1, key)
            for kind in ("Background", "Adaptive", "Standard"):
                self.assertEqual(len(faults_of({**good, "ProcessType": kind}, label)), 1)
            self.assertEqual(len(faults_of({**good, "ExitTimeOut": True}, label)), 1)  # 1 == True in Python

    def test_launchd_would_accept_the_files(self):
        # It refuses what others can write; the installer sets the owner.
        for label in JOBS:
            path = FOLDER / f"{label}.plist"
            self.assertFalse(path.is_symlink())
            self.assertEqual(os.stat(path).st_mode & 0o111, 0, "a plist is no program")

    def test_the_program_understands_the_words_it_is_started_with(self):
        main = (ROOT / "daemon" / "main.cpp").read_text(encoding="utf-8")
        for label in JOBS:
            for word in read(label)["ProgramArguments"][1:]:
                self.assertIn(f'"{word}"', main)

    def test_client_installer_and_jobs_name_the_same_places(self):
        client = "".join((ROOT / "client" / name).read_text(encoding="utf-8")
                         for name in ("launchctl.cpp", "installation.cpp"))
        self.assertIn(DAEMON, client)
        self.assertIn("/Library/LaunchDaemons/com.level33.m1optd.plist", client)
        for label in re.findall(r"com\.level33\.[\w.]*\w", client):
            self.assertIn(label.removesuffix(".plist"), JOBS)

    def test_the_readme_explains_every_key_and_every_one_left_out(self):
        readme = (FOLDER / "README.md").read_text(encoding="utf-8")
        for key in {key for job in JOBS.values() for key in job} | set(FORBIDDEN):
            self.assertRegex(readme, rf"`{key}`", key)


if __name__ == "__main__":
    unittest.main()
