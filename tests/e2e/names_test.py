"""However a process comes to its name, what is protected is never touched, and what only calls itself a target is not one."""

import ctypes
import json
import os
import shutil
import subprocess
import time
import unittest
from pathlib import Path

import rig
from rig import E2eTest, on_linux, quick_contention, state_of, within

HOG = ["--cpu", "1", "--seconds", "600"]


def by_prctl(name):
    """Sets the kernel's short name, which any process may."""
    return lambda: ctypes.CDLL(None).prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME


@on_linux
@unittest.skipIf(os.geteuid() != 0, "needs root: only then every process here could be acted on")
class NamesTest(E2eTest):
    """The row that should catch everything: any program of the test's directory, for every rule and by hand."""

    def setUp(self):
        super().setUp()
        everything = {"name": "everything", "executables": [f"{self.directory}/*", "sshd", "[s]shd", "ssh?",
                                                            "photoanalysisd"], "mode": "suspend"}
        self.write_overlay({**rig.QUICK, "targets": [everything, {"name": "photoanalysisd", "executables": ["x"]}],
                            "rules": [quick_contention(["suspend"])]})

    def run_as(self, path, argv0=None, **options):
        process = subprocess.Popen([argv0 or str(path), *HOG], executable=str(path), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                   **options)
        self.others.append(process)
        return process

    def copy(self, name):
        path = self.directory / name
        shutil.copy2(rig.HOG, path)
        return path

    def protected(self):
        """By what each is called, a process that must never be touched."""
        found = {}
        for what, name in (("plain", "sshd"), ("case", "SSHD"), ("a space at the end", "sshd "),
                           ("a dot at the end", "sshd."), ("a Cyrillic letter", "\u0455shd"),
                           ("a zero-width space", "ss\u200bhd"), ("a combining mark", "sshd\u0323")):
            found[what] = self.run_as(self.copy(name))
        (self.directory / "sub").mkdir()
        shutil.copy2(rig.HOG, self.directory / "sub" / "systemd-logind")
        found["two slashes and a way round"] = self.run_as(f"{self.directory}//sub/../sub/systemd-logind")
        link = self.directory / "photoanalysisd"
        link.symlink_to(self.directory / "sshd")
        found["a symlink called as a target"] = self.run_as(link)
        hard = self.directory / "dbus-daemon"
        os.link(rig.HOG if os.stat(rig.HOG).st_dev == os.stat(self.directory).st_dev else self.directory / "sshd", hard)
        found["a hard link"] = self.run_as(hard)
        deleted = self.copy("login")
        found["deleted"] = self.run_as(deleted)
        within(2, lambda: os.readlink(f"/proc/{found['deleted'].pid}/exe") == str(deleted))
        deleted.unlink()
        gone = self.copy("indexer")
        found["a deleted target"] = self.run_as(gone)
        within(2, lambda: os.readlink(f"/proc/{found['a deleted target'].pid}/exe") == str(gone))
        gone.unlink()
        found["a target's name in argv[0]"] = self.run_as(self.directory / "sshd", argv0="photoanalysisd")
        found["a target's short name"] = self.run_as(self.directory / "sshd", preexec_fn=by_prctl("photoanalysisd"))
        memory = os.memfd_create("photoanalysisd", 0)
        os.write(memory, Path(rig.HOG).read_bytes())
        found["a file in memory"] = self.run_as(f"/proc/self/fd/{memory}", pass_fds=[memory])
        script = self.directory / "photoanalysisd.sh"
        script.write_text("#!/bin/sh\nwhile :; do :; done\n")
        script.chmod(0o755)
        found["a script of a shell"] = self.run_as(script)
        return found

    def test_no_trick_with_a_name_makes_a_protected_program_a_target(self):
        self.others = []
        try:
            self.start()
            self.model()
            good = self.hog("tracker-hog")
            processes = self.protected()
            time.sleep(0.5)
            for what, process in processes.items():
                self.assertIsNone(process.poll(), f"{what}: it did not start")
            # The rule does act, on the one that it may.
            self.assertTrue(within(15, lambda: state_of(good.pid) == "T"), self.why())
            for what, process in processes.items():
                start = int(Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
                for body in ({"pid": process.pid, "start": start, "for_s": 5}, {"name": "everything", "for_s": 5}):
                    answer = self.daemon.post("/v1/targets/suspend", body)
                    if "pid" in body:
                        self.assertIn(answer.get("status"), (404, 409, 422, 403), f"{what}: {json.dumps(answer)}")
                self.assertNotEqual(state_of(process.pid), "T", what)
            time.sleep(3)
            held = self.held_pids()
            for what, process in processes.items():
                self.assertIsNone(process.poll(), f"{what}: it ended")
                self.assertNotIn(process.pid, held, what)
                self.assertNotEqual(state_of(process.pid), "T", what)
                self.assertEqual({thread.nice for thread in rig.threads_of(process.pid).values()}, {0}, what)
        finally:
            for process in self.others:
                process.kill()
                process.wait()


if __name__ == "__main__":
    unittest.main()
