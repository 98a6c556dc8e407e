"""What rules do to the workload itself and ask of others: a rest between two requests, and idle models unloaded."""

import time
import unittest

import grown
import rig
from ollama_server import FakeOllama
from rig import E2eTest, state_of, within


class RestTest(E2eTest):
    # Ollama is not asked; llama-server is none of it, and is.
    overlay = {**rig.QUICK, "ollama": {**grown.ASKED["ollama"], "enabled": False}, "rules": [grown.RESTS],
               "limits": {**rig.QUICK["limits"], "quiet_s": 60, "max_break_s": 3, "break_interval_s": 60}}

    def setUp(self):
        super().setUp()
        self.slots = grown.Slots()
        self.addCleanup(self.slots.close)
        self.start()

    def serve(self, start, *arguments):
        self.server = start("llama-server", *arguments, "--seconds", "60", "--", "--port", str(self.slots.port))

    def row(self):
        return next(row for row in self.daemon.get("/v1/workloads")["workloads"] if row["name"] == "llama-server")

    def test_a_runner_rests_between_two_requests_and_goes_on_by_itself(self):
        self.serve(self.hog)  # without work for it, as between two requests
        self.assertTrue(within(10, lambda: self.row()["state"] == "busy"), self.why())
        end = time.monotonic() + 2
        while time.monotonic() < end:
            self.assertNotEqual(state_of(self.server.pid), "T", "it was stopped while a request ran")
            time.sleep(0.02)
        self.slots.idle = True
        self.assertTrue(within(10, lambda: state_of(self.server.pid) == "T"), self.why())
        self.assertTrue(within(2, lambda: self.holds("pause_workload")), self.why())
        hold = self.holds("pause_workload")[0]
        self.assertEqual(hold["target"], "llama-server")
        self.assertLessEqual(hold["remaining_s"], 3)
        self.assertIn("given a rest", self.status()["headline"])
        self.assertIn("rest", self.ctl("status").stdout)
        self.assertTrue(within(6, lambda: state_of(self.server.pid) != "T"), self.why())
        self.assertTrue(within(2, lambda: not self.holds("pause_workload")), self.why())
        time.sleep(2)
        self.assertNotEqual(state_of(self.server.pid), "T", "the next rest is a minute off")

    def test_a_runner_that_computes_is_not_stopped_whatever_its_server_said_last(self):
        self.serve(self.model, "--threads", "1", "--mib", "8")
        self.assertTrue(within(10, lambda: self.row()["state"] == "busy"), self.why())
        self.slots.idle = True
        end = time.monotonic() + 3
        while time.monotonic() < end:
            self.assertNotEqual(state_of(self.server.pid), "T", self.why())
            time.sleep(0.02)

    def test_a_rest_is_ended_by_hand(self):
        self.serve(self.hog)
        self.assertTrue(within(10, lambda: self.row()["state"] == "busy"), self.why())
        self.slots.idle = True
        self.assertTrue(within(10, lambda: state_of(self.server.pid) == "T"), self.why())
        done = self.ctl("resume", "--all")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotEqual(state_of(self.server.pid), "T")


class RescueTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.ollama = FakeOllama(["first", "second"])
        self.addCleanup(self.ollama.close)
        self.write_overlay({**rig.QUICK, "ollama": {"port": self.ollama.port, "period_s": 0.3},
                            "rules": [{**grown.ALWAYS, "name": "rescue", "enabled": True,
                                       "ladder": ["unload_idle_models"]}]})

    def test_idle_models_are_unloaded_the_longest_idle_first(self):
        self.start()
        self.hog("ollama", "serve", "--cpu", "1", "--seconds", "60")  # it works, so nothing is unloaded
        self.assertTrue(within(10, lambda: any(row["state"] == "busy" for row in self.status()["workloads"])), self.why())
        self.assertEqual(self.ollama.asked, [])
        self.children[0].end()
        self.hog("ollama", "serve", "--seconds", "60")  # it works at nothing
        self.assertTrue(within(25, lambda: self.ollama.asked), self.why())
        self.assertEqual(self.ollama.asked[0][0], "/api/generate")
        self.assertEqual(self.ollama.asked[0][1]["keep_alive"], 0)
        self.assertIn(self.ollama.asked[0][1]["model"], ("first", "second"))
        self.assertTrue(within(5, lambda: any("unloading the idle model" in event["text"] for event in self.events())),
                        self.why())


if __name__ == "__main__":
    unittest.main()
