"""The packaged llama.cpp server and its RPC servers, and what their logs say of memory."""

import functools
import re
import socket
import subprocess
import time
import urllib.request

import rig  # noqa: F401, it finds scripts/

import llama_server


@functools.cache
def find():
    """(llama-server, ggml-rpc-server, a real model); llama_server.Missing when they cannot be had."""
    program, model = llama_server.find()
    rpc = program.parent / "ggml-rpc-server"
    rpc.chmod(0o755)
    return program, rpc, model


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class RpcServer:
    """A llama.cpp RPC server on loopback, until the end of the block."""

    def __enter__(self):
        self.port = free_port()
        self.process = subprocess.Popen([str(find()[1]), "-H", "127.0.0.1", "-p", str(self.port), "-d", "CPU"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("ggml-rpc-server does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"


class Server:
    """Runs until the end of the block; `log` is its output so far."""

    def __init__(self, model, *arguments, log_path):
        self.port = free_port()
        self.log_path = log_path
        self.command = [str(find()[0]), "--model", str(model), "--port", str(self.port), "--host", "127.0.0.1",
                        "--offline", "--no-webui", "--no-warmup", "-fit", "off", "-t", "2", "-v", *map(str, arguments)]

    def __enter__(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError("llama-server ended: " + self.log()[-2000:])
            try:
                if urllib.request.urlopen(self.url("/health"), timeout=1).status == 200:
                    return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("llama-server does not answer: " + self.log()[-2000:])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def log(self):
        return self.log_path.read_text(errors="replace")

    def mib(self, what):
        """The sum of what the log says after its `what` (a buffer of each device), in bytes."""
        return sum(float(found) for found in re.findall(what + r" *(?:size)? *= *([0-9.]+) MiB", self.log())) * 2**20
