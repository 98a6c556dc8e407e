"""A real uv, from the package of uv.txt, once into build/tools/uv.

real_uv.py    prints where it is
"""

import fcntl
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from packages import Missing, fetch

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "build" / "tools" / "uv"


def make(program):
    """Whole or not at all; who comes at the same time waits."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with open(PLACE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program.exists():
            return
        wheel, = fetch(ROOT / "scripts" / "uv.txt", PLACE / "wheels")
        program.parent.mkdir(parents=True, exist_ok=True)
        part = program.with_name("part")
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
            part.write_bytes(archive.read(name))
        part.chmod(0o755)
        part.rename(program)


def find():
    """Its path; Missing when it cannot be had here."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise Missing("the packaged uv is for Linux on x86_64")
    program = PLACE / "bin" / "uv"
    if not program.exists():
        make(program)
    said = subprocess.run([str(program), "--version"], text=True, capture_output=True, timeout=60, check=False)
    if said.returncode != 0:
        raise Missing("the packaged uv does not run here: " + said.stderr.strip()[:200])
    return program


if __name__ == "__main__":
    try:
        print(find())
    except Missing as why:
        sys.exit(str(why))
