"""From a crossed threshold to the last undo, and who is never touched."""

import json
import os
import signal
import subprocess
import time
import unittest

import rig
from rig import (WITHOUT_NICE, E2eTest, on_linux, quick_contention, runs_again, state_of, threads_of, with_nice,
                 within)


class LadderTest(E2eTest):
    overlay = {**rig.QUICK, "rules": [quick_contention(["background", "suspend"])]}

    @on_linux
    @with_nice
    def test_threshold_crossed_backgrounded_suspended_resumed(self):
        self.start()
        model = self.model()
        child = self.hog()
        self.wait_background(child)
        self.assertEqual(rig.autogroup_nice(child.pid), "19")
        self.assertTrue(within(10, lambda: state_of(child.pid) == "T"), self.why())
        model.end()  # the workload is gone: quiet for three seconds, then everything is undone
        self.assertTrue(within(12, lambda: runs_again(child.pid)), self.why())
        self.assertTrue(within(5, lambda: self.holds() == []), self.why())
        self.assert_as_before(child)
        kinds = [event["kind"] for event in self.events()]
        for kind in ("rule_tripped", "action_done", "action_undone"):
            self.assertIn(kind, kinds)

    @on_linux
    @with_nice
    def test_the_workload_is_raised_while_it_is_busy_and_not_after(self):
        self.start()
        model = self.model()
        self.assertTrue(within(12, lambda: all(
            thread.nice == -10 for thread in threads_of(model.pid).values())), self.why())
        self.assertEqual(rig.autogroup_nice(model.pid), "-10")
        self.daemon.stop()
        self.assert_as_before(model)

    @on_linux
    @with_nice
    def test_pause_undoes_everything_at_once_and_survives_a_restart(self):
        self.start()
        model = self.model()
        child = self.hog()
        self.wait_background(child)
        answer = self.daemon.post("/v1/pause", {"for_s": 60})
        self.assertEqual(self.holds(), [], answer)
        self.assert_as_before(child)
        self.assert_as_before(model)
        self.daemon.stop()
        self.start()
        self.assertEqual(self.status()["mode"], "paused")
        time.sleep(2)
        self.assertEqual(self.holds(), [])
        self.daemon.post("/v1/unpause", {})
        self.assertEqual(self.status()["mode"], "active")


    @on_linux
    def test_what_could_not_be_taken_back_is_not_done_and_the_ladder_goes_on(self):
        self.start(WITHOUT_NICE)
        model = self.model()
        child = self.hog()
        self.assertTrue(within(15, lambda: state_of(child.pid) == "T"), self.why())
        self.assertEqual({thread.policy for thread in threads_of(child.pid).values()}, {"OTHER"})
        self.assertEqual({thread.nice for thread in threads_of(model.pid).values()}, {0})
        self.assertEqual(rig.autogroup_nice(child.pid), "0")
        self.assertEqual(self.held_pids("background") | self.held_pids("raise"), set(), self.why())
        self.assertIn("could not be undone, so it is not done", "\n".join(event["text"] for event in self.events()))
        background = next(row for row in self.status()["capabilities"] if row["name"] == "background")
        self.assertFalse(background["available"])
        self.daemon.stop()
        self.assert_as_before(child)


class NamesTest(E2eTest):
    overlay = {**rig.QUICK, "rules": [quick_contention(["background"])]}

    @on_linux
    @unittest.skipIf(os.geteuid() != 0, "needs root to start a stranger's process")
    def test_namesakes_are_neither_touched_nor_raised(self):
        self.start()
        self.model()
        target = self.hog()
        helper = self.hog("photoanalysisd-helper")
        notes = self.model("ollama-notes")
        editor = subprocess.Popen(["sleep", "60"], executable="/bin/sleep", start_new_session=True)
        editor_with_word = subprocess.Popen(["tail", "-f", "/dev/null", "--pid", str(os.getpid())],
                                            stdin=subprocess.DEVNULL, start_new_session=True)
        arguments = subprocess.Popen(["sh", "-c", "sleep 60; true", "edit", "ollama", "serve"],
                                     start_new_session=True)
        stranger = self.model("llama-server", user=65534)
        namesake = self.hog("mediaanalysisd", user=65534)
        try:
            self.wait_background(target)
            time.sleep(3)
            held = self.held_pids()
            self.assertIn(target.pid, held)
            for process in (helper, notes, stranger, namesake):
                self.assertNotIn(process.pid, held)
                self.assert_as_before(process)
            for process in (editor, editor_with_word, arguments):
                self.assertNotIn(process.pid, held)
            workloads = json.dumps(self.daemon.get("/v1/workloads"))
            self.assertNotIn(f'"pid": {arguments.pid}', workloads)
            members = [member for workload in self.daemon.get("/v1/workloads")["workloads"]
                       for member in workload["processes"] if member["id"]["pid"] == stranger.pid]
            for member in members:
                self.assertFalse(member["raised"])
                self.assertNotEqual(member["not_raised"], "")
        finally:
            for process in (editor, editor_with_word, arguments):
                process.kill()
                process.wait()


