"""Every test is built, files stay short, and no line names what it must not."""

import re
import unittest

from project import ROOT, sources

CODE = ("daemon", "client", "tests", "scripts", "launchd", "config")
LONGEST = 400


class Tree(unittest.TestCase):
    def test_every_test_file_is_built(self):
        built = set()
        for kind in ("fault", "release"):
            directory = ROOT / "build" / kind
            if (directory / "build.ninja").exists():
                built = set(re.findall(r"^build \S+\.o: \S+ (\S+\.cpp)", (directory / "build.ninja").read_text(), re.M))
                for several in directory.glob("tests/CMakeFiles/*/Unity/*.cxx"):
                    built |= set(re.findall(r'#include "([^"]+)"', several.read_text()))
                break
        if not built:
            self.skipTest("nothing is configured")
        missing = [str(path.relative_to(ROOT)) for path in sources("tests", suffixes=(".cpp",))
                   if path.name.endswith("_test.cpp") and str(path) not in built]
        self.assertEqual(missing, [], "no row of tests/CMakeLists.txt builds these")

    def test_no_file_is_too_long(self):
        long = []
        for path in sources("daemon", "client", "tests", "scripts", suffixes=(".h", ".cpp", ".py", ".cmake", "")):
            lines = path.read_text(encoding="utf-8", errors="replace").count("\n")
            if lines > LONGEST:
                long.append(f"{path.relative_to(ROOT)}: {lines} lines")
        self.assertEqual(long, [], f"more than {LONGEST} lines: split by what it does")

    def test_no_line_names_what_it_must_not(self):
        # Put together here, so that this file does not name them itself.
        forbidden = re.compile("|".join((
            "/work" + "/", r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", "pypi" + r"\.org", "crates" + r"\.io",
            "registry" + r"\.npm", "deb" + r"\.debian", "repo" + r"\.maven", "proxy" + r"\.golang")))
        found = []
        for path in [*sources(*CODE, suffixes=()), *ROOT.glob("*.*"), ROOT / "Makefile"]:
            if not path.is_file() or path.suffix in (".pyc", ".gguf", ".db") or path.name.startswith(".git"):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").split("\n"), 1):
                if forbidden.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
