"""The daemon under exactly the service's rights, and once without each of them: what it then cannot undo it does
not do, nothing is half done, and doctor names the loss."""

import contextlib
import grp
import os
import re
import sqlite3
import stat
import unittest
from pathlib import Path

import grown
import people
import rig
from grown import HOW, kinds
from people import as_user
from rig import E2eTest, within

UNIT = rig.ROOT / "launchd" / "m1optd.service"
STRANGER = "65534"
OWN, FOREIGN, MODEL, RUNNER = "photoanalysisd", "strangers-work", "some-model", "llama-server"


def bounding_set():
    words = re.search(r"^CapabilityBoundingSet=(.*)$", UNIT.read_text(), re.MULTILINE)[1].split()
    return [word.removeprefix("CAP_") for word in words]


def rights_here():
    """What this machine gives away at all, for the names of the service's set."""
    numbers = {"DAC_OVERRIDE": 1, "KILL": 5, "IPC_LOCK": 14, "SYS_PTRACE": 19, "SYS_NICE": 23, "SYS_RESOURCE": 24}
    bounding = int(re.search(r"^CapBnd:\s*(\w+)$", Path("/proc/self/status").read_text(), re.MULTILINE)[1], 16)
    return {name for name, number in numbers.items() if bounding >> number & 1}


def under_unit(lost=None):
    """The command that runs another one under the service's rights, or all but one of them."""
    rights = ",".join(f"+{name.lower()}" for name in bounding_set() if name != lost)
    return ["setpriv", "--bounding-set", f"-all,{rights}", "--inh-caps", "-all", "--no-new-privs"]


# What is not done any more, as (kind, whose). Without a row here nothing is lost by it but speed.
LOST = {
    "SYS_NICE": {("background", OWN), ("background", FOREIGN), ("raise", MODEL)},
    "KILL": {("suspend", FOREIGN)},
    "SYS_PTRACE": {("background", FOREIGN), ("suspend", FOREIGN)},  # its program cannot be told
    "SYS_RESOURCE": set(),
    "IPC_LOCK": set(),
    # Their environment cannot be read, so it cannot be ruled out that systemd watches over them.
    "DAC_OVERRIDE": {("background", FOREIGN), ("suspend", FOREIGN)},
}
TARGETS = {kind: {"lease": (MODEL,), "idle": (RUNNER,)}.get(HOW[kind].begin, (OWN, FOREIGN)) for kind in HOW}


@unittest.skipIf(os.geteuid() != 0 or not rig.LINUX, "needs root and setpriv")
class CapabilitiesTest(E2eTest):
    # Without CAP_SYS_ADMIN the kernel takes one group's value in 100 ms, of all daemons together.
    alone = True

    def setUp(self):
        super().setUp()
        limits = grown.OVERLAY["limits"] | {"max_suspended": 30}  # its children are targets too
        self.write_overlay(grown.OVERLAY | grown.ASKED | {"limits": limits, "rules": [grown.ALWAYS, grown.RESTS], "targets": [
            {"name": FOREIGN, "executables": [str(self.directory / FOREIGN)], "mode": "suspend"}]})
        self.targets = {}
        self.leases = []
        self.slots = grown.Slots()
        self.addCleanup(self.slots.close)

    def tearDown(self):
        super().tearDown()
        for lease in self.leases:
            lease.close()
        for target in self.targets.values():
            target.end()

    def begin(self, kind):
        how = HOW[kind]
        if how.begin == "lease":
            self.leases.append(grown.lease(self.daemon.places["--socket"], self.targets[MODEL]))
        if how.begin == "idle":
            self.assertTrue(within(8 * rig.PATIENCE, lambda: any(row["state"] == "busy" for row in self.status()["workloads"]
                                                  if row["name"] == RUNNER)), self.why())
            self.slots.idle = True
        if how.begin == "command":
            for name in TARGETS[kind]:
                self.daemon.post("/v1/targets/suspend", {"name": name, "for_s": 60})

    def run_without(self, lost):
        reduced = under_unit(lost)
        # Without SYS_PTRACE nobody is told of a process that may do more than himself.
        self.targets = {OWN: grown.Grown(self.directory, OWN, reduced),
                        MODEL: grown.Grown(self.directory, MODEL, reduced),
                        RUNNER: grown.Grown(self.directory, RUNNER, reduced, ["--port", str(self.slots.port)]),
                        FOREIGN: grown.Grown(self.directory, FOREIGN, ["setpriv", "--reuid", STRANGER, "--clear-groups"])}
        self.start(reduced)
        missing = LOST[lost] if lost else set()
        self.assertTrue(within(5 * rig.PATIENCE, lambda: self.daemon.get("/v1/targets")))
        # By the rule first: a suspended one is not put into the background any more.
        for kind in sorted(kinds(), key=lambda kind: HOW[kind].begin != "rule"):
            self.begin(kind)
            for name in TARGETS[kind]:
                if (kind, name) not in missing:
                    self.assertTrue(within(8 * rig.PATIENCE, lambda: self.targets[name].is_held(kind)), f"{kind} {name}\n{self.why()}")
        for kind in kinds():
            for name in TARGETS[kind]:
                wanted = {(kind, name) not in missing}
                self.assertEqual(self.targets[name].holds(kind), wanted, f"{kind} {name}\n{self.why()}")
        for name, target in self.targets.items():
            if all((kind, name) in missing for kind in kinds() if name in TARGETS[kind]):
                self.assertEqual(target.changes(), [], name)
        said = self.ctl("doctor", "--json").stdout
        for name in bounding_set():
            absent = name == lost or name not in rights_here()
            self.assertEqual(f"CAP_{name}" in said, absent, f"CAP_{name} in doctor: {said}")
        self.daemon.post("/v1/pause", {"for_s": 60})
        for name, target in self.targets.items():
            self.assertTrue(within(3 * rig.PATIENCE, lambda: not target.changes()), f"{name}: {target.changes()}\n{self.why()}")
        self.daemon.stop()
        place = self.daemon.places["--state-dir"] / "undo.db"
        with contextlib.closing(sqlite3.connect(f"file:{place}?mode=ro", uri=True)) as journal:
            self.assertEqual(journal.execute("SELECT kind FROM undo WHERE outcome IS NULL").fetchall(), [])

    def test_every_right_of_the_service_and_every_kind_of_action_is_here(self):
        self.assertEqual(sorted(LOST), sorted(bounding_set()))
        self.assertEqual(sorted(TARGETS), sorted(kinds()))

    def test_with_the_services_rights_everything_is_done(self):
        self.run_without(None)


