"""m1optctl bench against an Ollama that says what it likes, and the comparison with a real daemon."""

import json
import os
import signal
import subprocess
import time
import unittest

import rig
from ollama_server import BUSY, FakeOllama
from rig import E2eTest, within


def bench(directory, *words, timeout=120, socket="/nonexistent"):
    return subprocess.run([str(rig.M1OPTCTL), "--socket", str(socket), "bench", *words], text=True, timeout=timeout,
                          capture_output=True, check=False, env={**os.environ, "HOME": str(directory),
                                                                 "XDG_DATA_HOME": str(directory / "data")})


class AnOllamaAlone(unittest.TestCase):
    def setUp(self):
        self.ollama = FakeOllama(["llama3.2:3b"])
        self.addCleanup(self.ollama.close)
        self.at = f"127.0.0.1:{self.ollama.port}"
        self.place = rig.Path(self.enterContext(rig.tempfile.TemporaryDirectory()))

    def run_bench(self, *words, **options):
        return bench(self.place, "--at", self.at, *words, **options)

    def prompts(self):
        return [body for path, body in self.ollama.asked if path == "/api/generate"]

    def test_the_rates_are_the_servers_own(self):
        done = self.run_bench("--runs", "5", "--tokens", "40", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["schema"], "m1opt.bench/1")
        self.assertEqual(document["model"], {"name": "llama3.2:3b", "quantization": "Q4_K_M",
                                             "size_bytes": 3155624000, "context": 4096})
        self.assertEqual(document["server"], f"Ollama 0.32.15 at {self.at}")
        self.assertAlmostEqual(document["generation"]["active_tokens_per_s"]["value"], 50, 3)
        self.assertAlmostEqual(document["generation"]["active_tokens_per_s"]["low"], 50, 3)
        self.assertIsNone(document["generation"]["gain_percent"])
        self.assertEqual([run["tokens"] for run in document["runs"]], [40] * 5)
        saved = list((self.place / "data" / "m1opt" / "benches").iterdir())
        self.assertEqual(json.loads(saved[0].read_text()), document)

    def test_nothing_changes_for_the_loaded_model_and_no_prompt_begins_like_another(self):
        done = self.run_bench("--runs", "2", "-o", str(self.place / "x.json"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("50.0 tok/s", done.stdout)
        self.assertIn(str(self.place / "x.json"), done.stdout)
        for prompt in self.prompts():
            self.assertEqual(prompt["options"]["num_ctx"], 4096)
            self.assertGreaterEqual(prompt["keep_alive"], 1)
        self.assertEqual(len({prompt["prompt"][:12] for prompt in self.prompts()}), 3)

    def test_a_model_that_stays_for_ever_stays_for_ever(self):
        self.ollama.loaded = {"llama3.2:3b": "2318-11-15T09:12:43.854775807Z"}
        self.assertEqual(self.run_bench("--runs", "1").returncode, 0)
        self.assertEqual({prompt["keep_alive"] for prompt in self.prompts()}, {-1})

    def test_a_model_that_is_not_loaded_is_loaded_as_the_server_likes(self):
        self.ollama.loaded = {}
        self.assertEqual(self.run_bench("llama3.2:3b", "--runs", "1").returncode, 0)
        self.assertNotIn("num_ctx", self.prompts()[0]["options"])
        self.assertNotIn("keep_alive", self.prompts()[0])

    def test_a_model_that_is_not_there_is_named_with_those_that_are(self):
        done = self.run_bench("mistral:7b")
        self.assertEqual(done.returncode, 2)
        self.assertIn("There are: llama3.2:3b", done.stderr)
        self.ollama.local = []
        self.ollama.loaded = {}
        self.assertIn("There are: none", self.run_bench().stderr)  # "models":null

    def test_what_goes_wrong_is_said(self):
        for mode, words in {"empty": "answers 200 with nothing in it", "busy": BUSY["error"],
                            "broken": "CUDA error", "cut": "closed the connection in the middle"}.items():
            with self.subTest(mode):
                self.ollama.mode = mode
                done = self.run_bench("--runs", "1")
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_slow_server_and_one_that_says_much_are_understood(self):
        for mode in ("slow", "huge"):
            with self.subTest(mode):
                self.ollama.mode = mode
                done = self.run_bench("--runs", "1")
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_dry_run_asks_for_nothing_to_be_generated(self):
        done = self.run_bench("--runs", "3", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 answers of 128 tokens from llama3.2:3b", done.stdout)
        self.assertEqual(self.prompts(), [])

    def test_the_host_is_named_as_ollama_wants_it(self):
        self.run_bench("--runs", "1")
        self.assertEqual(self.ollama.hosts, {self.at})

    def test_nobody_at_that_place(self):
        done = bench(self.place, "--at", "127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nobody listens at http://127.0.0.1:1", done.stderr)

    def test_without_a_daemon_there_is_nothing_to_compare_with(self):
        self.assertEqual(self.run_bench("--ab").returncode, 3)


class Compared(E2eTest):
    overlay = {**rig.QUICK, "limits": {**rig.QUICK["limits"], "quiet_s": 60},
               "rules": [rig.quick_contention(["background"])], "ollama": {"enabled": False}}

    def setUp(self):
        super().setUp()
        self.start()
        self.ollama = FakeOllama(["llama3.2:3b"])
        self.addCleanup(self.ollama.close)
        self.ollama.mode = "slow"  # so that the daemon has time to act
        # Longer than what is usual here: on a busy machine a comparison takes minutes.
        self.children.append(rig.Child(self.directory, rig.STANDIN, "llama-server", ["--seconds", "280"]))
        self.hog("photoanalysisd", "--cpu", "2", "--seconds", "280")

    def held(self):
        return bool(self.holds("background"))

    def words(self, *more):
        return ["--ab", "--at", f"127.0.0.1:{self.ollama.port}", "--tokens", "20", *more]

    def test_what_the_daemon_gains_is_found_and_the_daemon_goes_on(self):
        self.ollama.rate = lambda: 40.0 if self.held() else 20.0
        done = bench(self.directory, *self.words("--runs", "5", "--json"),
                     socket=self.daemon.places["--socket"], timeout=280)
        self.assertEqual(done.returncode, 0, done.stderr + self.why())
        document = json.loads(done.stdout)
        runs = document["runs"]
        self.assertEqual(sorted(run["arm"] for run in runs), ["active"] * 5 + ["paused"] * 5)
        for run in runs:
            self.assertAlmostEqual(run["tokens_per_s"], 40 if run["arm"] == "active" else 20, 3)
            self.assertEqual("background photoanalysisd" in run["conditions"]["holds"], run["arm"] == "active")
        self.assertEqual(document["generation"]["verdict"], "faster")
        self.assertAlmostEqual(document["generation"]["gain_percent"]["low"], 100, 3)
        self.assertEqual(document["prompt"]["verdict"], "no measurable gain")
        self.assertFalse(self.status()["pause"]["active"])

    def test_interrupted_it_leaves_the_daemon_as_it_was(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                client = subprocess.Popen(
                    [str(rig.M1OPTCTL), "--socket", str(self.daemon.places["--socket"]), "bench",
                     *self.words("-o", str(self.directory / "x.json"))],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                    # A shell that runs the tests in the background has it ignored, and that is inherited.
                    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
                self.addCleanup(client.kill)
                self.assertTrue(within(60, lambda: self.status()["pause"]["active"]), self.why())
                self.ollama.mode = "silent"  # in the middle of an answer
                time.sleep(0.3)
                client.send_signal(number)
                out, err = client.communicate(timeout=10)
                self.assertEqual(client.returncode, 128 + number, err)
                self.assertEqual(out, "")
                self.assertFalse(self.status()["pause"]["active"])
                self.assertFalse((self.directory / "x.json").exists())
                self.ollama.mode = "slow"

    def test_a_daemon_that_is_paused_already_is_left_alone(self):
        self.daemon.post("/v1/pause", {"for_s": 60})
        done = bench(self.directory, *self.words(), socket=self.daemon.places["--socket"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("paused already", done.stderr)
        self.assertTrue(self.status()["pause"]["active"])


if __name__ == "__main__":
    unittest.main()
