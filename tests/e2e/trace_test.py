"""The recorded trace of a real daemon: fetched, replayed, left by a kill, and not to be written."""

import json
import os
import signal
import time

from rig import E2eTest, within


class Trace(E2eTest):
    def fetch(self, *arguments):
        state = ("--state-dir", str(self.daemon.places["--state-dir"]))
        ran = self.ctl("trace", *state, *arguments)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def pieces(self):
        return sorted(self.daemon.places["--state-dir"].glob("trace-*.jsonl"))

    def work_a_while(self):
        self.model("llama-server", "--api-key", "sk-TOPSECRET-4711")
        hog = self.hog()
        self.suspend(hog, seconds=5)
        time.sleep(1)

    def test_a_recorded_trace_is_fetched_and_decided_anew(self):
        self.start()
        self.work_a_while()
        text = self.fetch()
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertEqual(lines[0]["schema"], "m1opt.trace/1")
        self.assertTrue(any(action["kind"] == "suspend" for line in lines[1:] for action in line.get("actions", ())))
        self.assertNotIn("TOPSECRET", text)
        self.assertNotIn(str(self.directory), json.dumps([line for line in lines if "schema" not in line]))
        trace = self.directory / "kept.jsonl"
        self.fetch("-o", str(trace))
        ran = self.ctl("simulate", str(trace), "--json")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        actions = json.loads(ran.stdout)["simulated"]["report"]["actions"]
        recorded = [(action["verb"], action["kind"], action["process"]) for line in lines
                    for action in line.get("actions", ()) if action["verb"] == "begin"]
        decided = [(action["verb"], action["kind"], action["process"]) for action in actions
                   if action["verb"] == "begin"]
        self.assertEqual(decided[:len(recorded) - 1], recorded[:len(decided)][:len(recorded) - 1])
        self.assertEqual(self.ctl("trace", "--since", "1s").returncode, 0)
        self.assertEqual(self.ctl("api", "GET", "/v1/trace?since=yesterday").returncode, 2)

    def test_what_a_killed_daemon_left_is_read_without_it_and_the_next_goes_on(self):
        self.start()
        self.work_a_while()
        self.fetch()  # what has come together is written with it
        self.assertTrue(within(5, self.pieces))
        os.kill(self.daemon.process.pid, signal.SIGKILL)
        self.daemon.process.wait()
        with self.pieces()[0].open("a", encoding="utf-8") as piece:
            piece.write('{"at_s":99999,"samp')
        left = self.fetch()
        self.assertEqual(json.loads(left.splitlines()[-1]).keys() & {"at_s"}, {"at_s"})
        self.start()
        runs = {json.loads(line)["run"] for line in self.fetch().splitlines() if "schema" in line}
        self.assertEqual(len(runs), 2)

    def test_a_trace_that_cannot_be_written_is_told_once_and_disturbs_nobody(self):
        # What has the next piece's name is in the way of creating it.
        state = self.daemon.places["--state-dir"]
        state.mkdir(mode=0o700, exist_ok=True)
        (state / "trace-1.jsonl").mkdir()
        self.start()
        self.fetch()
        self.assertTrue(within(10, lambda: any("trace of the ticks is not written" in event["text"]
                                               for event in self.events())), self.events())
        hog = self.hog()
        self.model()
        self.suspend(hog, seconds=5)
        said = [event for event in self.events() if "trace of the ticks" in event["text"]]
        self.assertEqual(len(said), 1)
