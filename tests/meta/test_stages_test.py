"""The runner counts what ran: a crash is a failure, and nothing run is no success."""

import contextlib
import io
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from project import ROOT, load_script

sys.path.insert(0, str(ROOT / "scripts"))
runner = load_script("test_stages.py")
apart = runner.test_apart
DASHES, DOTS = "-" * 79, "." * 79


class Counting(unittest.TestCase):
    def count(self, tally):
        return tally.passed, tally.failed, tally.skipped

    def test_catch2_programs_count_their_cases(self):
        for status, output, expected in (
                (0, "All tests passed (812 assertions in 97 test cases)\n", (97, 0, 0)),
                (0, "All tests passed (1 assertion in 1 test case)\n", (1, 0, 0)),
                (2, "test cases:  5 |  3 passed | 2 failed\nassertions: 9 | 7 passed | 2 failed\n", (3, 2, 0)),
                (1, "test cases: 1 | 1 failed\n", (0, 1, 0)),
                (0, "test cases: 4 | 3 passed | 1 skipped\n", (3, 0, 1)),
                (0, "No tests ran\n", (0, 0, 0)),
                (0, "some other program\n", (1, 0, 0))):
            with self.subTest(output):
                self.assertEqual(self.count(runner.catch2_tally(status, output)), expected)

    def test_a_crash_or_a_sanitizers_stop_is_a_failure(self):
        self.assertEqual(self.count(runner.catch2_tally(-11, "")), (0, 1, 0))
        leaked = "All tests passed (3 assertions in 2 test cases)\n==1==ERROR: LeakSanitizer"
        self.assertEqual(self.count(runner.catch2_tally(1, leaked)), (2, 1, 0))

    def test_python_runs_count_their_cases(self):
        for status, output, expected in (
                (0, "Ran 44 tests in 4.4s\n\nOK (skipped=6)\n", (38, 0, 6)),
                (1, "Ran 10 tests in 1s\n\nFAILED (failures=1, errors=2, skipped=1)\n", (6, 3, 1)),
                (5, "Ran 0 tests in 0.000s\n\nNO TESTS RAN\n", (0, 0, 0)),
                (1, "ImportError: no module\n", (0, 1, 0))):
            with self.subTest(output):
                self.assertEqual(self.count(runner.unittest_tally(status, output)), expected)

    def test_what_was_left_out_is_known_with_its_reason(self):
        output = "\n".join(f"{DASHES}\n{name}\n{DASHES}\na_test.cpp:7\n{DOTS}\n\na_test.cpp:9: warning:\n  {said}\n"
                           for name, said in (("one", "left out: no rights"), ("two", "just a remark"),
                                              ("three", "left out: no kernel")))
        tally = runner.catch2_tally(0, output + "All tests passed (1 assertion in 3 test cases)\n")
        self.assertEqual(tally.skips, [("one", "no rights"), ("three", "no kernel")])
        tally = runner.unittest_tally(0, "skipped: a_test.A.test_x: needs root: it is so\n"
                                         "Ran 2 tests in 1s\n\nOK (skipped=1)\n")
        self.assertEqual(tally.skips, [("a_test.A.test_x", "needs root: it is so")])

    def test_a_python_test_says_why_it_was_skipped(self):
        for reason in ("needs root", "it's not here"):
            class Skipped(unittest.TestCase):
                @unittest.skip(reason)
                def test_it(self):
                    pass
            said = io.StringIO()
            unittest.TextTestRunner(said, verbosity=2).run(Skipped("test_it"))
            self.assertEqual(apart.why_skipped(said.getvalue()), reason)

    def test_a_command_that_takes_too_long_is_stopped_and_fails(self):
        status, output = runner.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)
        self.assertEqual(status, 124)
        self.assertIn("stopped after", output)


