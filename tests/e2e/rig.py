"""A real m1optd in a temp directory, with real throw-away processes under the names of its targets."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import demo_daemon  # noqa: E402
import demo_proof  # noqa: E402

BUILD = Path(os.environ.get("M1OPT_BUILD", ROOT / "build" / "release"))
M1OPTD = Path(os.environ.get("M1OPTD", BUILD / "daemon" / "m1optd"))
M1OPTCTL = Path(os.environ.get("M1OPTCTL", BUILD / "client" / "m1optctl"))
SANITISED = BUILD.name in ("asan", "tsan")  # so its times and its memory say nothing
PATIENCE = 5 if SANITISED else 1
HOG = BUILD / "tests" / "tools" / "m1opt_hog"
STANDIN = BUILD / "tests" / "tools" / "m1opt_standin"

LINUX = sys.platform == "linux"
# Without CAP_SYS_NICE a lower priority could not be taken back, so the daemon leaves priorities alone.
with_nice = unittest.skipIf(os.geteuid() != 0, "needs root: priorities are only set where they can be taken back")
WITHOUT_NICE = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"] if os.geteuid() == 0 else []

# The shipped rules with short times, so that a test takes seconds.
QUICK = {
    "profile": "none",  # the same on every machine
    "sampling": {"busy_period_s": 0.25, "idle_period_s": 1},
    # A test may kill its daemon as often as it likes.
    "limits": {"quiet_s": 3, "post_action_s": 0.5, "cooldown_s": 1, "max_crashes": 1000},
}
CONTENTION_BACKGROUND = {"name": "contention", "ladder": ["background"]}


def quick_contention(ladder):
    """The shipped contention rule, quick, with another ladder, and low: beside a workload that is raised, on a machine
    that builds as well, a hog gets a few percent of one core."""
    return {"name": "contention", "needs": "busy", "ladder": ladder,
            "any": [{"all": [{"metric": "targets_cpu_percent", "enter": 1, "exit": 0.3, "hold_s": 0.5,
                              "exit_hold_s": 2}]}]}


def within(seconds, condition):
    """True as soon as the condition holds; False when it does not within that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


# These look at threads, session groups, descriptors or system calls by means that only Linux has.
on_linux = unittest.skipUnless(LINUX, "asks /proc or strace, which only Linux has")


def why_no_faults():
    """Why no step of the daemon can be armed (base/fault.h); "" when it can."""
    return "" if b"M1OPT_FAULT" in M1OPTD.read_bytes() else "this build has no fault points (build/fault has)"

# Leaks are looked for by tracing, which cannot be done to a program that is traced already.
STRACE = ["strace", "-E", f"ASAN_OPTIONS={os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0", "-qq"]


def ps(*arguments):
    """The lines of ps."""
    return subprocess.run(["ps", *arguments], text=True, capture_output=True, check=False).stdout.splitlines()


def state_of(pid):
    """The kernel's letter (R, S, T ...), '-' when there is no such process."""
    if not LINUX:
        said = "".join(ps("-o", "state=", "-p", str(pid))).strip()
        return said[0].replace("I", "S").replace("U", "D") if said else "-"
    text = demo_proof.read(f"/proc/{pid}/stat")
    return demo_proof.stat_fields(text)[0] if text else "-"


def threads_of(pid):
    """Scheduling of every thread of a process, by tid."""
    process = demo_proof.read_process(pid) if LINUX else None
    return process.threads if process else {}


def autogroup_nice(pid):
    process = demo_proof.read_process(pid)
    return process.autogroup if process else None


def open_files(pid):
    """What each descriptor of a process stands for; one that is closed meanwhile is left out."""
    places = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            places.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
    return places


def runs_again(pid):
    return state_of(pid) in "RSD"


