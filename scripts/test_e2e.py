"""Runs the end-to-end tests, each in a process of its own, several at once where that is possible.

As root on Linux each gets a PID namespace: a daemon then sees only its own test's processes, on the real
kernel. Without one they run one after another, since every daemon would act on the others' targets. Tests of
a class with `alone = True` measure, so nothing runs beside them. Closes like unittest does.
"""

import concurrent.futures
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "e2e"
AT_ONCE = 4  # they wait more than they work
TEST_S = 300
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def leaves(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from leaves(test)
        else:
            yield test


def can_isolate():
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except OSError:
        return False


def run_one(name, isolated):
    """Exit status and output of one test."""
    command = [*(NAMESPACE if isolated else []), sys.executable, "-m", "unittest", name]
    try:
        done = subprocess.run(command, cwd=FOLDER, text=True, errors="replace", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TEST_S, check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        return 124, (late.output or b"").decode(errors="replace") + f"\n{name}: stopped after {TEST_S} s\n"


def main():
    sys.path.insert(0, str(FOLDER))
    tests = list(leaves(unittest.defaultTestLoader.discover(str(FOLDER), pattern="*_test.py")))
    isolated = can_isolate()
    alone = [test for test in tests if getattr(test, "alone", False)]
    together = [test for test in tests if test not in alone]
    started = time.monotonic()
    failed = skipped = 0
    for batch, at_once in ((together, AT_ONCE if isolated else 1), (alone, 1)):
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            jobs = {pool.submit(run_one, test.id(), isolated): test.id() for test in batch}
            for job in concurrent.futures.as_completed(jobs):
                status, output = job.result()
                skipped += status == 0 and "OK (skipped=" in output
                if status != 0:
                    failed += 1
                    print(f"---- {jobs[job]}, exit status {status}\n{output}")
    print(f"Ran {len(tests)} tests in {time.monotonic() - started:.1f}s\n")
    counts = ", ".join(f"{word}={count}" for word, count in (("failures", failed), ("skipped", skipped)) if count)
    print(("FAILED" if failed else "OK") + (f" ({counts})" if counts else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main())
