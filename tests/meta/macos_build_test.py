"""What `make macos` is made of: the stub of SQLite, the targets, the workflow that runs on a Mac."""

import importlib.util
import re
import subprocess
import unittest
from pathlib import Path

from project import ROOT, load_script, sources

STUB = ROOT / "scripts" / "cmake" / "macos" / "libsqlite3.tbd"
HEADERS = [path for path in map(Path, ("/usr/local/include/sqlite3.h", "/usr/include/sqlite3.h")) if path.exists()]
WORKFLOW = ROOT / ".github" / "workflows" / "macos.yml"


def names_used():
    """Every name of SQLite's in our code, types too."""
    without_comments = load_script("check_layers").without_comments
    return {name for path in sources("daemon", "client", "tests")
            for name in re.findall(r"\bsqlite3_\w+", without_comments(path.read_text()))}


class Stub(unittest.TestCase):
    def setUp(self):
        text = STUB.read_text()
        self.symbols = re.findall(r"\b_(sqlite3_\w+)", text)
        self.text = text

    @unittest.skipUnless(HEADERS, "no sqlite3.h here")
    def test_it_lists_exactly_the_functions_that_are_used(self):
        header = HEADERS[0].read_text(errors="replace")
        functions = set(re.findall(r"^SQLITE_API [^;{]*?\b(sqlite3_\w+)\(", header, re.M))
        types = set(re.findall(r"^typedef struct \w+ (sqlite3_\w+);", header, re.M))
        used = names_used()
        self.assertGreater(len(used), 10)
        self.assertEqual(used - functions - types, set(), "not declared in sqlite3.h")
        self.assertEqual(sorted(self.symbols), sorted(used & functions))

    def test_it_is_the_library_that_macos_has_for_both_processors(self):
        self.assertIn("install-name:    '/usr/lib/libsqlite3.dylib'", self.text)
        self.assertEqual(self.text.count("[ x86_64-macos, arm64-macos ]"), 2)


class FrontDoor(unittest.TestCase):
    def test_make_knows_both(self):
        for target, command in (("macos", "scripts/macos"), ("macos-x86", "scripts/macos x86")):
            done = subprocess.run(["make", "--no-print-directory", "-n", target], cwd=ROOT, text=True, capture_output=True, check=True)
            self.assertEqual(done.stdout.strip(), command)

    def test_ci_builds_for_macos_too(self):
        self.assertRegex((ROOT / ".ci" / "run").read_text(), r"(?m)^make macos$")

    def test_a_processor_that_is_not_there_is_refused(self):
        done = subprocess.run(["sh", "scripts/macos", "ppc"], cwd=ROOT, text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)

    def test_every_tool_is_of_one_version(self):
        for line in (STUB.parent / "requirements.txt").read_text().splitlines():
            self.assertRegex(line, r"^[a-z]+==[0-9.]+$")


class Workflow(unittest.TestCase):
    @unittest.skipUnless(importlib.util.find_spec("yaml"), "no YAML parser here")
    def test_it_builds_tests_installs_and_uninstalls_on_arm64(self):
        import yaml
        workflow = yaml.safe_load(WORKFLOW.read_text())
        self.assertEqual(list(workflow["jobs"]), ["arm64"])
        job = workflow["jobs"]["arm64"]
        self.assertRegex(job["runs-on"], r"^macos-1[4-9]$")  # these are arm64
        self.assertIn("timeout-minutes", job)
        commands = "\n".join(step.get("run", "") for step in job["steps"])
        order = [commands.index(part) for part in (
            "scripts/bootstrap", "make\n", "ctest", "tests/e2e", "plutil -lint", "make install", "make uninstall")]
        self.assertEqual(order, sorted(order))

    def test_it_names_only_what_is_there(self):
        for name in re.findall(r"\b(?:scripts|tests|launchd)/[\w/.-]*\w", WORKFLOW.read_text()):
            self.assertTrue((ROOT / name).exists(), name)


if __name__ == "__main__":
    unittest.main()