class ExitTest(E2eTest):
    """By itself the daemon would look again after half a minute."""

    overlay = {**rig.QUICK, "sampling": {"busy_period_s": 30, "idle_period_s": 30}, "ollama": {"enabled": False}}

    def test_the_end_of_a_held_process_wakes_the_daemon(self):
        child = self.hog("photoanalysisd", "--cpu", "1", "--seconds", "60")
        self.start()
        self.daemon.post("/v1/targets/suspend", {"name": "photoanalysisd", "for_s": 60})
        self.assertTrue(within(5, lambda: state_of(child.pid) == "T"), self.why())
        time.sleep(3)  # what follows an action at once is over
        ticks = self.status()["self"]["ticks"]
        time.sleep(1)
        self.assertLessEqual(self.status()["self"]["ticks"], ticks + 1, "it looks all the time")
        child.end()
        self.assertTrue(within(3, lambda: self.holds() == []), self.why())
        self.assertTrue(any("gone" in event["text"] or "ended" in event["text"] for event in self.events()), self.why())


class SecretTest(E2eTest):
    overlay = {**rig.QUICK, "rules": [quick_contention(["background"])]}

    def test_no_route_log_or_command_shows_a_workloads_arguments(self):
        secret = "sk-TOPSECRET-4711"
        self.start()
        model = self.model("llama-server", "--api-key", secret)
        self.hog()
        self.assertTrue(within(12, lambda: any(
            member["id"]["pid"] == model.pid for workload in self.daemon.get("/v1/workloads")["workloads"]
            for member in workload["processes"])), self.why())
        routes = ["/v1/status", "/v1/health", "/v1/version", "/v1/workloads", "/v1/targets", "/v1/rules",
                  "/v1/events?limit=500", "/v1/config", "/v1/openapi.json", "/v1/explain/target/photoanalysisd",
                  "/v1/explain/rule/contention"]
        said = [json.dumps(self.daemon.get(route)) for route in routes]
        for words in (["status"], ["status", "--json"], ["doctor"], ["doctor", "--json"], ["events"],
                      ["explain", "photoanalysisd"], ["config", "show"]):
            done = self.ctl(*words)
            said.append(done.stdout + done.stderr)
        self.daemon.stop()
        for file in self.directory.rglob("*"):
            if file.is_file() and file.suffix in (".log", ".out", ".db", ".txt", ".jsonl"):
                said.append(file.read_bytes().decode(errors="replace"))
        for text in said:
            self.assertNotIn(secret, text)
            self.assertNotIn("TOPSECRET", text)


class ConfigTest(E2eTest):
    def test_a_faulty_config_is_refused_with_its_place_and_the_old_one_stays(self):
        self.start()
        before = self.daemon.get("/v1/config")["config"]
        faults = [('{\n  "limits": {\n    "max_suspendet": 3\n  }\n}', ":3:5: ", "max_suspended"),
                  ('{\n  "limits": {\n    "max_suspended": "three"\n  }\n}', ":3:", "$.limits.max_suspended"),
                  ('{\n  "limits": {\n    "quiet_ms": 3\n  }\n}', ":3:", "quiet_s"),
                  ('{\n  "limits": {\n    "quiet_s": 3\n', ":", "end")]
        for text, place, hint in faults:
            (self.directory / "conf.d" / "20-bad.json").write_text(text)
            answer = self.daemon.post("/v1/config/reload", {})
            detail = json.dumps(answer)
            self.assertIn("20-bad.json" + place, detail, text)
            self.assertIn(hint, detail, text)
            self.assertIn("20-bad.json", self.status()["config"]["fault"])
            self.assertEqual(self.daemon.get("/v1/config")["config"], before)
        (self.directory / "conf.d" / "20-bad.json").unlink()
        self.daemon.post("/v1/config/reload", {})
        self.assertIsNone(self.status()["config"]["fault"])


@on_linux
class SysrootTest(E2eTest):
    def test_a_captured_tree_is_shown_and_nothing_is_changed(self):
        tree = rig.ROOT / "tests" / "sysroots" / "laptop"
        output = self.directory / "strace.txt"
        command = [*rig.STRACE, "-f", "-o", str(output), "-e",
                   "trace=kill,tkill,tgkill,pidfd_send_signal,setpriority,sched_setscheduler,sched_setattr,"
                   "ioprio_set,prlimit64", str(rig.M1OPTD), "--sysroot", str(tree)]
        for flag, place in self.daemon.places.items():
            command += [flag, str(place)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        self.daemon.process = process
        self.assertTrue(within(10, self.daemon._answers))
        status = self.status()
        self.assertEqual(status["mode"], "sysroot")
        self.assertIsNotNone(status["thermal"]["level"])  # this machine has none
        answer = self.daemon.post("/v1/targets/suspend", {"name": "photoanalysisd", "for_s": 10})
        self.assertEqual(answer["status"], 409, answer)
        time.sleep(2)
        os.kill(status["pid"], signal.SIGTERM)
        process.wait(10)
        calls = [line for line in output.read_text().splitlines()
                 if "SIG" in line or "set" in line if "prlimit64(0, RLIMIT_NOFILE" not in line
                 if "+++" not in line and "---" not in line]
        self.assertEqual(calls, [])

    def test_a_machine_that_tells_nothing_not_even_its_boot_is_served_and_says_so(self):
        tree = self.directory / "empty"
        tree.mkdir()
        command = [str(rig.M1OPTD), "--sysroot", str(tree)]
        for flag, place in self.daemon.places.items():
            command += [flag, str(place)]
        self.daemon.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL, start_new_session=True)
        self.assertTrue(within(10, self.daemon._answers))
        self.assertIsNone(self.status()["memory"])
        found = [finding for finding in self.daemon.get("/v1/health")["findings"]
                 if "this boot of the machine cannot be told from others" in finding["text"]]
        self.assertEqual(len(found), 1, found)
        self.assertIn("the system does not tell its boot id", found[0]["fix"])
        self.assertNotIn("remove undo.db", found[0]["fix"])


if __name__ == "__main__":
    unittest.main()
