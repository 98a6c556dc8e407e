"""One m1optd of a build, with the shipped configuration in a temp directory; for the demo and the benches."""

import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import demo_proof

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1
ANSWER_WITHIN_S = 10
STOP_WITHIN_S = 15


class Failed(Exception):
    """Something that ends the run, in words for the user."""


def die_with_parent(number):
    """For the child between fork and exec: whatever ends this process ends the child (on Linux)."""
    if sys.platform != "linux":
        return None
    return lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def wait_for(condition, seconds, otherwise):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(otherwise)
        time.sleep(0.2)


class Api(http.client.HTTPConnection):
    """HTTP over a Unix socket; any failure to get a document is an OSError."""

    def __init__(self, path, timeout=5):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def ask(self, method, route, body=None):
        """The document of one request on this connection; of an error answer too."""
        try:
            self.request(method, route, None if body is None else json.dumps(body),
                         {} if body is None else {"Content-Type": "application/json"})
            return json.loads(self.getresponse().read())
        except (http.client.HTTPException, ValueError) as fault:
            raise OSError(f"{method} {route}: {fault!r}") from fault


def ask(path, method, route, body=None):
    api = Api(path)
    try:
        return api.ask(method, route, body)
    finally:
        api.close()


def refuse_beside_another():
    """Two daemons would hold the same processes, and neither figures nor proof would mean anything."""
    others = [pid for pid, process in demo_proof.snapshot().items() if process.name == "m1optd"]
    if others:
        raise Failed(f"m1optd runs already (pid {others[0]}) and would act on the same processes; an installed one"
                     " is stopped by: sudo m1optctl stop")


def roots_alone(path):
    """Can nobody but root change that file, or put another one in its place?"""
    for place in (path.resolve(), *path.resolve().parents):
        about = place.stat()
        if about.st_uid != 0 or (about.st_mode & 0o022 and not about.st_mode & stat.S_ISVTX):
            return False
    return True


class Daemon:
    def __init__(self, program, directory):
        # As root the daemon trusts only what nobody else can write to, itself included: it gets copies.
        if os.geteuid() == 0 and not roots_alone(program):
            program = Path(shutil.copy(program, directory / program.name))
            program.chmod(0o755)
        self.program = program
        self.directory = directory
        self.process = None
        self.flags = ()  # besides those that name the places
        self.places = {"--config": directory / "m1opt.json", "--socket": directory / "m1optd.sock",
                       "--state-dir": directory / "state", "--log-file": directory / "m1optd.log"}
        shutil.copyfile(ROOT / "config" / "m1opt.json", self.places["--config"])
        self.places["--config"].chmod(0o644)

    def start(self, prefix=()):
        """`prefix`: a command that runs the daemon, setpriv for one."""
        command = [*prefix, str(self.program), *self.flags]
        for flag, place in self.places.items():
            command += [flag, str(place)]
        with open(self.directory / "m1optd.out", "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM))
        wait_for(self._answers, ANSWER_WITHIN_S, f"m1optd did not answer within {ANSWER_WITHIN_S} s")

    def _answers(self):
        if self.process.poll() is not None:
            output = (self.directory / "m1optd.out").read_text(errors="replace")
            raise Failed(f"m1optd ended with status {self.process.returncode}:\n{output}")
        try:
            return self.get("/v1/health") is not None
        except OSError:
            return False

    def get(self, route):
        return ask(self.places["--socket"], "GET", route)

    def post(self, route, body):
        return ask(self.places["--socket"], "POST", route, body)

    def held(self):
        """Pids of everything that is changed now."""
        return {hold["process"]["pid"] for hold in self.get("/v1/status").get("holds", [])}

    def stop(self):
        """False when it did not end by itself after SIGTERM, and had to be killed."""
        if not self.process or self.process.poll() is not None:
            return True
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
            return True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            time.sleep(2)  # the guardian's turn
            return False
