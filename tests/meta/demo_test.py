"""The demo's proof sees what was left behind, and its load takes a real server's own figures."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer

from project import load_script

proof = load_script("demo_proof.py")
load = load_script("demo_load.py")


@unittest.skipUnless(sys.platform == "linux", "/proc is Linux's")
class Proof(unittest.TestCase):
    def setUp(self):
        self.child = subprocess.Popen(["sleep", "60"], start_new_session=True)
        self.addCleanup(self.child.wait)
        self.addCleanup(self.child.kill)
        # Until exec the child is a copy of this process.
        while proof.read_process(self.child.pid).name != "sleep":
            time.sleep(0.01)
        self.before = proof.snapshot()

    def left(self, touched=True):
        found = proof.differences(self.before, proof.snapshot(), {self.child.pid} if touched else set())
        return [text for text in found if f"({self.child.pid})" in text]

    def test_an_untouched_process_is_as_before(self):
        self.assertEqual(self.left(), [])

    def test_a_stopped_process_is_seen_even_if_nobody_said_it_was_touched(self):
        os.kill(self.child.pid, signal.SIGSTOP)
        while "T" not in proof.stat_fields(proof.read(f"/proc/{self.child.pid}/stat"))[0]:
            time.sleep(0.01)
        self.assertIn("stopped was False, is True", self.left(touched=False)[0])

    def test_nice_and_policy_are_seen(self):
        os.setpriority(os.PRIO_PROCESS, self.child.pid, 5)
        os.sched_setscheduler(self.child.pid, os.SCHED_IDLE, os.sched_param(0))
        text = "\n".join(self.left())
        self.assertIn("nice was 0, is 5", text)
        self.assertIn("policy was OTHER, is IDLE", text)

    @unittest.skipUnless(proof.IOPRIO_GET, "ioprio_get's number is not known here")
    def test_the_io_class_is_seen(self):
        subprocess.run(["ionice", "-c", "3", "-p", str(self.child.pid)], check=True)
        self.assertIn("ioprio", self.left()[0])

    def test_the_autogroup_is_seen(self):
        try:
            with open(f"/proc/{self.child.pid}/autogroup", "w", encoding="ascii") as group:
                group.write("7")
        except OSError as refused:
            self.skipTest(f"autogroup: {refused}")
        self.assertIn("autogroup nice was 0, is 7", self.left(touched=False)[0])

    def test_a_program_that_still_runs_is_found_by_its_file(self):
        program = os.readlink(f"/proc/{self.child.pid}/exe")
        self.assertIn(self.child.pid, proof.running([program]))
        self.child.kill()
        self.child.wait()
        self.assertNotIn(self.child.pid, proof.running([program]))


class Ollama(BaseHTTPRequestHandler):
    """Answers as Ollama does; 24 tokens in half a second."""

    answers = {"/api/ps": {"models": []}, "/api/tags": {"models": [{"name": "small:1b"}]},
               "/api/generate": {"eval_count": 24, "eval_duration": 500_000_000}}

    def reply(self):
        body = json.dumps(self.answers[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.reply()

    def log_message(self, *_):
        pass


class RealLoad(unittest.TestCase):
    def test_a_running_ollama_is_the_load_and_its_own_counters_are_the_rate(self):
        server = HTTPServer(("127.0.0.1", 0), Ollama)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        started, what = load.start("/nonexistent", ollama=f"http://127.0.0.1:{server.server_port}")
        end = time.monotonic() + 10
        while not started.rates and time.monotonic() < end:
            time.sleep(0.01)
        started.stop()
        self.assertIn("small:1b", what)
        self.assertEqual((started.unit, started.rates[0][1]), ("tok/s", 48.0))


if __name__ == "__main__":
    unittest.main()
