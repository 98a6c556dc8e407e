"""The README's page on the widely circulated advice is the table that `m1optctl explain reference` prints.

`python3 tests/meta/reference_test.py --write` puts the table into the README.
"""

import re
import sys
import unittest

from project import ROOT

SOURCE = ROOT / "client" / "advise" / "reference.cpp"
README = ROOT / "README.md"
HEAD = "| it is said that | true? | what is true | m1opt |\n|---|---|---|---|\n"
WORDS = {"holds": "true", "partly": "partly", "wrong": "false", "unproven": "unproven"}


def claims():
    """(id, topic, claim, verdict, truth, m1opt, source) of each row of the source; "" for no source."""
    text = SOURCE.read_text(encoding="utf-8")
    for row in re.findall(r"^    Claim\{(.*?)\},$", text, re.MULTILINE | re.DOTALL):
        parts = re.findall(r'((?:"(?:\\.|[^"\\])*"\s*)+|Verdict::\w+)', row)
        row = tuple(WORDS[part.removeprefix("Verdict::")] if part.startswith("Verdict") else
                    "".join(re.findall(r'"((?:\\.|[^"\\])*)"', part)).replace('\\"', '"') for part in parts)
        yield row if len(row) == 7 else (*row, "")


def table():
    topic = None
    lines = HEAD
    for _, about, claim, verdict, truth, m1opt, source in claims():
        if about != topic:
            topic = about
            lines += f"| **{topic}** | | | |\n"
        told = f"{truth} ({source})" if source else truth
        lines += f"| {claim} | {verdict} | {told} | {m1opt} |\n"
    return lines


class Reference(unittest.TestCase):
    def test_the_source_is_understood(self):
        rows = list(claims())
        self.assertGreater(len(rows), 40)
        self.assertEqual({len(row) for row in rows}, {7})
        self.assertEqual(len(rows), SOURCE.read_text(encoding="utf-8").count("Claim{"))

    def test_what_is_said_of_models_and_settings_has_a_source(self):
        self.assertEqual([row[0] for row in claims() if row[1] in ("Ollama", "Models") and not row[6]], [])

    def test_the_readme_has_the_same_table(self):
        self.assertIn(table(), README.read_text(encoding="utf-8"),
                      "run: python3 tests/meta/reference_test.py --write")


def write():
    text = README.read_text(encoding="utf-8")
    start = text.index(HEAD)
    end = text.index("\n\n", start) + 1
    README.write_text(text[:start] + table() + text[end:], encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv:
        write()
    else:
        unittest.main()
