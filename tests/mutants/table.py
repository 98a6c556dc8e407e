"""The ways in which m1opt could be broken, one edit each, and the test programs that must notice.

Each edit replaces a text that stands exactly once in its file; tests/meta/mutants_test.py fails when the code has
moved on and an edit fits no more. scripts/mutants makes each, builds, and runs the tests named here until one is red.
"""

from around import ADVISING, HISTORY, LLM, PYTHON, SETTINGS
from daemon import ACTING, DECIDING, IDENTITY, ROUND, TRACES, UNDOING

MUTANTS = ACTING + UNDOING + IDENTITY + DECIDING + ROUND + TRACES + HISTORY + LLM + ADVISING + SETTINGS + PYTHON
