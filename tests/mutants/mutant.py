"""What one way to break m1opt consists of."""

from typing import NamedTuple


class Mutant(NamedTuple):
    breaks: str  # what is wrong afterwards, as a sentence
    file: str
    old: str
    new: str
    tests: tuple  # "act" is the program test_act; "undo_test.py -k word" are end-to-end tests
