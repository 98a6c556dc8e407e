"""The daemon and m1optctl bench beside a real llama.cpp server with a real model."""

import json
import os
import socket
import subprocess
import threading
import time
import unittest
import urllib.request

import grown
import rig
from rig import E2eTest, state_of, within

import llama_server  # of scripts/

DEEP = os.environ.get("M1OPT_DEEP") == "1"
LOADED_WITHIN_S = 120


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@unittest.skipUnless(DEEP, "slow: a real model is loaded; make test-deep")
class RealServer(E2eTest):
    """Measures: nothing runs beside it."""

    alone = True
    overlay = {**rig.QUICK, "ollama": {"enabled": True, "port": 1, "period_s": 0.3},
               "limits": {**rig.QUICK["limits"], "quiet_s": 60, "max_break_s": 3, "break_interval_s": 60}}

    def setUp(self):
        super().setUp()
        try:
            program, model = llama_server.find()
        except llama_server.Missing as why:
            self.skipTest(str(why))
        self.port = free_port()
        self.server = subprocess.Popen(
            [str(program), "-m", str(model), "--port", str(self.port), "--host", "127.0.0.1", "-c", "2048", "-np", "1",
             "--metrics"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)

    def ask(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}",
                                         None if body is None else json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=240) as answer:
            return json.load(answer)

    def is_loaded(self):
        try:
            return self.ask("/health") == {"status": "ok"}
        except OSError:
            return False

    def wait_until_loaded(self):
        self.assertTrue(within(LOADED_WITHIN_S, self.is_loaded))

    def generate(self, tokens):
        """In the background; the answer is in the list when it is there."""
        answers = []
        body = {"prompt": "Once upon a time", "n_predict": tokens, "ignore_eos": True, "temperature": 0}
        thread = threading.Thread(target=lambda: answers.append(self.ask("/completion", body)), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 60)
        return answers

    def row(self):
        return next(row for row in self.status()["workloads"] if row["name"] == "llama-server")


class Readings(RealServer):
    def test_what_a_real_server_says_of_itself_is_read(self):
        self.start()
        self.wait_until_loaded()
        self.assertTrue(within(20, lambda: self.row()["state"] == "resident"), self.why())
        answers = self.generate(400)
        rates = []
        while not answers:
            row = self.row()
            rates += [row["tokens_per_s"]] if row["tokens_per_s"] else []
            time.sleep(0.2)
        told = answers[0]["timings"]["predicted_per_second"]
        self.assertTrue(rates, self.why())
        middle = sorted(rates)[len(rates) // 2]
        print(f"figure: a real llama-server: {middle:.1f} tok/s by its slots, {told:.1f} by its own count")
        self.assertLess(abs(middle - told) / told, 0.25, rates)
        self.assertTrue(within(60, lambda: self.row()["state"] == "resident"), self.why())


class Rest(RealServer):
    overlay = {**RealServer.overlay, "rules": [grown.RESTS]}

    def test_a_rest_waits_until_the_answer_is_whole(self):
        self.wait_until_loaded()
        answers = self.generate(500)
        self.start()
        looked = 0
        while not answers:
            if state_of(self.server.pid) == "T":
                self.assertTrue(within(0.5, lambda: answers), "it was stopped while it generated")
                break
            looked += 1
            time.sleep(0.02)
        self.assertGreater(looked, 100, "the answer came too soon to prove anything")
        self.assertEqual(answers[0]["tokens_predicted"], 500)
        self.assertTrue(within(10, lambda: state_of(self.server.pid) == "T"), self.why())
        self.assertTrue(within(10, lambda: state_of(self.server.pid) != "T"), self.why())
        self.assertEqual(self.ask("/completion", {"prompt": "Hi", "n_predict": 3})["tokens_predicted"], 3)


class Bench(RealServer):
    overlay = {**RealServer.overlay, "rules": [rig.quick_contention(["background"])]}

    def test_what_the_daemon_gains_beside_programs_that_fight_it(self):
        self.start()
        self.wait_until_loaded()
        for name in ("photoanalysisd", "mediaanalysisd"):
            self.hog(name, "--cpu", "2", "--seconds", "280")
        done = subprocess.run(
            [str(rig.M1OPTCTL), "--socket", str(self.daemon.places["--socket"]), "bench", "--ab", "--runs", "5",
             "--tokens", "24", "--at", f"127.0.0.1:{self.port}", "-o", str(self.directory / "bench.json")],
            text=True, capture_output=True, timeout=280, check=False)
        self.assertEqual(done.returncode, 0, done.stderr + self.why())
        document = json.loads((self.directory / "bench.json").read_text())
        gain = document["generation"]["gain_percent"]
        print(f"figure: bench --ab beside two hogs: generation {gain['value']:+.0f} %,"
              f" interval {gain['low']:+.0f} to {gain['high']:+.0f} %: {document['generation']['verdict']}")
        print(done.stdout)
        self.assertEqual(document["generation"]["verdict"], "faster", done.stdout)
        self.assertFalse(self.status()["pause"]["active"])
        self.assertEqual({run["settled"] for run in document["runs"]}, {True})


if __name__ == "__main__":
    unittest.main()
