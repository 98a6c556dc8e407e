"""The listed ways to break m1opt fit the code as it is."""

import sys
import unittest

from project import ROOT

sys.path.insert(0, str(ROOT / "tests" / "mutants"))
import table  # noqa: E402  (found by the line above)


class MutantsTest(unittest.TestCase):
    def test_each_edit_fits_in_exactly_one_place(self):
        for mutant in table.MUTANTS:
            with self.subTest(mutant.breaks):
                self.assertEqual((ROOT / mutant.file).read_text().count(mutant.old), 1)
                self.assertNotEqual(mutant.old, mutant.new)

    def test_there_are_enough_and_no_two_alike(self):
        self.assertGreaterEqual(len({mutant.breaks for mutant in table.MUTANTS}), 60)
        self.assertEqual(len({(m.file, m.old, m.new) for m in table.MUTANTS}), len(table.MUTANTS))

    def test_every_test_that_is_named_exists(self):
        for mutant in table.MUTANTS:
            for test in mutant.tests:
                name = test.split()[0]
                found = ROOT / "tests" / ("e2e" if name.endswith(".py") else "") / name
                self.assertTrue(found.exists(), f"{mutant.breaks}: {test}")


if __name__ == "__main__":
    unittest.main()
