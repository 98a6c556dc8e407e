"""What a user reads names every key, route and verb that there is, and no other."""

import json
import re
import unittest

from project import ROOT

CONFIG = ROOT / "config"


def without_comments(text):
    """JSON from JSON with // and /* */ comments and trailing commas."""
    def keep(match):
        return match[0] if match[0].startswith('"') else " "
    text = re.sub(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', keep, text, flags=re.DOTALL)
    return re.sub(r",(\s*[}\]])", r"\1", text)


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def schema_keys(value):
    """Every name under a `properties` of the schema."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "properties":
                yield from inner
            yield from schema_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from schema_keys(inner)


class Documents(unittest.TestCase):
    def text(self, path):
        if not path.exists():
            self.skipTest(f"{path.relative_to(ROOT)} is not there yet")
        return path.read_text(encoding="utf-8")

    def default_keys(self):
        return set(keys_of(json.loads(without_comments(self.text(CONFIG / "m1opt.json")))))

    def schema(self):
        return set(schema_keys(json.loads(self.text(CONFIG / "m1opt.schema.json"))))

    def test_the_default_config_uses_only_keys_of_the_schema(self):
        self.assertEqual(self.default_keys() - self.schema(), set())

    def test_every_key_of_the_schema_is_in_the_configs_readme(self):
        named = set(re.findall(r"[\w$]+", self.text(CONFIG / "README.md")))
        self.assertEqual((self.schema() | self.default_keys()) - named, set())

    def test_every_key_in_a_table_of_the_configs_readme_exists(self):
        first_cells = re.findall(r"^\|\s*`([^`]+)`\s*\|", self.text(CONFIG / "README.md"), re.MULTILINE)
        # a cell may name a path: limits.cooldown_s, rules[].any[].all[].metric
        named = {part for cell in first_cells if re.fullmatch(r"[\w.\[\]$]+", cell)
                 for part in re.findall(r"[\w$]+", cell)}
        self.assertEqual(named - self.schema(), set())

    def test_uninstalling_looks_for_every_target_that_may_be_stopped(self):
        targets = json.loads(without_comments(self.text(CONFIG / "m1opt.json")))["targets"]
        script = self.text(ROOT / "scripts" / "uninstall").replace("\\\n", "")
        named = re.search(r'^may_be_stopped="([^"]*)"', script, re.MULTILINE)[1].split()
        self.assertEqual(set(named), {target["name"] for target in targets if target["mode"] == "suspend"})

    def test_every_profile_uses_only_keys_of_the_schema(self):
        for path in sorted((CONFIG / "profiles").glob("*.json")):
            with self.subTest(path.name):
                used = set(keys_of(json.loads(without_comments(path.read_text(encoding="utf-8")))))
                self.assertEqual(used - self.schema(), set())

    def test_every_route_is_in_the_readme(self):
        readme = self.text(ROOT / "README.md")
        routes = set(re.findall(r'"(/v1/[^"?]*)', self.text(ROOT / "daemon" / "serve" / "routes.cpp")))
        self.assertTrue(routes, "no route found in serve/routes.cpp: has its form changed?")
        # {event} and the like may be named in another way by the README
        stems = {route.split("{")[0].rstrip("/") for route in routes}
        self.assertEqual({stem for stem in stems if not re.search(re.escape(stem) + r"(?![\w-])", readme)}, set())

    def test_every_verb_is_in_the_readme(self):
        readme = self.text(ROOT / "README.md")
        verbs = set(re.findall(r'Command\{"([\w-]+)"', self.text(ROOT / "client" / "commands.cpp")))
        self.assertTrue(verbs, "no verb found in client/commands.cpp: has its form changed?")
        self.assertEqual({verb for verb in verbs if not re.search(rf"(?<![\w-]){verb}(?![\w-])", readme)}, set())


if __name__ == "__main__":
    unittest.main()
