"""Every parser of what comes from outside is fuzzed, and every target has inputs to begin with."""

import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from project import ROOT, load_script, sources

FUZZ = ROOT / "tests" / "fuzz"
SHARED = {"libfuzzer", "instrumented_json", "replay_test"}
LARGEST_CORPUS = 32 * 1024
# A function with one of these names takes apart what somebody else wrote.
PARSER = re.compile(r"\b(?:parse|decode)_\w+\(|_from_text\(")
# Headers whose parsers are reached in another way, or take nothing from outside.
NOT_THEMSELVES = {
    "daemon/wire/json_source.h": "parse_json and parse_config are its two callers",
    "client/target_argument.h": "one word of the command line: a name, or digits that are looked up",
    "client/render/style.h": "one word of the command line out of three",
}


def inputs_of(target):
    folder = FUZZ / "corpus" / target
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


class Fuzz(unittest.TestCase):
    def setUp(self):
        self.targets = load_script("fuzz").targets()

    def test_every_file_is_a_target_and_every_target_a_file(self):
        files = {path.stem for path in FUZZ.glob("*.cpp")} - SHARED
        self.assertEqual(sorted(self.targets), sorted(files))

    def test_every_target_has_a_small_corpus(self):
        for target in self.targets:
            with self.subTest(target):
                sizes = [path.stat().st_size for path in inputs_of(target)]
                self.assertGreater(len(sizes), 1, "inputs to begin with")
                self.assertLess(sum(sizes), LARGEST_CORPUS)

    def test_no_corpus_or_dictionary_belongs_to_no_target(self):
        kept = {path.stem for folder in ("corpus", "dictionaries") for path in (FUZZ / folder).iterdir()}
        self.assertEqual(sorted(kept - set(self.targets)), [])

    def test_every_header_with_a_parser_is_included_by_a_target(self):
        included = set()
        for path in FUZZ.glob("*.cpp"):
            included |= set(re.findall(r'#include "([^"]+)"', path.read_text(encoding="utf-8")))
        missing = []
        for path in sources("daemon", "client", suffixes=(".h",)):
            name = str(path.relative_to(ROOT))
            if not PARSER.search(path.read_text(encoding="utf-8")) or name in NOT_THEMSELVES:
                continue
            if name.removeprefix("daemon/") not in included:
                missing.append(name)
        self.assertEqual(missing, [], "a target of tests/fuzz/ must take these, or NOT_THEMSELVES say why not")


class Run(unittest.TestCase):
    """scripts/fuzz with a program in libFuzzer's place."""

    def outcome(self, script):
        fuzz = load_script("fuzz")
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        build = Path(directory.name)
        program = build / "tests" / "fuzz" / "fuzz_http"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        with mock.patch.object(fuzz, "BUILD", build):
            return fuzz.fuzz("http", 7)

    def test_a_run_says_what_it_reached(self):
        found = self.outcome('for corpus; do case $corpus in */corpus/http) break ;; esac; done; : >"$corpus/new"\n'
                             'echo "#400 NEW cov: 31 ft: 77 corp: 3"; echo "stat::number_of_executed_units: 900"\n'
                             'echo "stat::average_exec_per_sec: 300"')
        self.assertEqual(found.line(), "http                    900 runs     300/s  cov    31  ft     77  new     1  crashes 0")

    def test_a_crash_is_a_crash_with_and_without_an_input(self):
        found = self.outcome('for word; do case $word in -artifact_prefix=*) : >"${word#*=}crash-1" ;; esac; done; exit 77')
        self.assertEqual([path.name for path in found.crashes], ["crash-1"])
        self.assertEqual(len(self.outcome("exit 1").crashes), 1)

    def test_what_all_runs_came_to_is_kept(self):
        fuzz = load_script("fuzz")
        with tempfile.TemporaryDirectory() as directory, \
                mock.patch.object(fuzz, "HISTORY", Path(directory) / "build" / "kept.tsv"):
            self.assertEqual(fuzz.sums(), [])
            for target, executions, seconds, crashes in (("http", 900, 1800.4, []), ("config", 50, 3600, ["one"]),
                                                         ("http", 100, 1800, [])):
                fuzz.keep(fuzz.Outcome(target, executions, 0, 0, 0, 0, crashes, "", seconds))
            said = [line.split()[2:] for line in fuzz.sums()]
        self.assertEqual([" ".join(words) for words in said], [
            "config 1 times 50 runs 1.00 h crashes 1", "http 2 times 1000 runs 1.00 h crashes 0",
            "all together 3 times 1050 runs 2.00 h crashes 1"])


if __name__ == "__main__":
    unittest.main()