class Sanitizers(unittest.TestCase):
    """A program that a sanitizer has something to say of, when nobody looks at its exit status."""

    OPTIONS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")

    def reporting(self, length=20, options=OPTIONS):
        """Writes as a sanitizer does, and ends as if all were well."""
        return [sys.executable, "-c", f"""
import os, re
for number, name in enumerate({options!r}):
    place = re.search("log_path=([^:]+)", os.environ[name])[1]
    open(f"{{place}}.m1optd.{{number}}", "w").write("ERROR: of " + name + {length} * "x" + "the end")
print("Ran 1 test in 1s\\n\\nOK")"""]

    def stage(self, command):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            tally = runner.with_reports("e2e", lambda log: runner.unittest_tally(*runner.run(command, 20, **log)))
        return tally, said.getvalue()

    def test_each_report_is_a_failure_and_is_shown(self):
        tally, said = self.stage(self.reporting())
        self.assertEqual((tally.passed, tally.failed), (1, 3))
        for name in self.OPTIONS:
            self.assertIn(f"ERROR: of {name}", said)
        self.assertIn("e2e: 3 reports of sanitizers", said)

    def test_without_a_report_a_stage_is_what_its_tests_are(self):
        tally, said = self.stage(self.reporting(options=()))
        self.assertEqual((tally.passed, tally.failed, said), (1, 0, ""))

    def test_a_long_report_is_cut(self):
        _, said = self.stage(self.reporting(10 * runner.REPORT_CHARACTERS, ("TSAN_OPTIONS",)))
        self.assertNotIn("the end", said)
        self.assertIn("characters in all", said)
        self.assertLess(len(said), 2 * runner.REPORT_CHARACTERS)

    def test_a_program_of_another_user_can_write_its_report(self):
        def mode(log):
            place = Path(log["ASAN_OPTIONS"].split("log_path=")[1]).parent
            self.assertEqual(place.stat().st_mode & 0o7777, 0o1777)
            return runner.Tally(1)
        self.assertEqual(runner.with_reports("e2e", mode).failed, 0)

    def test_the_options_are_those_of_the_other_runs_and_the_place(self):
        said = []
        runner.with_reports("e2e", lambda log: said.append(log) or runner.Tally(1))
        for name, options in runner.SANITIZER_OPTIONS.items():
            self.assertTrue(said[0][name].startswith(options + ":"))

    def test_every_stage_that_runs_sanitised_programs_fails_of_a_report(self):
        real = runner.run
        with tempfile.TemporaryDirectory() as root, mock.patch.object(runner, "ROOT", Path(root)), \
                mock.patch.object(runner, "run", lambda _, timeout, **env: real(self.reporting(), timeout, **env)), \
                mock.patch.object(runner, "ctest_commands", lambda *_: [("act", ["test_act"])]), \
                contextlib.redirect_stdout(io.StringIO()):
            for kind in ("asan", "tsan"):
                for name in ("m1optd", "m1optctl", "m1opt_standin", "m1opt_hog"):
                    place = Path(root) / "build" / kind / name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.touch()
            for deep in (False, True):
                ran = {name: work().failed for name, work, _ in runner.stages(deep)
                       if re.search("San|sanitised", name) and not name.startswith("build")}
                self.assertEqual(len(ran), 3 if deep else 1)
                self.assertNotIn(0, ran.values(), ran)


class Closing(unittest.TestCase):
    def closing(self, *stages):
        said = io.StringIO()
        with mock.patch.object(runner, "stages", lambda deep: stages), mock.patch("sys.argv", ["test"]), \
                contextlib.redirect_stdout(said):
            status = runner.main()
        self.said = said.getvalue()
        return status, self.said.strip().split("\n")[-1]

    def test_the_last_line_is_the_sum_alone(self):
        self.assertEqual(self.closing(("unit", lambda: runner.Tally(7), True),
                                      ("meta", lambda: runner.Tally(3, 0, 2), True)), (0, "10 passed, 0 failed"))
        self.assertEqual(self.closing(("unit", lambda: runner.Tally(7, 1), True),
                                      ("meta", lambda: runner.Tally(3), True)), (1, "10 passed, 1 failed"))

    def test_a_stage_that_ran_nothing_fails_where_there_must_be_tests(self):
        self.assertEqual(self.closing(("unit", runner.Tally, True)), (1, "0 passed, 1 failed"))
        self.assertEqual(self.closing(("unit", lambda: runner.Tally(1), True), ("e2e", runner.Tally, False)),
                         (0, "1 passed, 0 failed"))

    def closing_with_skips(self, count, root, system="linux"):
        skips = [(f"test_{number}", "needs the moon") for number in range(count)]
        with mock.patch.object(runner, "MAY_SKIP", {"unit": (1, 3)}), mock.patch("sys.platform", system), \
                mock.patch.object(runner.test_apart, "can_isolate", lambda: root):
            return self.closing(("unit", lambda: runner.Tally(5, 0, count, skips), True))

    def test_more_skips_than_the_committed_number_fail_with_who_skipped(self):
        for count, root, failed in ((1, True, 0), (2, True, 1), (3, False, 0), (4, False, 1)):
            self.assertEqual(self.closing_with_skips(count, root), (failed, f"5 passed, {failed} failed"))
            self.assertIn(f"skipped, {count} x needs the moon\n", self.said)
            self.assertEqual("test_0: needs the moon\n" in self.said, failed == 1)
        self.assertEqual(self.closing_with_skips(9, False, "darwin")[0], 0)

    def test_a_stage_without_a_number_may_skip_nothing(self):
        self.assertEqual(self.closing(("other", lambda: runner.Tally(5, 0, 1, [("a", "b")]), True))[0], 1)

    def test_each_committed_number_is_of_a_stage_that_there_is(self):
        with mock.patch.object(runner, "ctest_commands", lambda *_: []):
            names = {name for deep in (False, True) for name, _, _ in runner.stages(deep)}
        self.assertLessEqual(set(runner.MAY_SKIP), names)

    def test_the_documentation_says_how_many_mutants_are_tried(self):
        text = (ROOT / "tests" / "README.md").read_text()
        for said in (f"every {runner.MUTANTS_EVERY}th edit", f"--every {runner.MUTANTS_EVERY} "):
            self.assertIn(said, text)

    def test_nothing_is_tested_after_a_build_that_failed(self):
        later = mock.Mock(return_value=runner.Tally(5))
        self.assertEqual(self.closing(("build", lambda: runner.Tally(0, 1), False), ("unit", later, True)),
                         (1, "0 passed, 1 failed"))
        later.assert_not_called()


if __name__ == "__main__":
    unittest.main()
