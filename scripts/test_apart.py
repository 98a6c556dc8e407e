"""Runs the Python tests, meta and end-to-end, each in a process of its own and several at once.

As root on Linux an end-to-end test gets a PID namespace: a daemon then sees only its own test's processes, on
the real kernel. Without one they run one after another, since every daemon would act on the others' targets.
Tests of a class with `alone = True` measure, so nothing runs beside them. Closes like unittest does.

test_apart.py [meta] [e2e]
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import time
import unittest
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent.parent / "tests"
E2E_AT_ONCE = 6  # they wait more than they work
TEST_S = 900 if os.environ.get("M1OPT_DEEP") else 300  # the whole crash matrix takes five minutes
SLOWEST = 5  # shown
# A test that hangs says where before it is ended. In the background of a script interrupts are ignored, and so they
# would be by all that a test starts.
RUN_ONE = f"""import faulthandler, signal, sys, unittest
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
faulthandler.dump_traceback_later({TEST_S - 10}, exit=True)
unittest.main(module=None, argv=["unittest", "--verbose", *sys.argv[1:]])"""
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


class Test(NamedTuple):
    folder: Path
    name: str
    alone: bool

    def run(self, prefix):
        """Exit status and output."""
        command = [*prefix, sys.executable, "-c", RUN_ONE, self.name]
        try:
            done = subprocess.run(command, cwd=self.folder, text=True, errors="replace", stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TEST_S, check=False)
            return done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            return 124, (late.output or b"").decode(errors="replace") + f"\nstopped after {TEST_S} s\n"


def timed(work, *arguments, **named):
    """What it gives, and the seconds that it took."""
    began = time.monotonic()
    return work(*arguments, **named), time.monotonic() - began


def slowest(times):
    """Of {name: seconds}, in a line: what to shorten first."""
    worst = sorted(times.items(), key=lambda item: -item[1])[:SLOWEST]
    return "slowest: " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in worst)


def leaves(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from leaves(test)
        else:
            yield test


def tests_of(folder):
    loader = unittest.TestLoader()
    found = leaves(loader.discover(str(folder), pattern="*_test.py", top_level_dir=str(folder)))
    return [Test(folder, test.id(), getattr(test, "alone", False)) for test in found]


def why_skipped(output):
    """From what unittest says of one test."""
    said = re.search(r"\.\.\. skipped (['\"])(.*)\1$", output, re.MULTILINE)
    return said[2] if said else "it does not say why"


def can_isolate():
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except OSError:
        return False


class Run:
    def __init__(self):
        self.ran = self.failed = self.skipped = 0
        self.times = {}

    def note(self, test, status, output, seconds):
        self.ran += 1
        self.times[test.name] = seconds
        if status == 0:
            if "OK (skipped=" in output:
                self.skipped += 1
                print(f"skipped: {test.name}: {why_skipped(output)}", flush=True)
            # The first stands behind the name of the test, which unittest has left without an end.
            for figure in re.findall(r"^(?:.* \.\.\. )?(figure: .*)", output, re.MULTILINE):
                print(figure, flush=True)
        if status != 0:
            self.failed += 1
            print(f"---- {test.name}, exit status {status}\n{output}")

    def all(self, pools):
        """Each pool is (tests, how many at once, what each command begins with); the pools run beside each other."""
        executors = [concurrent.futures.ThreadPoolExecutor(at_once) for _, at_once, _ in pools]
        jobs = {executor.submit(timed, test.run, prefix): test
                for executor, (tests, _, prefix) in zip(executors, pools) for test in tests}
        for job in concurrent.futures.as_completed(jobs):
            (status, output), seconds = job.result()
            self.note(jobs[job], status, output, seconds)


def main(names):
    tests = [test for name in names for test in tests_of(TESTS / name)]
    prefix = NAMESPACE if can_isolate() else []
    started = time.monotonic()
    run = Run()
    e2e = [test for test in tests if test.folder.name == "e2e"]
    run.all([([test for test in tests if test not in e2e], os.cpu_count() or 1, []),
             ([test for test in e2e if not test.alone], E2E_AT_ONCE if prefix else 1, prefix)])
    run.all([([test for test in e2e if test.alone], 1, prefix)])
    print(slowest(run.times))
    print(f"Ran {run.ran} tests in {time.monotonic() - started:.1f}s\n")
    counts = ", ".join(f"{word}={count}" for word, count in (("failures", run.failed), ("skipped", run.skipped)) if count)
    print(("FAILED" if run.failed else "OK") + (f" ({counts})" if counts else ""))
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.exit(main(sys.argv[1:] or ["meta", "e2e"]))
