"""The socket, its directory and what lies beside it, as real users of the machine find them."""

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import unittest

import people
import rig
from people import STRANGER, as_root, as_user, attempt
from rig import E2eTest, on_linux, within


class SocketTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.run_directory = self.directory / "run"
        self.daemon.places["--socket"] = self.run_directory / "m1optd.sock"

    def second(self, **places):
        """Another daemon beside the first, to its end."""
        command = [str(self.daemon.program)]
        for flag, place in {**self.daemon.places, **places}.items():
            command += [flag, str(place)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=20, check=False)

    def mode(self, place):
        return stat.S_IMODE(place.stat().st_mode)

    def test_whatever_the_umask_nothing_is_open_to_others_but_the_socket(self):
        for umask in ("000", "077", "777"):
            self.start(["sh", "-c", f'umask {umask}; exec "$@"', "sh"])
            self.assertEqual(self.mode(self.run_directory), 0o755)
            self.assertEqual(self.mode(self.daemon.places["--socket"]), 0o666)
            self.assertEqual(self.mode(self.daemon.places["--state-dir"]), 0o700)
            for place in [self.daemon.places["--log-file"], *self.daemon.places["--state-dir"].rglob("*")]:
                self.assertEqual(self.mode(place) & 0o022, 0, place)
            self.daemon.stop()

    @on_linux
    def test_the_socket_is_never_wider_open_than_its_mode_not_even_for_a_moment(self):
        self.write_overlay({**rig.QUICK, "api": {"read": "group", "group": "games"}})
        trace = self.directory / "strace.txt"
        self.start([*rig.STRACE, "-f", "-o", str(trace), "-e",
                    "trace=umask,bind,listen,openat,?chmod,fchmodat,?fchmodat2,?chown,?lchown,fchownat"])
        pid = self.status()["pid"]
        os.kill(pid, signal.SIGTERM)
        self.daemon.process.wait(10)
        calls = [re.sub(r"^\d+ +", "", line) for line in trace.read_text().splitlines()]
        bind = next(i for i, call in enumerate(calls) if call.startswith("bind(") and "m1optd.sock" in call)
        changes = [call for call in calls[bind:] if re.match(r"listen|l?chown|fchownat|f?chmod", call)]
        for call, wanted in zip(changes, (r"^f?chmod.*, 0600", r"^listen\(", r"^(l|f)chown.*, -1, \d+", r"^f?chmod.*, 0660")):
            self.assertRegex(call, wanted, changes)
        # A mode is changed through /proc/self/fd where the kernel has no call of its own for what is no symlink.
        follows = re.compile(r'^(chmod|chown|fchmodat)\(.*m1optd\.sock"|openat\(.*m1optd\.sock", (?!.*O_NOFOLLOW)')
        self.assertEqual([call for call in calls[bind:] if follows.match(call)], [])
        # It is the whole process's: another thread may be making a directory.
        self.assertEqual({call for call in calls if call.startswith("umask(") and "(022)" not in call}, set())

    def test_a_second_daemon_on_the_same_state_refuses_and_the_first_goes_on(self):
        self.start()
        done = self.second()
        self.assertEqual(done.returncode, 1)
        self.assertIn("another m1optd runs on", done.stderr)
        self.assertEqual(self.status()["pid"], self.daemon.process.pid)

    def test_a_second_daemon_at_the_same_socket_refuses_and_the_first_goes_on(self):
        self.start()
        done = self.second(**{"--state-dir": self.directory / "other", "--log-file": self.directory / "other.log"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("another server answers at", done.stderr)
        self.assertEqual(self.status()["pid"], self.daemon.process.pid)

    def test_what_a_killed_daemon_left_is_replaced(self):
        self.start()
        self.daemon.process.send_signal(signal.SIGKILL)
        self.daemon.process.wait()
        self.assertTrue(self.daemon.places["--socket"].is_socket())
        self.start()
        self.assertEqual(self.status()["pid"], self.daemon.process.pid)

    def test_a_directory_that_is_removed_while_it_runs_is_made_again(self):
        self.start()
        self.daemon.places["--socket"].unlink()
        self.run_directory.rmdir()
        self.assertTrue(within(8, lambda: self.daemon.places["--socket"].exists()))
        self.assertEqual(self.mode(self.run_directory), 0o755)
        self.assertEqual(self.status()["pid"], self.daemon.process.pid)

    @as_root
    def test_a_stranger_can_neither_take_away_nor_replace_anything(self):
        self.start()
        path = self.daemon.places["--socket"]

        def bind():
            with socket.socket(socket.AF_UNIX) as own:
                own.bind(str(self.run_directory / "mine.sock"))
        tries = {"remove": path.unlink, "rename": lambda: path.rename(self.run_directory / "x"),
                 "chmod": lambda: path.chmod(0o600), "chown": lambda: os.chown(path, STRANGER, STRANGER),
                 "bind beside it": bind, "link": lambda: os.symlink("/etc", self.run_directory / "link"),
                 "rename the directory": lambda: self.run_directory.rename(self.directory / "run2"),
                 "truncate the log": lambda: os.truncate(self.daemon.places["--log-file"], 0)}
        for name in ("m1optd.lock", "undo.lock", "undo.db", "undo.db-wal", "undo.db-shm"):
            place = self.daemon.places["--state-dir"] / name
            self.assertTrue(place.exists() or name.startswith("undo."), place)
            tries[f"open {name}"] = lambda place=place: os.close(os.open(place, os.O_RDONLY))
        said = as_user(STRANGER, lambda: {name: attempt(work) for name, work in tries.items()})
        for name, errno in said.items():
            self.assertIn(errno, (1, 13), name)  # EPERM, EACCES
        self.assertEqual(self.status()["pid"], self.daemon.process.pid)


@on_linux
@as_root
class TrustTest(E2eTest):
    """The refusals of a root daemon; every place and flaw is in tests/app/prepare_test.cpp."""

    def refused(self, *flags):
        command = [str(self.daemon.program), *flags]
        for flag, place in self.daemon.places.items():
            command += [flag, str(place)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True, capture_output=True, timeout=20, check=False)
        self.assertFalse(self.daemon.places["--socket"].is_socket())
        return done

    def test_launchd_hears_success_and_the_reason_is_in_the_log_once_and_in_status(self):
        config = self.daemon.places["--config"]
        config.chmod(0o666)
        done = self.refused("--stay-down")
        self.assertEqual(done.returncode, 0)
        reason = f"{config} can be written by others: chmod go-w {config}"
        self.assertIn(reason, done.stderr)
        self.assertEqual(self.daemon.places["--log-file"].read_text().count(reason), 1)
        self.assertEqual((self.daemon.places["--state-dir"] / "refused.txt").read_text().count(reason), 1)
        said = self.ctl("--state-dir", str(self.daemon.places["--state-dir"]), "status")
        self.assertEqual(said.returncode, 3)
        self.assertIn(reason, said.stderr)
        # The command in it mends it, and the reason is gone with the next start.
        subprocess.run(reason.rsplit(": ", 1)[1], shell=True, check=True)
        self.start()
        self.assertFalse((self.daemon.places["--state-dir"] / "refused.txt").exists())

    def test_a_program_that_somebody_else_can_replace_is_refused(self):
        theirs = self.directory / "theirs"
        theirs.mkdir()
        self.daemon.program = theirs / "m1optd"
        self.daemon.program.write_bytes(rig.M1OPTD.read_bytes())
        for spoil, mend in ((lambda: os.chown(self.daemon.program, STRANGER, 0), lambda: os.chown(self.daemon.program, 0, 0)),
                            (lambda: self.daemon.program.chmod(0o775), lambda: self.daemon.program.chmod(0o755)),
                            (lambda: os.chown(theirs, STRANGER, 0), lambda: os.chown(theirs, 0, 0)),
                            (lambda: theirs.chmod(0o777), lambda: theirs.chmod(0o755))):
            mend()
            self.daemon.program.chmod(0o755)
            spoil()
            done = self.refused()
            self.assertEqual(done.returncode, 78)
            self.assertIn("its own program: ", done.stderr)
            mend()
        self.daemon.program.chmod(0o755)
        self.start()

    def test_nothing_is_written_into_a_state_directory_of_another(self):
        state = self.daemon.places["--state-dir"]
        state.mkdir()
        os.chown(state, STRANGER, STRANGER)
        done = self.refused()
        self.assertEqual(done.returncode, 78)
        self.assertEqual(list(state.iterdir()), [])
        self.assertIn(f"chown -h root {state}", self.daemon.places["--log-file"].read_text())

    def test_a_rejected_drop_in_leaves_the_config_that_is_in_force(self):
        self.start()
        planted = self.directory / "conf.d" / "99-planted.json"
        planted.write_text('{"api": {"group": "games"}}')
        os.chown(planted, STRANGER, STRANGER)
        answer = self.daemon.post("/v1/config/reload", {})
        self.assertIn("belongs to uid 65534", answer["detail"])
        self.assertEqual(self.daemon.get("/v1/config")["config"]["api"]["group"], "")

    @contextlib.contextmanager
    def racer(self, place_of_race, bait, names):
        """A stranger who makes these directories and takes them away again as fast as he can: empty ones, such
        with a symlink in the socket's place, and symlinks to the bait. What he finds in one of his is left there."""
        gone = place_of_race / "gone"
        pid = os.fork()
        if pid == 0:
            os.setgid(STRANGER)
            os.setuid(STRANGER)
            while True:
                for place in (place_of_race / name for name in names):
                    for step in (lambda: place.mkdir(), lambda: (place / "m1optd.sock").symlink_to(bait / "file"),
                                 lambda: (place / "m1optd.sock").unlink(), lambda: place.rename(gone),
                                 lambda: place.symlink_to(bait), lambda: place.unlink(), lambda: gone.rmdir()):
                        attempt(step)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def make_bait(self):
        bait = self.directory / "bait"
        bait.mkdir()
        (bait / "file").write_text("precious")
        (bait / "file").chmod(0o640)
        return bait

    def assert_untouched(self, bait):
        self.assertEqual([place.name for place in bait.iterdir()], ["file"])
        self.assertEqual(stat.S_IMODE((bait / "file").stat().st_mode), 0o640)

    def test_a_stranger_who_races_for_a_directory_gets_nothing(self):
        """A directory that he can write to is refused however it changes, and nothing of root's gets out."""
        bait = self.make_bait()
        for mode in (0o777, 0o1777):
            shared = self.directory / f"shared-{mode:o}"
            shared.mkdir()
            shared.chmod(mode)
            self.daemon.places["--socket"] = shared / "run" / "m1optd.sock"
            self.daemon.places["--state-dir"] = shared / "state"
            with self.racer(shared, bait, ("run", "state")):
                started = {self.refused().returncode for _ in range(10)}
            self.assertEqual(started, {78})
            self.assert_untouched(bait)

    def test_a_stranger_who_makes_the_directory_anew_that_a_cleaner_removed_gets_no_socket(self):
        bait = self.make_bait()
        shared = self.directory / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        run = shared / "run"
        run.mkdir()
        run.chmod(0o755)
        path = self.daemon.places["--socket"] = run / "m1optd.sock"
        self.start()
        log = self.daemon.places["--log-file"]
        with self.racer(shared, bait, ("run",)):
            path.unlink()
            run.rmdir()
            self.assertTrue(within(8, lambda: "the socket cannot be reached any more" in log.read_text()))
            # The next look is 5 s later.
            self.assertFalse(within(6, lambda: self.daemon.process.poll() is not None))
        self.assert_untouched(bait)
        left = list(shared.rglob("*.sock"))
        self.assertEqual([place for place in left if not place.is_symlink()], [])
        for place in left:
            place.unlink()
        for place in shared.iterdir():
            place.unlink() if place.is_symlink() else place.rmdir()
        run.mkdir()
        run.chmod(0o755)
        self.assertTrue(within(8, path.is_socket))
        self.assertTrue(within(2, lambda: stat.S_IMODE(path.stat().st_mode) == 0o666))
        self.assertEqual(self.status()["pid"], self.daemon.process.pid)
        said = re.findall(r"the socket cannot be reached any more: .*", log.read_text())
        self.assertEqual(len(said), 1, said)
        self.assertIn(str(run), said[0])

    def test_daemon_and_guardian_write_no_log_together(self):
        self.start()
        self.assertTrue(within(3, lambda: self.status()["guardian"]["alive"]))

        def logs_of(pid):
            return {place for place in rig.open_files(pid)
                    if place.startswith(str(self.directory)) and place.endswith(".log")}
        daemon = logs_of(self.daemon.process.pid)
        guardian = logs_of(self.guardian_pid())
        self.assertEqual(daemon, {str(self.daemon.places["--log-file"])})
        self.assertEqual(guardian, {str(self.directory / "m1optd-guardian.log")})


if __name__ == "__main__":
    unittest.main()
