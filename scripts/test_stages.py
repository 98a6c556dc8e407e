"""The stages of `make test`, in order, a line each; whatever fails is printed whole.

The last line is `N passed, N failed`: test cases of all programs together. Exit status 1 on any
failure, when a stage that must have tests ran none, and when one skipped more than it may.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import test_apart

ROOT = Path(__file__).resolve().parent.parent
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    # The load of the tests forks children that have threads too, as what it stands for does.
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1:die_after_fork=0",
}
REPORTS_SHOWN = 5
REPORT_CHARACTERS = 6000  # a race has two stacks, and where both threads came from
# Programs with more than one thread: the only ones in which TSan has anything to see.
THREADED = ("serve", "app", "client")
# Asio takes minutes to compile with sanitizers, so these are sanitised only by --deep.
WITH_ASIO = ("serve", "app", "client", "fuzz")
# These simulate hours or wait for real processes: with sanitizers that takes minutes each.
LONG_SANITISED = ("decide", "sense", "act", "soak")
LONGEST = ("soak", "client", "decide")  # the longest first, or the last one runs alone
SANITISED_SOAK_TICKS = 5_000
SOAK_TICKS = 250_000  # more, for hours: M1OPT_SOAK_TICKS=1000000 build/fault/tests/test_soak
MUTANTS_EVERY = 16  # `make mutants` tries them all, which takes too long for --deep
# The most tests that a stage may skip: as root who may make namespaces, and else; without a row none. Root misses what
# needs the tools of `make macos` (10), and what is slow (9) or, deep, needs elogind (1) or packages that cannot be had,
# a real llama-server (3) and uv (2). Everybody may miss what bootstrap does not install, a YAML parser, systemd-analyze
# and dconf, and a kernel's autogroups.
OPTIONAL = 4
MAY_SKIP = {
    "unit and contract": (0, 48),
    "meta, e2e": (22 + OPTIONAL, 112 + OPTIONAL),
    "meta, e2e, all": (19 + OPTIONAL, 112 + OPTIONAL),
    "unit, ASan and UBSan": (0, 48),
    "unit sanitised, soak": (0, 48),
    "e2e, ASan and UBSan": (17 + OPTIONAL, 85 + OPTIONAL),
    "e2e, TSan": (17 + OPTIONAL, 85 + OPTIONAL),
}


class Tally:
    """What a stage or the whole run came to."""

    def __init__(self, passed=0, failed=0, skipped=0, skips=()):
        self.passed, self.failed, self.skipped = passed, failed, skipped
        self.skips = list(skips)  # (test, reason); of Catch2 also those that are left out and count as passed

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.skips += other.skips

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def run(command, timeout, **extra_env):
    """Exit status and output of a command, both streams together; 124 when it took too long."""
    env = {**os.environ, **SANITIZER_OPTIONS, **extra_env}
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, timeout=timeout, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as stopped:
        output = (stopped.output or b"").decode(errors="replace")
        return 124, output + f"\nstopped after {timeout} s\n"


def with_reports(stage, work):
    """The tally of work(ENVIRONMENT), in which sanitizers write to files: of a daemon that dies of one when its test
    has seen enough nobody else would know. Each report is a failure of the stage."""
    with tempfile.TemporaryDirectory(prefix="m1opt-reports-") as place:
        os.chmod(place, 0o1777)  # tests run programs as other users, too
        tally = work({name: f"{options}:log_exe_name=1:log_path={place}/report" for name, options in SANITIZER_OPTIONS.items()})
        reports = sorted(Path(place).iterdir())
        for report in reports[:REPORTS_SHOWN]:
            text = report.read_text(errors="replace")
            cut = "" if len(text) <= REPORT_CHARACTERS else f"\n({len(text)} characters in all)"
            print(f"---- {stage}, {report.name}\n{text[:REPORT_CHARACTERS]}{cut}")
        if reports:
            tally.failed += len(reports)
            print(f"---- {stage}: {len(reports)} reports of sanitizers", flush=True)
    return tally


def print_figures(output):
    """What a test found and a reader may want to quote stands in lines of its own."""
    for line in output.splitlines():
        if line.startswith(("figure: ", "slowest: ")):
            print(line, flush=True)


def catch2_skips(output):
    """A test that cannot run here warns "left out: REASON"; its name stands between lines of dashes above that."""
    name, skips = "?", []
    lines = output.splitlines()
    for number, line in enumerate(lines):
        after = lines[number + 2] if number + 2 < len(lines) else ""
        if line.startswith("-" * 70) and after and not after.startswith("." * 70):
            name = lines[number + 1].strip()
        elif said := re.match(r"\s+left out: (.*)", line):
            skips.append((name, said[1]))
    return skips


def catch2_tally(status, output):
    """Counts test cases in the last lines of a Catch2 program, version 2 or 3."""
    tally = Tally()
    if match := re.search(r"All tests passed \(.* in (\d+) test cases?\)", output):
        tally.passed = int(match[1])
    for line in re.findall(r"^test cases: .*", output, re.MULTILINE):
        found = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped)", line)}
        tally = Tally(found.get("passed", 0), found.get("failed", 0), found.get("skipped", 0))
    tally.skips = catch2_skips(output)
    if status != 0 and tally.failed == 0:
        tally.failed = 1  # it crashed, or a sanitizer stopped it
    elif status == 0 and tally.passed + tally.failed == 0 and "No tests ran" not in output:
        tally.passed = 1  # some other program: it counts as one
    return tally


def unittest_tally(status, output):
    """Counts the cases of a `python3 -m unittest` run."""
    # The last: what a test that failed printed has such lines of its own.
    ran = re.findall(r"^Ran (\d+) tests? in", output, re.MULTILINE)
    if not ran:
        return Tally(failed=1)
    ended = re.findall(r"^(?:OK|FAILED|NO TESTS RAN)(.*)$", output, re.MULTILINE)
    counts = dict(re.findall(r"(\w+)=(\d+)", ended[-1] if ended else ""))
    bad = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
    skipped = int(counts.get("skipped", 0))
    if status not in (0, 5) and bad == 0:  # 5: no tests, from Python 3.12 on
        bad = 1
    skips = re.findall(r"^skipped: (\S+): (.*)$", output, re.MULTILINE)
    return Tally(max(0, int(ran[-1]) - bad - skipped), bad, skipped, skips)


def build(kind, *targets):
    status, output = run(["sh", "scripts/build", kind, *targets], timeout=3600)
    if status != 0:
        print(output)
    return Tally(failed=int(status != 0))


def ctest_commands(build_dir, only):
    listing = subprocess.run(["ctest", "--show-only=json-v1", "--test-dir", build_dir], cwd=ROOT,
                             stdout=subprocess.PIPE, check=True)
    for test in json.loads(listing.stdout)["tests"]:
        if "command" in test and (only is None or test["name"] in only):
            yield test["name"], test["command"]


def temporary_in_memory():
    """For programs that sync journals thousands of times, which takes minutes on a disk that others use."""
    memory = Path("/dev/shm")
    return {"TMPDIR": str(memory)} if memory.is_dir() and os.access(memory, os.W_OK) else {}


class Programs(NamedTuple):
    """Test programs of a build that CMake knows: all of them, or those named."""

    kind: str
    only: tuple | None = None
    environment: dict = {}

    def commands(self):
        for name, command in ctest_commands(f"build/{self.kind}", self.only):
            yield self, name, command


def run_programs(*sets):
    """As many at once as there are cores, those first that take long."""
    total = Tally()
    rows = sorted((row for programs in sets for row in programs.commands()),
                  key=lambda row: LONGEST.index(row[1]) if row[1] in LONGEST else len(LONGEST))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(test_apart.timed, run, command, 1800, **programs.environment, **temporary_in_memory()):
                (name, programs.kind) for programs, name, command in rows}
        times = {}
        for job in concurrent.futures.as_completed(jobs):
            (status, output), times[" ".join(jobs[job])] = job.result()
            tally = catch2_tally(status, output)
            total.add(tally)
            print_figures(output)
            if tally.failed:
                name, kind = jobs[job]
                print(f"---- {name} ({kind}), exit status {status}\n{output}")
    print(test_apart.slowest(times), flush=True)
    return total


def run_apart(kind, deep, *folders, **environment):
    """The Python tests of these folders, with the programs of a build."""
    directory = ROOT / "build" / kind
    programs = {path.name: path for path in directory.rglob("m1opt*") if path.is_file()}
    status, output = run([sys.executable, "scripts/test_apart.py", *folders], 3000 if deep else 600,
                         PYTHONDONTWRITEBYTECODE="1", M1OPT_BUILD=str(directory),
                         M1OPTD=str(programs["m1optd"]), M1OPTCTL=str(programs["m1optctl"]),
                         M1OPT_STANDIN=str(programs["m1opt_standin"]),
                         M1OPT_HOG=str(programs["m1opt_hog"]), M1OPT_DEEP="1" if deep else "", **environment)
    tally = unittest_tally(status, output)
    print_figures(output)
    if tally.failed:
        print(f"---- {' and '.join(folders)}, exit status {status}\n{output}")
    return tally


def run_check(command, pattern, timeout):
    """A check of its own, whose last line says by `pattern` how many things it went through."""
    status, output = run(command, timeout)
    found = re.findall(pattern, output, re.MULTILINE)
    tally = Tally(passed=int(found[-1]) if found and status == 0 else 0, failed=int(status != 0))
    if tally.failed:
        print(f"---- {' '.join(command)}, exit status {status}\n{output}")
    return tally


def mutants():
    return run_check(["scripts/mutants", "--every", str(MUTANTS_EVERY)], r"^(\d+) caught", 3600)


def sanitised(name, work, must_have_tests):
    return name, lambda: with_reports(name, work), must_have_tests


def stages(deep):
    """Name, work, and whether the stage is worthless without tests."""
    yield "build", lambda: build("fault", "all"), False
    yield "unit and contract", lambda: run_programs(Programs("fault", None, {"M1OPT_DEEP": "1" if deep else ""})), True
    # Beside each other: the one takes the cores while the other waits.
    yield "meta, e2e" + (", all" if deep else ""), lambda: run_apart("fault", deep, "meta", "e2e"), True
    if deep:
        yield "build sanitised", lambda: build("asan", "all"), False
        yield "build for TSan", lambda: build("tsan", "all"), False
        yield sanitised("unit sanitised, soak", lambda log: run_programs(
            Programs("fault", ("soak",), {"M1OPT_SOAK_TICKS": str(SOAK_TICKS)}),
            Programs("asan", None, {"M1OPT_SOAK_TICKS": str(SANITISED_SOAK_TICKS), **log}),
            Programs("tsan", THREADED, log)), True)
        yield sanitised("e2e, ASan and UBSan", lambda log: run_apart("asan", False, "e2e", **log), False)
        yield sanitised("e2e, TSan", lambda log: run_apart("tsan", False, "e2e", **log), False)
        yield "build for fuzzing", lambda: build("fuzz", "fuzz_targets"), False
        yield "fuzz, 30 s a target", lambda: run_check(["scripts/fuzz", "30"], r"^(\d+) targets", 3600), True
        yield f"mutants, every {MUTANTS_EVERY}th", mutants, True
        yield "lint", lambda: run_check(["scripts/lint"], r"^(\d+) files", 3600), True
        if sys.platform == "linux":  # a Mac's own build is the one above
            yield "macOS", lambda: run_check(["scripts/macos"], r"(\d+) programs", 3600), True
        return
    quick = [name for name, _ in ctest_commands("build/fault", None) if name not in WITH_ASIO + LONG_SANITISED]
    yield "build sanitised", lambda: build("asan", *(f"test_{name}" for name in quick)), False
    yield sanitised("unit, ASan and UBSan", lambda log: run_programs(Programs("asan", tuple(quick), log)), True)


def check_skips(stage, tally):
    """A line for each reason; more than the stage may skip is a failure that names them all."""
    for reason, count in sorted(collections.Counter(reason for _, reason in tally.skips).items()):
        print(f"skipped, {count} x {reason}", flush=True)
    if sys.platform != "linux":
        return  # elsewhere what only Linux has is skipped; nobody has counted it there
    allowed = MAY_SKIP.get(stage, (0, 0))[0 if test_apart.can_isolate() else 1]
    if len(tally.skips) > allowed:
        tally.failed += 1
        print(f"---- {stage}: {len(tally.skips)} tests skipped, at most {allowed} may (MAY_SKIP in this runner)")
        for test, reason in sorted(tally.skips):
            print(f"{test}: {reason}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/test", description="Builds and runs the tests.")
    parser.add_argument("--deep", action="store_true", help="also all e2e tests, and TSan")
    deep = parser.parse_args().deep
    total = Tally()
    for name, work, must_have_tests in stages(deep):
        started = time.monotonic()
        tally = work()
        check_skips(name, tally)
        seconds = time.monotonic() - started
        if must_have_tests and tally.passed + tally.failed == 0:
            tally.failed = 1
            print(f"---- {name}: no test ran")
        built = name.startswith("build")
        result = ("failed" if tally.failed else "done") if built else str(tally)
        print(f"{name:22} {seconds:7.1f} s  {result}", flush=True)
        total.add(tally)
        if built and tally.failed:
            break  # what follows would test an older build
    print(f"{total.passed} passed, {total.failed} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
