"""Writes GGUF files that llama.cpp loads: the shape of a real model's layers, small, with random weights."""

import random
import struct

U32, I32, F32, BOOL, TEXT, ARRAY = 4, 5, 6, 7, 8, 9
TYPE_F32, TYPE_F16 = 0, 1
ALIGNMENT = 32


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def scalar(value):
    """(type, bytes): a bool, a whole number as u32, a float as f32, a text."""
    if isinstance(value, bool):
        return BOOL, struct.pack("<B", value)
    if isinstance(value, int):
        return U32, struct.pack("<I", value)
    if isinstance(value, float):
        return F32, struct.pack("<f", value)
    return TEXT, text(value)


def pack(value):
    if not isinstance(value, list):
        kind, data = scalar(value)
        return struct.pack("<I", kind) + data
    kinds = {scalar(member)[0] for member in value}
    assert len(kinds) == 1, "a list is of one type"
    return (struct.pack("<IIQ", ARRAY, kinds.pop(), len(value)) +
            b"".join(scalar(member)[1] for member in value))


def weights(count, kind, rng):
    """Small numbers, the same few thousand over and over: nobody asks what the model says."""
    piece = [rng.gauss(0, 0.02) for _ in range(4096)]
    letter = "f" if kind == TYPE_F32 else "e"
    block = struct.pack(f"<{len(piece)}{letter}", *piece)
    size = count * struct.calcsize(f"<{letter}")
    return (block * (size // len(block) + 1))[:size]


def elements(dims):
    count = 1
    for dim in dims:
        count *= dim
    return count


def header(metadata, tensors):
    """Bytes of it with its padding, and of the weights behind it."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(text(key) + pack(value) for key, value in metadata.items())
    offset = 0
    for name, (dims, kind) in tensors.items():
        head += text(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims)
        head += struct.pack("<IQ", kind, offset)
        size = elements(dims) * (4 if kind == TYPE_F32 else 2)
        offset += size + -size % ALIGNMENT
    return head + bytes(-len(head) % ALIGNMENT), offset


def write(path, metadata, tensors, data=True):
    """tensors: {name: (dims, type)}, the first dim is the length of a row."""
    rng = random.Random(1)
    with open(path, "wb") as file:
        file.write(header(metadata, tensors)[0])
        for dims, kind in tensors.values() if data else ():
            blob = weights(elements(dims), kind, rng)
            file.write(blob + bytes(-len(blob) % ALIGNMENT))


def vocabulary(metadata, size):
    """Tokens of the kind that needs no merges: bytes, and names that nobody writes."""
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [f"word{i}" for i in range(size - len(tokens))]
    metadata |= {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens,
                 "tokenizer.ggml.scores": [0.0] * size,
                 "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2,
                 "tokenizer.ggml.unknown_token_id": 0}
    return tokens


def model(path, arch="llama", layers=4, embd=256, heads=4, kv=2, key=64, ff=512, vocab=320, context=8192,
          window=None, extra=None, data=True):
    """kv: the same number for all layers, or a list with one for each."""
    metadata = {"general.architecture": arch, "general.name": "made up", "general.file_type": 0,
                f"{arch}.context_length": context, f"{arch}.embedding_length": embd, f"{arch}.block_count": layers,
                f"{arch}.feed_forward_length": ff, f"{arch}.attention.head_count": heads,
                f"{arch}.attention.head_count_kv": kv, f"{arch}.attention.key_length": key,
                f"{arch}.attention.value_length": key, f"{arch}.attention.layer_norm_rms_epsilon": 1e-6,
                f"{arch}.rope.dimension_count": key}
    if window is not None:
        metadata[f"{arch}.attention.sliding_window"] = window
    metadata |= extra or {}
    vocabulary(metadata, vocab)
    # One type 6 (byte) a byte token; 3 is a control token, 1 a normal one.
    tensors = {"token_embd.weight": ([embd, vocab], TYPE_F16), "output_norm.weight": ([embd], TYPE_F32)}
    for layer in range(layers):
        tensors |= block(layer, arch, embd, heads, kv[layer] if isinstance(kv, list) else kv, key, ff)
    write(path, metadata, tensors, data)


def block(layer, arch, embd, heads, kv, key, ff):
    name = f"blk.{layer}."
    feed_forward = {name + "ffn_norm.weight": ([embd], TYPE_F32),
                    name + "ffn_gate.weight": ([embd, ff], TYPE_F16),
                    name + "ffn_up.weight": ([embd, ff], TYPE_F16),
                    name + "ffn_down.weight": ([ff, embd], TYPE_F16)}
    if kv == 0:  # of deci: a matrix instead of attention
        return {name + "attn_norm.weight": ([embd], TYPE_F32),
                name + "attn_output.weight": ([embd, embd], TYPE_F16)} | feed_forward
    tensors = {name + "attn_norm.weight": ([embd], TYPE_F32),
               name + "attn_q.weight": ([embd, heads * key], TYPE_F16),
               name + "attn_k.weight": ([embd, kv * key], TYPE_F16),
               name + "attn_v.weight": ([embd, kv * key], TYPE_F16),
               name + "attn_output.weight": ([heads * key, embd], TYPE_F16)} | feed_forward
    if arch.startswith("gemma"):
        tensors |= {name + "post_attention_norm.weight": ([embd], TYPE_F32),
                    name + "post_ffw_norm.weight": ([embd], TYPE_F32)}
    if arch in ("gemma3", "qwen3"):
        tensors |= {name + "attn_q_norm.weight": ([key], TYPE_F32), name + "attn_k_norm.weight": ([key], TYPE_F32)}
    return tensors
