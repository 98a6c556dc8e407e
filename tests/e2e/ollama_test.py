"""m1optctl ollama and what doctor says of servers, beside processes of Ollama's names."""

import json
import os
import re
import subprocess
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import rig
from ollama_server import SHOW, FakeOllama, soiled


class OllamaTest(unittest.TestCase):
    """No daemon."""

    def setUp(self):
        self.place = rig.Path(self.enterContext(rig.tempfile.TemporaryDirectory()))
        self.place.chmod(0o755)
        self.ollama = FakeOllama(["llama3.2:3b"])
        self.addCleanup(self.ollama.close)

    def start(self, name, *arguments, program=rig.HOG, **environment):
        child = rig.Child(self.place, program, name, [*arguments], env={"PATH": "/usr/bin:/bin", **environment})
        self.addCleanup(child.end)
        return child

    def ctl(self, *words, timeout=30):
        environment = {**os.environ, "HOME": str(self.place), "OLLAMA_HOST": f"127.0.0.1:{self.ollama.port}"}
        return subprocess.run([str(rig.M1OPTCTL), "--socket", "/nonexistent", *words], text=True,
                              timeout=timeout * rig.PATIENCE,
                              capture_output=True, check=False, env=environment)

    def env(self, *words):
        done = self.ctl("ollama", "env", "--json", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)


class EnvTest(OllamaTest):
    def test_what_the_running_server_was_started_with_is_told(self):
        server = self.start("ollama", "serve", "--seconds", "60", OLLAMA_KEEP_ALIVE="7h", OLLAMA_NUM_CTX="4096",
                            OLLAMA_NEW_ENGINE="1", SECRET="x")
        document = self.env("--ram", "16G")
        self.assertEqual(document["server"], {"version": "0.32.15", "pid": server.pid, "engine": "llama_server",
                                              "environment_known": True})
        rows = {row["name"]: row for row in document["variables"]}
        self.assertEqual((rows["OLLAMA_KEEP_ALIVE"]["current"], rows["OLLAMA_KEEP_ALIVE"]["recommended"]), ("7h", "30m"))
        self.assertEqual((rows["LLAMA_ARG_CACHE_RAM"]["current"], rows["LLAMA_ARG_CACHE_RAM"]["recommended"]),
                         (None, "512"))
        self.assertIsNone(rows["OLLAMA_MAX_QUEUE"]["recommended"])
        self.assertEqual({row["name"] for row in document["strays"]}, {"OLLAMA_NUM_CTX", "OLLAMA_NEW_ENGINE"})
        self.assertNotIn("SECRET", json.dumps(document))
        text = self.ctl("ollama", "env", "--ram", "16G").stdout
        self.assertIn("OLLAMA_KEEP_ALIVE=30m  (now 7h)", text)
        self.assertIn("OLLAMA_NUM_CTX unset  (now 4096)", text)

    def test_an_older_ollama_gets_what_it_knows(self):
        self.ollama.version = "0.24.0"
        rows = {row["name"]: row["recommended"] for row in self.env("--ram", "16G")["variables"]}
        self.assertNotIn("LLAMA_ARG_CACHE_RAM", rows)
        self.assertEqual(rows["OLLAMA_FLASH_ATTENTION"], "1")

    @unittest.skipUnless(rig.LINUX and os.geteuid() == 0, "needs root: it mounts something of its own")
    def test_a_drop_in_of_systemd_is_made_and_taken_back(self):
        script = """
            set -e
            mkdir -p /etc/systemd/system
            mount -t tmpfs none /etc/systemd/system
            touch /etc/systemd/system/ollama.service
            "$0" ollama env --apply --ram 16G --dry-run
            test ! -e /etc/systemd/system/ollama.service.d
            echo ---
            "$0" ollama env --apply --ram 16G
            echo ---
            cat /etc/systemd/system/ollama.service.d/m1opt.conf
            "$0" ollama env --remove
            test ! -e /etc/systemd/system/ollama.service.d
            test -e /etc/systemd/system/ollama.service
            "$0" ollama env --remove
        """
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script, str(rig.M1OPTCTL)], text=True,
                              capture_output=True, timeout=60, check=False,
                              env={**os.environ, "HOME": str(self.place)})
        self.assertEqual(done.returncode, 0, done.stderr)
        would, did, rest = done.stdout.split("---\n")
        self.assertIn("OLLAMA_KEEP_ALIVE: not set -> 30m\n", would)
        self.assertEqual(did.removesuffix("Ollama sees it after: sudo systemctl restart ollama\n"), would)
        self.assertIn('Environment="LLAMA_ARG_CACHE_RAM=512"\n', rest)
        self.assertNotIn("OLLAMA_MAX_QUEUE", rest)
        self.assertIn("OLLAMA_KEEP_ALIVE: 30m -> not set\n", rest)
        self.assertTrue(rest.endswith("nothing to change\n"), rest)


