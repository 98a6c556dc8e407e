"""An unprivileged user of the same machine, who wants the daemon to do something for him or against others."""

import ctypes
import grp
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
import unittest

import people
import rig
from people import STRANGER, as_root, as_user, attempt
from rig import E2eTest, on_linux, quick_contention, state_of, with_nice, within

import bench_event

CROWD = 2000
MEMBER = 54001


@on_linux
@as_root
class StrangersTest(E2eTest):
    overlay = {**rig.QUICK, "rules": [quick_contention(["background", "suspend"])]}

    def target_row(self, name="photoanalysisd"):
        return next(row for row in self.daemon.get("/v1/targets")["targets"] if row["name"] == name)

    def stranger(self, name, program=rig.HOG, *arguments):
        """His process under a name of his choosing."""
        child = rig.Child(self.directory, program, name, list(arguments) or ["--cpu", "1", "--seconds", "60"],
                          user=STRANGER, group=STRANGER, extra_groups=[])
        self.children.append(child)
        return child

    @with_nice
    def test_his_process_with_a_targets_name_is_neither_held_nor_counted(self):
        self.start()
        self.model()
        his = [self.stranger(name) for name in ("photoanalysisd", "mediaanalysisd")]
        self.assertTrue(within(10, lambda: his[0].pid in {row["id"]["pid"] for row in self.target_row()["refused"]}),
                        self.target_row())
        ticks = self.status()["self"]["ticks"]
        self.assertTrue(within(20, lambda: self.status()["self"]["ticks"] > ticks + 10))
        self.assertEqual([process["id"]["pid"] for process in self.target_row()["processes"]], [])
        self.assertEqual(self.held_pids() & {child.pid for child in his}, set(), self.why())
        for child in his:
            self.assert_as_before(child)

    @with_nice
    def test_a_protected_name_shields_no_target(self):
        """A program is known by its file: what a process calls itself, as argument or as thread, counts for nothing."""
        self.start()
        self.model()
        place = self.directory / "photoanalysisd"
        shutil.copy2(rig.HOG, place)
        for name in ("systemd", "Xorg", "llama-server"):
            process = subprocess.Popen([name, "--cpu", "1", "--seconds", "60"], executable=str(place),
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
            child = rig.Child.__new__(rig.Child)
            child.process, child.pid = process, process.pid
            self.children.append(child)
        self.assertTrue(within(15, lambda: {child.pid for child in self.children[1:]} <= self.held_pids()), self.why())

    def test_two_thousand_of_his_processes_stop_nothing_and_delay_nothing(self):
        self.start()
        place = self.directory / "crowd" / "photoanalysisd"
        place.parent.mkdir()
        shutil.copy2("/bin/sleep", place)
        before = self.status()["self"]

        reader, writer = os.pipe()
        leader = os.fork()
        if leader == 0:
            os.setsid()
            os.setgroups([])
            os.setgid(STRANGER)
            os.setuid(STRANGER)
            for _ in range(CROWD):
                os.posix_spawn(str(place), ["photoanalysisd", "120"], {})
            os.write(writer, b"x")
            signal.pause()
            os._exit(0)
        try:
            self.assertEqual(os.read(reader, 1), b"x")
            self.assertGreater(len([name for name in os.listdir("/proc") if name.isdigit()]), CROWD)
            own = self.hog()  # root's: a real target among them
            self.assertTrue(within(15, lambda: own.pid in {
                process["id"]["pid"] for process in self.target_row()["processes"]}), self.why())
            self.suspend(own)
            self.assertEqual(self.held_pids("suspend"), {own.pid})
            self.daemon.post("/v1/targets/resume", {"all": True})
            ticks = self.status()["self"]["ticks"]
            self.assertTrue(within(20, lambda: self.status()["self"]["ticks"] > ticks + 5))
            after = self.status()["self"]
            self.assertLess(after["tick_time_s"], 1, "a tick takes longer than its period")
            log = self.daemon.places["--log-file"].read_text(errors="replace")
            self.assertLess(log.count("is left alone"), 70, "at most 64 are named, and each once")
            self.assertLess(len(json.dumps(self.daemon.get("/v1/targets"))), 200_000)
            print(f"tick with {CROWD} namesakes: {after['tick_time_s'] * 1e3:.0f} ms"
                  f" (before: {before['tick_time_s'] * 1e3:.0f} ms)")
        finally:
            os.killpg(leader, signal.SIGKILL)
            os.waitpid(leader, 0)

    @with_nice
    def test_with_no_room_for_another_process_it_goes_on_and_holds_nobody_until_it_has_a_guardian(self):
        group = bench_event.make_cgroup("pids", ("pids.max", "pids.max"), "max")
        if group is None:
            self.skipTest("no cgroup that limits processes can be made here")
        self.addCleanup(bench_event.remove, group)
        self.start()
        self.addCleanup(lambda: (group / "pids.max").write_text("max"))
        daemon, guardian = self.status()["pid"], self.guardian_pid()
        for pid in (daemon, guardian):
            (group / "cgroup.procs").write_text(str(pid))
        (group / "pids.max").write_text("1")  # there are more already: every fork and thread is refused
        os.kill(guardian, signal.SIGKILL)
        self.assertTrue(within(5, lambda: not self.status()["guardian"]["alive"]), self.why())
        self.model()
        target = self.hog()
        self.assertTrue(within(10, lambda: self.target_row()["processes"]), self.why())
        ticks = self.status()["self"]["ticks"]
        self.assertTrue(within(20, lambda: self.status()["self"]["ticks"] > ticks + 10), self.why())
        self.assertEqual(self.status()["pid"], daemon)
        self.assertFalse(self.status()["guardian"]["alive"])
        self.assertEqual(self.held_pids(), set(), self.why())
        self.assert_as_before(target)
        (group / "pids.max").write_text("max")
        self.assertTrue(within(15, lambda: self.status()["guardian"]["alive"]), self.why())
        another = self.hog("mediaanalysisd")  # the first one's turn comes again in half a minute or later
        self.assertTrue(within(15, lambda: another.pid in self.held_pids()), self.why())

    def test_what_he_plants_where_a_daemon_might_look_is_not_read(self):
        home = self.directory / "home"
        home.mkdir()
        os.chown(home, STRANGER, STRANGER)
        bad = json.dumps({"api": {"group": "games", "read": "group"}})

        def plant():
            for place in ("m1opt.json", ".m1opt.json", "config.json", ".config/m1opt/m1opt.json", "conf.d/99.json",
                          ".m1opt/m1opt.json", "etc/m1opt/m1opt.json", "undo.db", "refused.txt"):
                (home / place).parent.mkdir(parents=True, exist_ok=True)
                (home / place).write_text(bad)
            return sorted(str(place) for place in home.rglob("*"))
        planted = as_user(STRANGER, plant)
        variables = ("HOME", "TMPDIR", "TMP", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
                     "SQLITE_TMPDIR", "M1OPT_CONFIG", "M1OPT_HOME", "M1OPT_STATE_DIR", "CONFIGURATION_DIRECTORY",
                     "STATE_DIRECTORY", "RUNTIME_DIRECTORY")
        self.start(["env", f"--chdir={home}", *(f"{name}={home}" for name in variables)])
        self.assertEqual(self.daemon.get("/v1/config")["config"]["api"], {
            "read": "everyone", "group": "", "max_connections": 256, "max_connections_per_user": 64})
        self.suspend(self.hog())
        self.daemon.post("/v1/config/reload", {})
        self.assertEqual(self.daemon.get("/v1/config")["config"]["api"]["group"], "")
        self.daemon.stop()
        self.assertEqual(sorted(str(place) for place in home.rglob("*")), planted)

    def test_he_can_neither_signal_nor_trace_nor_change_daemon_and_guardian(self):
        self.start()
        self.suspend(self.hog())
        status = self.status()
        libc = ctypes.CDLL(None, use_errno=True)

        def checked(result):
            if result < 0:
                raise OSError(ctypes.get_errno(), "")

        def tries(pid):
            made = {f"signal {number}": lambda number=number: os.kill(pid, number)
                    for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP, signal.SIGHUP, signal.SIGINT)}
            made["trace"] = lambda: checked(libc.ptrace(16, pid, 0, 0))
            made["nice"] = lambda: os.setpriority(os.PRIO_PROCESS, pid, 19)
            made["policy"] = lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
            made["cores"] = lambda: os.sched_setaffinity(pid, {0})
            made["limits"] = lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))
            for name in ("mem", "environ", "maps", "io", "fd/0"):
                made[name] = lambda name=name: os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
            for name in ("oom_score_adj", "autogroup", "comm", "clear_refs"):
                made[f"write {name}"] = lambda name=name: os.close(os.open(f"/proc/{pid}/{name}", os.O_WRONLY))
            made["list descriptors"] = lambda: os.listdir(f"/proc/{pid}/fd")
            return made
        for pid in (status["pid"], status["guardian"]["pid"]):
            said = as_user(STRANGER, lambda pid=pid: {name: attempt(work) for name, work in tries(pid).items()})
            for name, errno in said.items():
                self.assertIn(errno, (1, 13), f"{name} {pid}")
        self.assertEqual(self.status()["guardian"]["pid"], status["guardian"]["pid"])
        self.assertEqual(len(self.holds("suspend")), 1)

    def test_who_may_act_may_not_act_on_another_users_process(self):
        self.write_overlay({**rig.QUICK, "api": {"group": "games"}})
        self.start()
        others = self.stranger("some-program")
        gid = grp.getgrnam("games").gr_gid
        place = str(self.daemon.places["--socket"])
        start = rig.demo_proof.read_process(others.pid).start
        for route, more in (("/v1/leases", {}), ("/v1/targets/suspend", {"for_s": 5})):
            body = json.dumps({"pid": others.pid, "start": start, **more}).encode()
            self.assertEqual(as_user(MEMBER, lambda: people.ask(place, "POST", route, body), gid), [403, "forbidden"])
            # And a number that was reused is nobody's.
            body = json.dumps({"pid": others.pid, "start": start + 1, **more}).encode()
            self.assertEqual(as_user(MEMBER, lambda: people.ask(place, "POST", route, body), gid), [404, "not_found"])
        self.assertEqual(state_of(others.pid) in "RS", True)
        self.assertEqual(self.held_pids(), set())

    def test_descriptors_that_he_sends_along_do_not_get_in(self):
        self.start()
        pid = self.status()["pid"]
        path = str(self.daemon.places["--socket"])
        before = len(os.listdir(f"/proc/{pid}/fd"))

        def send():
            bait = os.open("/etc/hostname", os.O_RDONLY)
            asked = b"GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"
            with socket.socket(socket.AF_UNIX) as peer:
                peer.settimeout(10)
                peer.connect(path)
                for _ in range(100):
                    socket.send_fds(peer, [asked], [bait] * 100)
                    peer.recv(65536)
                found = len(os.listdir("/proc/self/fd"))
                return found
        as_user(STRANGER, send)
        self.assertTrue(within(3, lambda: len(os.listdir(f"/proc/{pid}/fd")) <= before))
        self.assertNotIn("/etc/hostname", rig.open_files(pid))


if __name__ == "__main__":
    unittest.main()
