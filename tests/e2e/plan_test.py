"""What m1optctl plan reckons, beside what a real llama.cpp server says of its buffers when it has loaded the model."""

import json
import os
import re
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

import gguf
import real_llama
import rig

import llama_server  # of scripts/

GQA = {"layers": 4, "embd": 512, "heads": 8, "kv": 2, "key": 64, "ff": 1024}
# name: (model, context of a slot, slots, type of the cache, batch, more for the server)
CASES = {
    "gemma3-270m itself": (None, 4096, 2, "f16", 512, []),
    "gemma3-270m, q8_0": (None, 8192, 1, "q8_0", 1024, []),
    "GQA": (GQA, 4096, 1, "f16", 512, []),
    "GQA, context not a multiple of 256": (GQA, 5000, 1, "f16", 512, []),
    "GQA, two slots": (GQA, 4096, 2, "f16", 512, []),
    "GQA, four slots, large batch": (GQA, 2048, 4, "f16", 2048, []),
    "GQA, q8_0": (GQA, 8192, 1, "q8_0", 512, []),
    "GQA, q4_0": (GQA, 8192, 1, "q4_0", 512, []),
    "GQA, wide feed-forward, large vocabulary": (GQA | {"ff": 4096, "vocab": 32000}, 4096, 1, "f16", 512, []),
    "GQA, no flash attention": (GQA, 4096, 1, "f16", 512, ["-fa", "off"]),
    "MHA": (GQA | {"kv": 8}, 4096, 1, "f16", 512, []),
    "keys longer than the width allows": (GQA | {"arch": "qwen3", "key": 128}, 4096, 1, "f16", 512, []),
    "window, five of six": (GQA | {"arch": "gemma3", "layers": 12, "window": 1024}, 8192, 1, "f16", 512, []),
    "window, every other, two slots, q8_0": (GQA | {"arch": "gemma2", "layers": 6, "window": 700}, 4096, 2, "q8_0", 512, []),
    "KV heads of each layer": (GQA | {"arch": "deci", "kv": [2, 8, 0, 4]}, 4096, 1, "f16", 512, []),
}


def run(*words):
    done = subprocess.run([str(rig.M1OPTCTL), *map(str, words)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def bytes_of(plan, *ids):
    return sum(term["bytes"] for term in plan["memory"]["terms"] if term["id"] in ids)


def real_model():
    try:
        return real_llama.find()[2]
    except llama_server.Missing as why:
        raise unittest.SkipTest(str(why)) from None


def compare(name, directory):
    """(what, reckoned, logged) of a case, in bytes."""
    shape, context, slots, cache, batch, more = CASES[name]
    path = real_model()
    if shape is not None:
        path = Path(directory) / "model.gguf"
        gguf.model(path, **shape)
    words = ["plan", path, "--ctx", context, "--parallel", slots, "--kv", cache, "--batch", batch, "--json"]
    plan = run(*words, *(["--no-flash-attention"] if "-fa" in more else []))
    arguments = ["-c", context * slots, "-np", slots, "-ctk", cache, "-ctv", cache, "-b", batch, "-ub", batch, "--device", "none"]
    with real_llama.Server(path, *arguments, *more, log_path=Path(directory) / "log") as server:
        return [("weights", bytes_of(plan, "weights"), server.mib("CPU_Mapped model buffer")),
                ("KV cache", bytes_of(plan, "kv_cache", "kv_cache_windowed"), server.mib("KV buffer")),
                ("compute", bytes_of(plan, "compute"), server.mib("compute buffer"))]


@unittest.skipUnless(os.environ.get("M1OPT_DEEP") == "1", "slow: loads many models into a real llama.cpp server")
class Plan(unittest.TestCase):
    def test_the_buffers_are_those_that_a_real_server_logs(self):
        real_model()
        with tempfile.TemporaryDirectory() as directory:
            for name in CASES:
                with self.subTest(name):
                    rows = compare(name, directory)
                    print("figure: " + name + ": " + "; ".join(
                        f"{what} {reckoned / 2**20:.2f} MiB, logged {logged / 2**20:.2f} ({reckoned / logged - 1:+.1%})"
                        for what, reckoned, logged in rows))
                    for what, reckoned, logged in rows:
                        self.assertGreater(logged, 0, f"{what} of {name} is not in the log")
                        low, high = (0.9, 1.6) if what == "compute" else (0.95, 1.05)
                        self.assertGreater(reckoned, low * logged, what)
                        self.assertLess(reckoned, high * logged, what)

    def test_the_known_shape_of_gemma3_270m_has_the_size_of_the_real_file(self):
        path = real_model()
        real = run("plan", path, "--json")["model"]
        known = run("plan", "gemma3:270m", "--quant", "Q4_K_M", "--ram", "16G", "--json")["model"]
        self.assertEqual(real["parameters"], known["parameters"])
        self.assertLess(abs(known["bytes"] / real["bytes"] - 1), 0.01)
        self.assertEqual(re.sub(r"\D", "", str(real["trained_context"])), str(known["trained_context"]))

    def test_a_model_lies_on_two_real_rpc_servers_as_it_was_planned(self):
        real_model()
        with tempfile.TemporaryDirectory() as directory:
            even = Path(directory) / "even.gguf"
            gguf.model(even, **GQA | {"layers": 13})
            for path, most in ((even, 0.05), (real_model(), 0.05)):
                with self.subTest(path.name):
                    self.check_layers(path, Path(directory), most)

    def check_layers(self, path, directory, most):
        """The first machine's own device is played by an RPC server too: there is no GPU here."""
        plan = run("plan", path, "--ctx", 4096, "--batch", 512, "--across", "studio32,mini16", "--json")
        self.assertTrue(plan["fits"])
        shares = plan["shares"]
        with real_llama.RpcServer() as first, real_llama.RpcServer() as second:
            arguments = ["--rpc", f"{first.address},{second.address}", "-ngl", 999, "-c", 4096, "-np", 1, "-ub", 512,
                         "--tensor-split", ",".join(str(share["layers"]) for share in shares)]
            with real_llama.Server(path, *arguments, log_path=directory / "log") as server:
                log = server.log()
                for index, rpc in enumerate((first, second)):
                    layers = len(re.findall(rf"assigned to device RPC{index}\b", log))
                    self.assertEqual(layers, shares[index]["layers"])
                    weights = server.mib(rf"{rpc.address}\] model buffer")
                    cache = server.mib(rf"{rpc.address}\] KV buffer")
                    print(f"figure: {path.name} on RPC server {index + 1}: {layers} layers; weights "
                          f"{shares[index]['weights_bytes'] / 2**20:.2f} MiB, logged {weights / 2**20:.2f}; KV cache "
                          f"{shares[index]['cache_bytes'] / 2**20:.2f} MiB, logged {cache / 2**20:.2f}")
                    self.assertLess(abs(shares[index]["weights_bytes"] / weights - 1), most)
                    self.assertLess(abs(shares[index]["cache_bytes"] / cache - 1), 0.05)
                request = urllib.request.Request(server.url("/completion"), method="POST",
                                                 data=json.dumps({"prompt": "The capital of", "n_predict": 4}).encode())
                answer = json.load(urllib.request.urlopen(request, timeout=60))
                self.assertGreater(answer["tokens_predicted"], 0)


if __name__ == "__main__":
    unittest.main()
