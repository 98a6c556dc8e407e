"""m1optctl python: with programs in the place of uv, and with a real uv and a real MLX."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import people
import rig
from rig import within

import real_uv  # of scripts/

DEEP = os.environ.get("M1OPT_DEEP") == "1"
PROBE = rig.ROOT / "client" / "python" / "probe.py"

# Makes a real environment, with the standard library's own means, and packages that only look like themselves.
STANDIN_UV = """#!{python}
import os, subprocess, sys, time
words = sys.argv[1:]
if words == ["--version"]:
    print("uv 0.13.9 (a stand-in)")
elif words == ["cache", "dir"]:
    print({cache!r})
elif words[0] == "venv" and os.path.exists({cache!r} + "/broken"):
    os.makedirs(words[-1] + "/bin")
    open(words[-1] + "/.gitignore", "w").write("*")
    while os.path.exists({cache!r} + "/hang"):
        print(os.getpid(), file=sys.stderr, flush=True)
        time.sleep(0.2)
    print("error: something broke", file=sys.stderr)
    sys.exit(2)
elif words[0] == "venv":
    subprocess.run([{python!r}, "-m", "venv", "--without-pip", words[-1]], check=True)
elif os.path.exists({cache!r} + "/hang"):
    child = subprocess.Popen(["sleep", "300"])
    print(os.getpid(), child.pid, file=sys.stderr, flush=True)
    time.sleep(300)
elif os.path.exists({cache!r} + "/offline"):
    print("error: Request failed after 3 retries\\n  cause: dns error", file=sys.stderr)
    sys.exit(2)
else:
    python = words[words.index("--python") + 1]
    place = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True)
    for source in os.listdir({packages!r}):
        os.symlink(os.path.join({packages!r}, source), os.path.join(place.strip(), source))
    print("Installed 2 packages in 3ms", file=sys.stderr)
"""

MLX_CORE = """
class array:
    def __init__(self, rows): self.rows = rows
    def __matmul__(self, other):
        return array([[sum(a * b for a, b in zip(row, column)) for column in zip(*other.rows)] for row in self.rows])
    def tolist(self): return self.rows
    def item(self): return self.rows
class metal:
    is_available = staticmethod(lambda: False)
def eval(value): pass
def default_device(): return "Device(cpu, 0)"
def device_info(): return {"device_name": "a stand-in", "max_recommended_working_set_size": 1024}
"""
MLX_LM = "load = generate = print\n"
SAMPLE_UTILS = """
import mlx.core as mx
def make_sampler(temp): return lambda rows: mx.array(rows.rows[0].index(max(rows.rows[0])))
"""
TORCH = """
import mlx.core
__version__ = "2.9.0+standin"
class version: cuda = None; hip = None
class backends:
    class mps:
        is_built = is_available = staticmethod(lambda: True)
class cuda:
    is_available = staticmethod(lambda: False)
class tensor(mlx.core.array):
    def __init__(self, rows, device=None): self.rows, self.device = rows, device
    def __matmul__(self, other): return tensor(super().__matmul__(other).rows)
    def cpu(self): return self
