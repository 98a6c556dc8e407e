"""How long `m1optctl plan` takes to read what a model's file of 100 GB says of itself."""

import os
import subprocess
import sys
import time

LEAST = 100_000_000_000
LAYERS, WIDTH, FEED, WORDS = 80, 8192, 24576, 128256
KNOWN = "llama3.3:70b"


def write_model(path, gguf):
    """Llama's shape with as many words and merges as a real one has; the weights are a hole. Bytes of the header."""
    metadata = {"general.architecture": "llama", "llama.block_count": LAYERS, "llama.context_length": 131072,
                "llama.embedding_length": WIDTH, "llama.feed_forward_length": FEED, "llama.attention.head_count": 64,
                "llama.attention.head_count_kv": 8, "llama.vocab_size": WORDS, "tokenizer.ggml.model": "gpt2",
                "tokenizer.ggml.tokens": [f"token{i}" for i in range(WORDS)], "tokenizer.ggml.token_type": [1] * WORDS,
                "tokenizer.ggml.merges": [f"tok{i} en{i}" for i in range(280_147)]}
    shapes = {"attn_q": (WIDTH, WIDTH), "attn_k": (WIDTH, 1024), "attn_v": (WIDTH, 1024), "attn_output": (WIDTH, WIDTH),
              "ffn_gate": (WIDTH, FEED), "ffn_up": (WIDTH, FEED), "ffn_down": (FEED, WIDTH)}
    tensors = {name: ((WIDTH, WORDS), gguf.TYPE_F16) for name in ("token_embd.weight", "output.weight")}
    tensors |= {f"blk.{layer}.{name}.weight": (shape, gguf.TYPE_F16)
                for layer in range(LAYERS) for name, shape in shapes.items()}
    head, weights = gguf.header(metadata, tensors)
    path.write_bytes(head)
    os.truncate(path, len(head) + weights)
    assert len(head) + weights >= LEAST
    return len(head)


def seconds_of(command):
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def measure(client, directory, root, count):
    """Bytes of the file and of its header, and pairs of seconds: `plan` of the file, and of a model without one."""
    sys.path.insert(0, str(root / "tests" / "e2e"))
    import gguf  # pylint: disable=import-outside-toplevel
    path = directory / "large.gguf"
    header = write_model(path, gguf)
    plans = [[str(client), "plan", model, "--ram", "512G", "--os", "macos"] for model in (str(path), KNOWN)]
    return path.stat().st_size, header, [[seconds_of(plan) for plan in plans] for _ in range(count)]