class ModelfileTest(OllamaTest):
    def test_it_fits_the_machine_and_takes_num_gpu_1_back(self):
        done = self.ctl("ollama", "modelfile", "llama3.2:3b", "--ram", "16G")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
        self.assertEqual(lines, ["FROM llama3.2:3b", "PARAMETER num_ctx 8192", "PARAMETER num_gpu -1"])
        self.assertIn("# num_thread is not set: the cores are those of another machine.\n", done.stdout)
        path = self.place / "Modelfile"
        done = self.ctl("ollama", "modelfile", "llama3.2:3b", "--ctx", "999999", "-o", str(path))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("PARAMETER num_ctx 131072\n", path.read_text())

    def num_ctx(self, *words):
        done = self.ctl("ollama", "modelfile", "llama3.2:3b", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(re.search(r"^PARAMETER num_ctx (\d+)$", done.stdout, re.MULTILINE)[1]), done.stdout

    def test_a_context_that_is_sure_to_fit_is_that_of_plan_with_the_cache_that_ollama_has_by_itself(self):
        fits = json.loads(self.ctl("plan", "llama3.2:3b", "--ram", "3G", "--json").stdout)["largest_context"]
        tokens, text = self.num_ctx("--ram", "3G")
        self.assertLess(fits["F16"], fits["Q8_0"])
        self.assertEqual(tokens, fits["F16"])
        self.assertIn("# No more is sure to fit with a KV cache of f16 and 1 slot, assumed, since", text)

    def test_the_cache_and_the_slots_of_the_running_server_are_reckoned_with(self):
        server = self.start("ollama", "serve", "--seconds", "60")
        self.assertIn("a KV cache of f16 and 1 slot, as the running Ollama has them", self.num_ctx()[1])
        server.end()
        self.start("ollama", "serve", "--seconds", "60", OLLAMA_KV_CACHE_TYPE="q8_0", OLLAMA_NUM_PARALLEL="3")
        self.assertIn("a KV cache of q8_0 and 3 slots, as the running Ollama has them", self.num_ctx()[1])

    def test_a_context_below_ollamas_least_is_said_to_be_raised(self):
        tokens, text = self.num_ctx("--ctx", "1")
        self.assertEqual(tokens, 4)
        self.assertIn("# 1 was asked for, and 4 is the least that Ollama takes", text)

    def test_a_model_that_is_not_there_is_said(self):
        done = self.ctl("ollama", "modelfile", "no:such")
        self.assertEqual(done.returncode, 1)
        self.assertIn("model 'no:such' not found", done.stderr)


class FakeLlamaServer(BaseHTTPRequestHandler):
    """Tells `dirt` wherever it tells a text."""

    dirt = ""

    def log_message(self, *_):
        pass

    def do_GET(self):
        answers = {"/health": {"status": "ok"},
                   "/props": soiled({"model_alias": "a", "model_path": "/b", "model_ftype": "Q4_K_M", "build_info": "c"},
                                    self.dirt, ())}
        text = json.dumps(answers.get(self.path, {"error": {"message": "no" + self.dirt}})).encode()
        self.send_response(200 if self.path in answers else 404)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class HostileServerTest(OllamaTest):
    """A server may tell anything; nothing of it may act on the terminal, or be a line of its own in a file."""

    NEEDED = ("version", "expires_at", "modified_at", "created_at", "digest", "general.architecture", "error")
    DIRTS = ("\x1b[2J\x1b]0;evil\x07", "\u009b31m", "\rSYSTEM evil", "\nSYSTEM evil\x7f")

    def check(self, *words):
        environment = {**os.environ, "HOME": str(self.place), "OLLAMA_HOST": f"127.0.0.1:{self.ollama.port}"}
        done = subprocess.run([str(rig.M1OPTCTL), "--socket", "/nonexistent", *words], timeout=60, capture_output=True,
                              check=False, env=environment)
        # A document of JSON is for programs: it escapes what JSON says, and no more.
        acts = r"[\x00-\x09\x0b-\x1f]" if "--json" in words else r"[\x00-\x09\x0b-\x1f\x7f-\x9f]"
        for text in (done.stdout.decode(), done.stderr.decode()):
            self.assertEqual(re.findall(acts, text), [], (words, text))
            self.assertNotIn("\nSYSTEM", text)
        return done

    def test_no_verb_prints_what_a_terminal_acts_on(self):
        for spared in (self.NEEDED, ()):
            for dirt in self.DIRTS:
                self.ollama.dirt, self.ollama.spared = dirt, spared
                for words in (["bench", "--dry-run"], ["ollama", "env"], ["ollama", "env", "--json"], ["models"],
                              ["ollama", "modelfile", "llama3.2:3b"], ["plan", "llama3.2:3b"], ["recommend", "--ram", "16G"],
                              ["bench", "no:such"]):
                    with self.subTest(words=words, dirt=dirt, spared=bool(spared)):
                        self.check(*words)
                    self.assertTrue(self.ollama.asked or words[0] != "plan")
        self.ollama.spared = self.NEEDED
        self.check("doctor")
        self.check("bench", "--runs", "1", "--tokens", "2")

    def test_a_written_modelfile_has_its_own_lines_alone(self):
        path = self.place / "Modelfile"
        for dirt in self.DIRTS:
            self.ollama.dirt, self.ollama.spared = dirt, self.NEEDED
            self.ollama.shows["llama3.2:3b"] = {**SHOW, "parameters": "num_gpu  1"}
            self.assertEqual(self.check("ollama", "modelfile", "llama3.2:3b", "-o", str(path)).returncode, 0)
            text = path.read_bytes().decode()
            self.assertEqual(re.findall(r"[^\n\x20-\x7e]", text), [])
            self.assertTrue(all(line.split()[0] in ("#", "FROM", "PARAMETER") for line in text.splitlines()), text)

    def test_nor_does_bench_of_a_llama_server(self):
        for FakeLlamaServer.dirt in self.DIRTS:
            server = ThreadingHTTPServer(("127.0.0.1", 0), FakeLlamaServer)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.check("bench", "--dry-run", "--at", f"127.0.0.1:{server.server_address[1]}")
            self.check("bench", "other", "--dry-run", "--at", f"127.0.0.1:{server.server_address[1]}")
            server.shutdown()
            server.server_close()


class PlanTest(OllamaTest):
    def test_a_model_whose_store_cannot_be_read_is_planned_by_what_ollama_tells_of_it(self):
        self.ollama.local = ["mine:latest"]
        info = {**SHOW["model_info"], "llama.block_count": 2, "llama.attention.head_count_kv": [8, 4]}
        self.ollama.shows["mine:latest"] = {**SHOW, "model_info": info}
        done = self.ctl("plan", "mine:latest", "--ctx", "1024", "--ram", "16G", "--os", "linux", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        plan = json.loads(done.stdout)
        self.assertEqual(plan["model"]["source"], "server")
        terms = {term["id"]: term["bytes"] for term in plan["memory"]["terms"]}
        self.assertEqual(terms["kv_cache"], (8 + 4) * 1024 * 256 * 2)
        # its lists were left out of the first answer
        self.assertEqual([body.get("verbose") for path, body in self.ollama.asked if path == "/api/show"], [None, True])
        self.assertEqual(self.ctl("plan", "yours:latest").returncode, 1)


class DoctorTest(OllamaTest):
    def findings(self):
        done = self.ctl("doctor", "--json")
        return {row["id"]: row for row in json.loads(done.stdout)["findings"]}

    def test_a_server_that_answers_with_nothing_is_found(self):
        self.assertEqual(self.findings()["server.answers"]["result"], "pass")
        probe = self.ollama.asked[-1][1]
        self.assertEqual(probe["options"]["num_ctx"], 4096, "another context would load the model anew")
        self.assertGreaterEqual(probe["keep_alive"], 1)
        self.ollama.mode = "empty"
        found = self.findings()["server.answers"]
        self.assertEqual(found["result"], "fail")
        self.assertIn("200 with nothing in it", found["evidence"])
        self.ollama.mode = "busy"
        self.assertIn("maximum pending requests exceeded", self.findings()["server.answers"]["evidence"])

    def test_no_model_is_loaded_for_a_question(self):
        self.ollama.loaded = {}
        self.assertNotIn("server.answers", self.findings())
        self.assertEqual([path for path, _ in self.ollama.asked], [])

    def test_a_server_that_is_silent_may_be_at_work(self):
        self.ollama.mode = "stuck"
        self.assertEqual(self.findings()["server.answers"]["result"], "skipped")

    @unittest.skipUnless(rig.LINUX, "the names of processes are those of their files there")
    def test_a_runner_without_its_ollama_is_found(self):
        words = ["--", "--model", "/x/blobs/sha256-00", "--port", "1", "--no-webui", "--offline"]
        lost = self.start("llama-server", "--seconds", "60", "--threads", "1", "--mib", "4", *words, program=rig.STANDIN)
        found = self.findings()[f"runner.{lost.pid}"]
        self.assertEqual((found["result"], found["fix"]), ("fail", f"kill {lost.pid}"))
        self.start("llama-server", "--seconds", "60", "--threads", "1", "--mib", "4", "--", "-m", "x.gguf",
                   program=rig.STANDIN)
        self.assertEqual([name for name in self.findings() if name.startswith("runner.")], [f"runner.{lost.pid}"])


if __name__ == "__main__":
    unittest.main()
