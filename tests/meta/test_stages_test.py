"""The runner counts what ran: a crash is a failure, and nothing run is no success."""

import contextlib
import io
import sys
import unittest
from unittest import mock

from project import load_script

runner = load_script("test_stages.py")


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

    def test_a_command_that_takes_too_long_is_stopped_and_fails(self):
        status, output = runner.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)
        self.assertEqual(status, 124)
        self.assertIn("stopped after", output)


class Closing(unittest.TestCase):
    def closing(self, *stages):
        said = io.StringIO()
        with mock.patch.object(runner, "stages", lambda deep: stages), mock.patch("sys.argv", ["test"]), \
                contextlib.redirect_stdout(said):
            status = runner.main()
        return status, said.getvalue().strip().split("\n")[-1]

    def test_the_last_line_is_the_sum_alone(self):
        self.assertEqual(self.closing(("unit", lambda: runner.Tally(7), True),
                                      ("meta", lambda: runner.Tally(3, 0, 2), True)), (0, "10 passed, 0 failed"))
        self.assertEqual(self.closing(("unit", lambda: runner.Tally(7, 1), True),
                                      ("meta", lambda: runner.Tally(3), True)), (1, "10 passed, 1 failed"))

    def test_a_stage_that_ran_nothing_fails_where_there_must_be_tests(self):
        self.assertEqual(self.closing(("unit", runner.Tally, True)), (1, "0 passed, 1 failed"))
        self.assertEqual(self.closing(("unit", lambda: runner.Tally(1), True), ("e2e", runner.Tally, False)),
                         (0, "1 passed, 0 failed"))

    def test_nothing_is_tested_after_a_build_that_failed(self):
        later = mock.Mock(return_value=runner.Tally(5))
        self.assertEqual(self.closing(("build", lambda: runner.Tally(0, 1), False), ("unit", later, True)),
                         (1, "0 passed, 1 failed"))
        later.assert_not_called()


if __name__ == "__main__":
    unittest.main()