class Child:
    """One process under a name of our choosing, in a session of its own."""

    def __init__(self, directory, program, name, arguments, **options):
        place = directory / name
        if not place.exists():
            shutil.copy2(program, place)
        self.process = subprocess.Popen([str(place), *arguments], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True, **options)
        self.pid = self.process.pid
        self.start = None
        if LINUX:
            within(2, lambda: os.path.realpath(f"/proc/{self.pid}/exe") == str(place))

    def end(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class E2eTest(unittest.TestCase):
    """Starts a daemon for each test, and proves after each that nothing is left."""

    overlay = QUICK

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="m1opt-e2e-"))
        self.directory.chmod(0o755)
        self.children = []
        self.daemon = demo_daemon.Daemon(M1OPTD, self.directory)
        self.write_overlay(self.overlay)

    def tearDown(self):
        self.daemon.stop()
        left = [f"{c.pid} is {state_of(c.pid)}" for c in self.children if state_of(c.pid) == "T"]
        for child in self.children:
            child.end()
        log = self.daemon.places["--log-file"]
        text = log.read_text(errors="replace") if log.exists() else ""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.assertEqual(left, [], f"left stopped\n{text}")

    # What there is

    def write_overlay(self, overlay):
        place = self.directory / "conf.d"
        place.mkdir(exist_ok=True)
        (place / "10-test.json").write_text(json.dumps(overlay))

    def start(self, prefix=()):
        self.daemon.start(prefix)

    def hog(self, name="photoanalysisd", *arguments, **options):
        child = Child(self.directory, HOG, name, list(arguments) or ["--cpu", "2", "--seconds", "60"], **options)
        self.children.append(child)
        return child

    def model(self, name="llama-server", *arguments, **options):
        ends = [] if "--seconds" in arguments else ["--seconds", "60"]
        child = Child(self.directory, STANDIN, name, [*ends, *arguments], **options)
        self.children.append(child)
        return child

    def ctl(self, *arguments, timeout=20):
        return subprocess.run([str(M1OPTCTL), "--socket", str(self.daemon.places["--socket"]), *arguments],
                              text=True, capture_output=True, timeout=timeout, check=False)

    def recover(self, *prefix, words=()):
        return subprocess.run([*prefix, str(M1OPTD), "--recover", *words, "--state-dir",
                               str(self.daemon.places["--state-dir"])], text=True, capture_output=True,
                              timeout=20, check=False)

    # What it says

    def status(self):
        return self.daemon.get("/v1/status")

    def holds(self, kind=None):
        return [hold for hold in self.status()["holds"] if kind in (None, hold["kind"])]

    def held_pids(self, kind=None):
        return {hold["process"]["pid"] for hold in self.holds(kind)}

    def guardian_pid(self):
        return self.status()["guardian"]["pid"]

    def events(self):
        return self.daemon.get("/v1/events?limit=500")["events"]

    # What is done

    def suspend(self, child, name="photoanalysisd", seconds=60):
        """A manual hold, proven from the kernel's side; a process takes a stop only when it gets a processor."""
        answer = self.daemon.post("/v1/targets/suspend", {"name": name, "for_s": seconds})
        self.assertTrue(within(15, lambda: state_of(child.pid) == "T"), answer)
        return answer

    def wait_background(self, child, seconds=15):
        self.assertTrue(within(seconds, lambda: threads_of(child.pid) and all(
            thread.policy == "IDLE" for thread in threads_of(child.pid).values())), self.why())

    def why(self):
        """For the message of a failed check."""
        status = self.status()
        said = [status["headline"]]
        said += [f"hold: {hold}" for hold in status["holds"]]
        said += [f"workload: {row['name']} {row['state']} ({row['state_source']})" for row in status["workloads"]]
        said += [f"rule: {rule['name']}: {rule['text']}; {rule.get('obstacle') or 'no obstacle'}"
                 for rule in self.daemon.get("/v1/rules")["rules"]]
        said += [f"target: {process}" for row in self.daemon.get("/v1/targets")["targets"]
                 for process in row["processes"]]
        said += [f"event: {event['text']}" for event in self.events()]
        return "\n".join(said)

    def assert_as_before(self, child):
        """Every thread of it runs with the values of a process nobody touched."""
        self.assertTrue(runs_again(child.pid), state_of(child.pid))
        for tid, thread in threads_of(child.pid).items():
            self.assertEqual((thread.policy, thread.nice, thread.ioprio, thread.stopped),
                             ("OTHER", 0, 0, False), f"thread {tid}")
        if LINUX:
            self.assertEqual(autogroup_nice(child.pid), "0")