"""


def write_packages(place):
    for name, text in (("mlx/core.py", MLX_CORE), ("mlx/__init__.py", ""), ("mlx_lm/__init__.py", MLX_LM),
                       ("mlx_lm/sample_utils.py", SAMPLE_UTILS), ("torch/__init__.py", TORCH)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)


class PythonTest(unittest.TestCase):
    def setUp(self):
        self.place = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        for name in ("bin", "home", "cache", "packages"):
            (self.place / name).mkdir()
        self.environment = {"PATH": f"{self.place / 'bin'}:/usr/bin:/bin", "HOME": str(self.place / "home"),
                            "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}

    def ctl(self, *words, timeout=250, **more):
        return subprocess.run([str(rig.M1OPTCTL), "python", *words], text=True, capture_output=True, timeout=timeout,
                              env={**self.environment, **more}, cwd=self.place, stdin=subprocess.DEVNULL, check=False)


class WithStandIns(PythonTest):
    def setUp(self):
        super().setUp()
        write_packages(self.place / "packages")
        uv = self.place / "bin" / "uv"
        uv.write_text(STANDIN_UV.format(python=sys.executable, cache=str(self.place / "cache"),
                                        packages=str(self.place / "packages")))
        uv.chmod(0o755)

    def test_an_environment_is_made_and_its_packages_compute(self):
        done = self.ctl("setup", "env", "--mlx", "--yes", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["schema"], "m1opt.python_setup/1")
        self.assertEqual(document["directory"], str(self.place / "env"))
        self.assertEqual([finding["result"] for finding in document["findings"]], ["pass", "pass"])
        self.assertGreater(document["size_bytes"], 0)
        self.assertTrue(all(command["duration_s"] > 0 for command in document["commands"]))
        self.assertIn(f"{self.place}/bin/uv venv --python 3.12 {self.place}/env", done.stderr)
        self.assertIn("Installed 2 packages", done.stderr)
        again = self.ctl("setup", "env", "--yes")
        self.assertIn("is an environment already, and is kept", again.stdout)
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_what_is_in_force_is_examined(self):
        self.assertEqual(self.ctl("setup", ".venv", "--mlx", "--yes").returncode, 0)
        done = self.ctl("check", "--json")
        findings = {finding["id"]: finding for finding in json.loads(done.stdout)["findings"]}
        self.assertEqual(findings["python.uv"]["evidence"], f"{self.place}/bin/uv: uv 0.13.9 (a stand-in)")
        self.assertIn("(./.venv), made from", findings["python.environment"]["evidence"])
        self.assertEqual(findings["python.mlx"]["finding"], "MLX computes on the CPU")
        self.assertEqual(findings["python.mlx_lm"]["result"], "pass")
        self.assertEqual(findings["python.torch"]["result"], "pass")
        self.assertEqual(done.returncode, 5 if any(each["result"] == "fail" for each in findings.values()) else 0)

    def test_nothing_is_made_without_being_asked_for(self):
        dry = self.ctl("setup", "env", "--mlx", "--dry-run")
        self.assertEqual(dry.returncode, 0, dry.stderr)
        self.assertIn("uv pip install --python", dry.stdout)
        refused = self.ctl("setup", "env", "--mlx")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("nobody can be asked here", refused.stderr)
        self.assertFalse((self.place / "env").exists())

    def test_without_a_network_it_says_what_is_left_and_goes_on_from_there(self):
        (self.place / "cache" / "offline").touch()
        failed = self.ctl("setup", "env", "--mlx", "--yes")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("there is no network (Request failed after 3 retries; cause: dns error)", failed.stderr)
        self.assertRegex(failed.stderr, f"{self.place}/env is left with .*: the same command goes on from there")
        (self.place / "cache" / "offline").unlink()
        self.assertEqual(self.ctl("setup", "env", "--mlx", "--yes").returncode, 0)

    def test_after_an_environment_was_only_begun_the_same_command_can_be_given_again(self):
        (self.place / "cache" / "broken").touch()
        failed = self.ctl("setup", "env", "--mlx", "--yes")
        self.assertEqual(failed.returncode, 1)
        self.assertIn(f"What uv had begun in {self.place}/env is removed", failed.stderr)
        self.assertNotIn("goes on", failed.stderr)
        self.assertFalse((self.place / "env").exists())
        (self.place / "cache" / "hang").touch()
        running = subprocess.Popen([str(rig.M1OPTCTL), "python", "setup", "env", "--mlx", "--yes"], cwd=self.place,
                                   env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.stderr.close)
        next(line for line in running.stderr if line.strip().isdigit())
        self.assertTrue((self.place / "env" / "bin").exists())
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        self.assertEqual(running.wait(timeout=20), 130)
        self.assertIn("is removed", said)
        for name in ("broken", "hang"):
            (self.place / "cache" / name).unlink()
        self.assertEqual(self.ctl("setup", "env", "--mlx", "--yes").returncode, 0)

    def test_an_interrupt_ends_uv_and_what_it_started(self):
        (self.place / "cache" / "hang").touch()
        running = subprocess.Popen([str(rig.M1OPTCTL), "python", "setup", "env", "--mlx", "--yes"], cwd=self.place,
                                   env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.stderr.close)
        pids = next(line for line in running.stderr if line.strip().replace(" ", "").isdigit()).split()
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        self.assertEqual(running.wait(timeout=20), 130)
        self.assertIn("interrupted.", said)
        self.assertIn(f"rm -r {self.place}/env removes it", said)
        for pid in pids:
            self.assertTrue(within(5, lambda pid=int(pid): rig.state_of(pid) in "-Z"), pid)


@people.as_root
class OfStrangers(PythonTest):
    """An environment of another user's, in a directory that everybody may write to, above the one that is stood in."""

    OWNER = 12345

    def setUp(self):
        super().setUp()
        self.place.chmod(0o755)
        self.marker = self.place / "marks" / "ran"
        self.marker.parent.mkdir()
        self.marker.parent.chmod(0o777)
        shared = self.place / "shared"
        self.work = shared / "work"
        self.work.mkdir(parents=True)
        shared.chmod(0o1777)
        self.environment_of_owner = shared / ".venv"
        # one that other users can start, too
        real = Path(next(path for path in ("/usr/bin/python3", sys.executable) if os.path.exists(path))).resolve()
        version = subprocess.check_output([real, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"], text=True).strip()
        packages = self.environment_of_owner / "lib" / version / "site-packages"
        packages.mkdir(parents=True)
        (packages / "evil.pth").write_text(f"import os; open({str(self.marker)!r}, 'a').write(str(os.geteuid()))\n")
        (self.environment_of_owner / "bin").mkdir()
        (self.environment_of_owner / "bin" / "python").symlink_to(real)
        (self.environment_of_owner / "pyvenv.cfg").write_text(f"home = {real.parent}\n")

    def give_to(self, uid):
        for path in (self.environment_of_owner, *self.environment_of_owner.rglob("*")):
            os.lchown(path, uid, uid)

    def check_as(self, uid, **more):
        become = {"user": uid, "group": uid, "extra_groups": []} if uid else {}
        done = subprocess.run([str(rig.M1OPTCTL), "python", "check", "--json"], text=True, capture_output=True, timeout=250,
                              env={**self.environment, **more}, cwd=self.work, stdin=subprocess.DEVNULL, check=False, **become)
        return {finding["id"]: finding for finding in json.loads(done.stdout)["findings"]}["python.environment"]

    def assert_not_started(self, uid, **more):
        found = self.check_as(uid, **more)
        self.assertFalse(self.marker.exists(), f"uid {uid} ran what is {self.OWNER}'s")
        self.assertEqual(found["result"], "fail", found)
        self.assertIn(f"not started: {self.environment_of_owner} belongs to uid {self.OWNER}", found["evidence"])

    def test_neither_root_nor_another_user_starts_it(self):
        self.give_to(self.OWNER)
        for uid in (0, people.STRANGER):
            self.assert_not_started(uid)
            self.assert_not_started(uid, VIRTUAL_ENV=str(self.environment_of_owner))

    def test_its_owner_starts_it_and_that_would_have_run_what_lies_in_it(self):
        self.give_to(people.STRANGER)
        self.assertNotIn("not started", self.check_as(people.STRANGER)["evidence"])
        self.assertEqual(set(self.marker.read_text()), set(str(people.STRANGER)))


class TheProbe(unittest.TestCase):
    """probe.py, as any interpreter runs it."""

    def probe(self, package, **files):
        with tempfile.TemporaryDirectory() as place:
            write_packages(Path(place))
            for name, text in files.items():
                (Path(place) / name / "__init__.py").write_text(text)
            done = subprocess.run([sys.executable, "-c", PROBE.read_text(encoding="utf-8"), package, "60"], text=True, cwd="/",
                                  capture_output=True, env={**os.environ, "PYTHONPATH": place}, timeout=120, check=False)
        line = [line for line in done.stdout.splitlines() if line.startswith("m1opt-probe: ")]
        return json.loads(line[-1].partition(" ")[2]) if line else done

    def test_an_interpreter_tells_its_processor(self):
        self.assertEqual(self.probe("python")["machine"], os.uname().machine)

    def test_each_package_multiplies_two_matrices(self):
        product = [19.0, 22.0, 43.0, 50.0]
        torch = self.probe("torch")
        self.assertEqual((torch["device"], torch["product"], torch["version"]), ("mps", product, "2.9.0+standin"))
        mlx = self.probe("mlx")
        self.assertEqual((mlx["device"], mlx["product"], mlx["recommended_bytes"]), ("cpu", product, 1024))
        self.assertEqual(self.probe("mlx_lm")["sampled"], 2)

    def test_a_package_that_breaks_or_ends_the_interpreter_is_told(self):
        self.assertEqual(self.probe("mlx", mlx="raise RuntimeError('no Metal')")["error"], "RuntimeError: no Metal")
        self.assertEqual(self.probe("torch", torch="raise SystemExit(3)")["error"], "SystemExit: 3")
        self.assertEqual(self.probe("torch", torch="import os; os.abort()").returncode, -signal.SIGABRT)

    def test_what_lies_in_the_current_directory_is_not_imported(self):
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "json.py").write_text("raise SystemExit(7)")
            done = subprocess.run([sys.executable, "-c", PROBE.read_text(encoding="utf-8"), "python", "60"], cwd=place,
                                  capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


@unittest.skipUnless(DEEP, "slow: packages are downloaded; make test-deep")
class WithRealUv(PythonTest):
    def setUp(self):
        super().setUp()
        try:
            os.symlink(real_uv.find(), self.place / "bin" / "uv")
        except real_uv.Missing as why:
            self.skipTest(str(why))
        # The network as pip has it, too.
        self.environment |= {name: value for name, value in os.environ.items()
                             if name.lower().endswith("_proxy") or name.startswith("SSL_CERT_")}

    def test_a_real_mlx_is_installed_and_computes(self):
        done = self.ctl("setup", "env", "--mlx", "--python", sys.executable, "--yes", "--json")
        if "there is no network" in done.stderr:
            self.skipTest("the packages cannot be downloaded: " + done.stderr.splitlines()[-1][:200])
        self.assertEqual(done.returncode, 0, done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual([finding["result"] for finding in document["findings"]], ["pass", "pass"], document)
        checked = self.ctl("check", "--json", VIRTUAL_ENV=str(self.place / "env"))
        findings = {finding["id"]: finding for finding in json.loads(checked.stdout)["findings"]}
        self.assertEqual(findings["python.mlx"]["finding"], "MLX computes on the CPU")
        self.assertEqual(findings["python.disk"]["result"], "pass")
        self.assertIn("shares its files", findings["python.disk"]["finding"])
        seconds = [round(command["duration_s"], 1) for command in document["commands"]]
        print(f"figure: python setup --mlx by a real uv: commands {seconds} s, all {document['duration_s']:.1f} s, "
              f"{document['size_bytes'] >> 20} MiB, shared with the cache {document['shared_bytes'] >> 20} MiB; "
              f"{findings['python.mlx']['evidence'].split(' in ')[0]}")

    def test_a_real_uv_without_a_network_is_understood(self):
        start = time.monotonic()
        done = self.ctl("setup", "env", "--mlx", "--python", sys.executable, "--yes", HTTPS_PROXY="http://127.0.0.1:9",
                        ALL_PROXY="http://127.0.0.1:9", UV_HTTP_TIMEOUT="5")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("there is no network", done.stderr)
        self.assertIn("is left with", done.stderr)
        self.assertLess(time.monotonic() - start, 120)


if __name__ == "__main__":
    unittest.main()