def add_test(name):
    setattr(CapabilitiesTest, f"test_without_{name.lower()}_nothing_is_half_done_and_doctor_says_so",
            unittest.skipIf(name == "IPC_LOCK" and rig.SANITISED, "a sanitizer lets no program lock memory")(
                lambda self: self.run_without(name)))


for right in sorted(LOST):
    add_test(right)


@unittest.skipIf(os.geteuid() != 0 or not rig.LINUX, "needs root and setpriv")
class SocketGroupTest(E2eTest):
    """Reading for a group alone that is not the one the unit starts the daemon with."""

    GROUP = "games"  # every Linux has it, and nobody is in it
    MEMBER = 54001

    def setUp(self):
        super().setUp()
        self.gid = grp.getgrnam(self.GROUP).gr_gid
        self.configure("group")

    def configure(self, read):
        self.write_overlay({**rig.QUICK, "api": {"read": read, "group": self.GROUP}})

    def socket(self):
        about = self.daemon.places["--socket"].stat()
        return stat.S_IMODE(about.st_mode), about.st_gid

    def becomes(self, read, mode):
        self.configure(read)
        self.daemon.post("/v1/config/reload", {})
        return within(3, lambda: self.socket()[0] == mode)

    def version_for(self, gid):
        return as_user(self.MEMBER, lambda: people.ask(self.daemon.places["--socket"], "GET", "/v1/version"), gid)

    def assert_the_groups_alone(self):
        self.assertEqual(self.socket(), (0o660, self.gid))
        self.assertEqual(self.version_for(self.gid), [200, ""])
        self.assertEqual(self.version_for(self.MEMBER), 13)  # EACCES

    def test_a_daemon_in_that_group_gives_it_the_socket_with_the_services_rights(self):
        self.start([*under_unit(), "--groups", str(self.gid)])
        self.assert_the_groups_alone()
        self.assertTrue(self.becomes("everyone", 0o666))
        self.assertTrue(self.becomes("group", 0o660))
        self.assert_the_groups_alone()

    def test_a_daemon_that_cannot_give_the_socket_away_starts_keeps_it_roots_and_says_how_that_is_mended(self):
        self.start(under_unit())
        self.assertEqual(self.socket()[0], 0o600)
        said = self.daemon.places["--log-file"].read_text()
        self.assertRegex(said, rf"api.read, group {self.GROUP}: .*SupplementaryGroups={self.gid}\)")
        self.assertTrue(self.becomes("everyone", 0o666))
        self.assertTrue(self.becomes("group", 0o600))
        self.assertEqual(self.version_for(self.gid), 13)
        self.daemon.stop()
        # As that line says.
        self.start([*under_unit(), "--groups", str(self.gid)])
        self.assert_the_groups_alone()


if __name__ == "__main__":
    unittest.main()
