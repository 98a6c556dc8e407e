"""The inference load of the demo: a local Ollama or llama-server when one runs, else the stand-in."""

import json
import subprocess
import threading
import time
import urllib.error
import urllib.request

PROMPT = "Write a long story about a lighthouse keeper."
TOKENS = 24  # a request; short, so that each phase has several


def ask(url, body=None, timeout=2):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.load(answer)


class Load:
    """Something that reports a rate again and again; `unit` says of what."""

    unit = "tok/s"

    def __init__(self):
        self.rates = []  # (when, rate)
        self.process = None

    def note(self, rate):
        self.rates.append((time.monotonic(), rate))

    def since(self, when):
        return [rate for at, rate in self.rates if at >= when]

    def stop(self):
        pass


class StandIn(Load):
    unit = "stand-in passes/s"

    def __init__(self, executable):
        super().__init__()
        self.process = subprocess.Popen([executable, "--seconds", "150"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.note(json.loads(line)["passes_per_s"])

    def stop(self):
        self.process.kill()
        self.process.wait()


class Server(Load):
    """Asks for one answer after another; the rate is the server's own count of each."""

    def __init__(self, name, request):
        super().__init__()
        self.name = name
        self._request = request
        self._go_on = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._go_on:
            try:
                self.note(self._request())
            except (OSError, ValueError, KeyError, ZeroDivisionError):
                time.sleep(1)  # no rate: the demo says so when it has none

    def stop(self):
        self._go_on = False
        self._thread.join(timeout=15)


def ollama_request(model, base):
    body = {"model": model, "prompt": PROMPT, "stream": False, "options": {"num_predict": TOKENS}}

    def request():
        answer = ask(f"{base}/api/generate", body, timeout=60)
        return answer["eval_count"] / (answer["eval_duration"] / 1e9)
    return request


def llama_server_request(base):
    def request():
        answer = ask(f"{base}/completion", {"prompt": PROMPT, "n_predict": TOKENS}, timeout=60)
        return answer["timings"]["predicted_per_second"]
    return request


def start(stand_in, ollama="http://127.0.0.1:11434", llama_server="http://127.0.0.1:8080"):
    """The load, started, and a sentence that says what it is."""
    try:
        models = [row["name"] for row in ask(f"{ollama}/api/ps")["models"]]
        models += [row["name"] for row in ask(f"{ollama}/api/tags")["models"]]
        if models:
            load = Server("ollama", ollama_request(models[0], ollama))
            return load, f"The load is real: the running Ollama answers with {models[0]}"
    except (OSError, ValueError, KeyError):
        pass
    try:
        if ask(f"{llama_server}/health").get("status") == "ok":
            load = Server("llama-server", llama_server_request(llama_server))
            return load, "The load is real: the running llama-server answers"
    except (OSError, ValueError):
        pass
    return StandIn(stand_in), ("No Ollama or llama-server runs here, so the load is a stand-in under the name"
                               " llama-server:\na loop as memory-bound as a model, which counts passes, not tokens")
