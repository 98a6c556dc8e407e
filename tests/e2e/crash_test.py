"""The crash matrix: at every step that the code names, for every kind of action, daemon, guardian or recovery
is killed (and, in make test-deep, stopped); afterwards everything is as before, and in time."""

import os
import re
import unittest

import namespaces
import rig
from crash_case import Case
from crash_run import run_case
from grown import HOW, kinds

DEEP = os.environ.get("M1OPT_DEEP") == "1"
AT_ONCE = 8  # they wait more than they work
TRIES = 2    # which thread or child is there when a step is reached differs from run to run
DRY = 2      # runs without a fault, for the times that a step is reached in each of them
SYSTEM = ("act", "app", "base", "platform/linux")
# Who is armed, and from which moment of the run on its steps belong to it.
ARMED = {"daemon": ("", ("daemon", "guardian")), "guardian": ("end", ("guardian",)), "orphaned": ("end", ("daemon",)),
         "recovery": ("end", ("recovery",)), "restart": ("restart", ("daemon",))}
# After a restart only what is left of the old holds is of interest, not the new life.
RESTARTED = ("recovery.", "undo.", "call.", "signal.", "group.")


def points_in_code():
    found = set()
    for folder in SYSTEM:
        for source in (rig.ROOT / "daemon" / folder).glob("*.cpp"):
            found |= set(re.findall(r'fault_point\("([\w.]+)"\)', source.read_text()))
    return found


def why_not():
    if rig.SANITISED:
        return "a sanitizer takes longer than the times that are promised"
    if b"M1OPT_FAULT" not in rig.M1OPTD.read_bytes():
        return "this build has no fault points (build/fault has)"
    if not rig.LINUX or os.geteuid() != 0 or not namespaces.are_possible():
        return "needs root and PID namespaces"
    return ""


def steps(case, said):
    """(role, point) -> the first and the last time that it is reached in the part of the run that is armed."""
    phase, roles = ARMED[case.flavour]
    counts = {}
    first = {}
    for number, line in enumerate(said["points"][:said["marks"]["over"]]):
        role, point, count, _ = line.split()
        if role not in roles or case.flavour == "restart" and not point.startswith(RESTARTED):
            continue
        key = (role, point)
        if number >= said["marks"].get(phase, 0):
            first.setdefault(key, int(count))
            counts[key] = int(count)
    return {key: (first[key], counts[key]) for key in counts}


def common_steps(case, dry):
    """As many times as in each run; what only one has come to is as it was there."""
    common = {}
    for found in (steps(case, said) for said in dry):
        for key, (first, last) in found.items():
            known = common.get(key, (first, last))
            latest = max(first, known[0])
            common[key] = (latest, max(latest, min(last, known[1])))
    return common


def chosen(first, last):
    """Which times of a step that is reached again and again: what comes and goes with threads moves the last ones."""
    some = {first, first + (last - first) // 2} if last - first > 3 else {first, last}
    return sorted(some | ({first + 1, first + 2} if DEEP and last - first > 3 else set()))


def run_cases(cases, at_once):
    """Many at once; one that was late is run again with nothing beside it, and must not be late then."""
    results = namespaces.run_all(run_case, cases, at_once)
    late = [number for number, said in enumerate(results) if "late" in said]
    for number, said in zip(late, namespaces.run_all(run_case, [cases[number] for number in late], 1)):
        results[number] = {"wrong": said["late"]} if "late" in said else said
    if late:
        print(f"figure: crash matrix: {len(late)} of {len(cases)} runs were late beside others, and were run again alone")
    return results


@unittest.skipIf(why_not(), why_not())
class CrashMatrixTest(unittest.TestCase):
    def run_matrix(self, how, at_once):
        unarmed = [Case(kind, flavour) for kind in kinds() for flavour in (*ARMED, "both")]
        dry = run_cases(unarmed * DRY, at_once)
        self.complain(unarmed * DRY, dry)
        armed = []
        for number, case in enumerate(unarmed):
            if case.flavour == "both":
                continue
            # A process that was restarted counts anew: its own first time is what a restarted one is armed with.
            for (role, point), (first, last) in common_steps(case, dry[number::len(unarmed)]).items():
                armed += [case._replace(role=role, point=point, count=count, how=how)
                          for count in chosen(first, last)]
        done = []
        slowest = max(said["slowest"] for said in dry)
        for _ in range(TRIES):
            results = run_cases(armed, at_once)
            self.complain(armed, results)
            slowest = max([slowest, *(said["slowest"] for said in results)])
            done += [case for case, said in zip(armed, results) if not said["missed"]]
            armed = [case for case, said in zip(armed, results) if said["missed"]]
        self.assertLess(len(armed), len(done) / 20, f"runs that did not reach their step: {[*map(str, armed)]}")
        reached = {case.point for case in done}
        self.assertEqual(points_in_code() - reached, set(), "no run reaches these points")
        print(f"figure: crash matrix, {how}: {len(reached)} fault points x {len(kinds())} kinds of action "
              f"({', '.join(kinds())}), {len(done) + len(dry)} runs, all clean "
              f"({len(armed)} did not come to their step), the slowest after {slowest:.2f} s")

    def complain(self, cases, results):
        wrong = [f"{case}\n{said.get('wrong') or said.get('error')}" for case, said in zip(cases, results)
                 if "points" not in said]
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(cases)} runs\n" + "\n\n".join(wrong[:5]))

    def test_every_kind_of_action_is_in_the_matrix(self):
        self.assertEqual(sorted(HOW), sorted(kinds()))

    def test_killed_at_every_step_of_every_action_everything_is_as_before(self):
        self.run_matrix("kill", AT_ONCE)

    @unittest.skipUnless(DEEP, "slow: each waits seven seconds (make test-deep)")
    def test_stopped_at_every_step_of_every_action_everything_is_as_before(self):
        self.run_matrix("stop", 4 * AT_ONCE)


if __name__ == "__main__":
    unittest.main()
