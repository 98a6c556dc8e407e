"""The crash matrix: at every step that the code names, for every kind of action, daemon, guardian or recovery
is killed (and, in make test-deep, stopped), or daemon and guardian together, or the guardian while the daemon
stands there and goes on; afterwards everything is as before, and in time."""

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
MAY_MISS = 4  # so many runs, or a twentieth, need not come to their step
DRY = 2      # runs without a fault, for the times that a step is reached in each of them
# Of the runs in which the daemon stands at a step while the guardian is killed, which share is in make test.
BOTH_EVERY = 1 if DEEP else 4
UNGUARDED_EVERY = 1 if DEEP else 8
DAEMON_FIRST_EVERY = 4  # of those in which both are killed
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
    if not rig.LINUX or os.geteuid() != 0 or not namespaces.are_possible():
        return "needs root and PID namespaces"
    return rig.why_no_faults()


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


def points_of(cases):
    return {case.point for case in cases}


def sample(cases, every):
    """Of the cases of each point one in so many, at least one, and not of the same kind of action each time."""
    by_point = {}
    for case in cases:
        by_point.setdefault(case.point, []).append(case)
    return [case for number, there in enumerate(by_point.values())
            for case in there[number % min(every, len(there))::every]]


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
        dry, armed = self.arm(unarmed, how)
        done = self.run_armed(how, armed, dry, at_once)
        self.assertEqual(points_in_code() - points_of(done), set(), "no run reaches these points")

    def run_standing(self, how, every, at_once):
        """The daemon stands at a step, of its acts or of its undoing, while others are killed."""
        dry, armed = self.arm([Case(kind, "daemon") for kind in kinds()], how)
        armed = [case for case in armed if case.role == "daemon"]
        some = [case._replace(how="daemon_first") if how == "both" and number % DAEMON_FIRST_EVERY == 0 else case
                for number, case in enumerate(sample(armed, every))]
        done = self.run_armed(how, some, dry, at_once, armed)
        self.assertEqual(points_of(armed) - points_of(done), set(), "no run came to these points")

    def arm(self, unarmed, how):
        """What runs without a fault said, and a case for each step that they went through."""
        dry = run_cases(unarmed * DRY, AT_ONCE)
        self.complain(unarmed * DRY, dry)
        armed = []
        for number, case in enumerate(unarmed):
            if case.flavour == "both":
                continue
            # A process that was restarted counts anew: its own first time is what a restarted one is armed with.
            for (role, point), (first, last) in common_steps(case, dry[number::len(unarmed)]).items():
                armed += [case._replace(role=role, point=point, count=count, how=how)
                          for count in chosen(first, last)]
        return dry, armed

    def run_armed(self, how, armed, dry, at_once, spare=()):
        """The runs that had their fault; at a point that none came to, those that are spare are tried as well."""
        done = []
        slowest = max(said["slowest"] for said in dry)
        for attempt in range(TRIES):
            if attempt > 0:
                lost = points_of(armed) - points_of(done)
                armed += [case for case in spare if case.point in lost and case not in armed]
            results = run_cases(armed, at_once)
            self.complain(armed, results)
            slowest = max([slowest, *(said["slowest"] for said in results)])
            done += [case for case, said in zip(armed, results) if not said["missed"]]
            armed = [case for case, said in zip(armed, results) if said["missed"]]
        self.assertLess(len(armed), max(MAY_MISS, len(done) / 20), f"runs that did not reach their step: {[*map(str, armed)]}")
        print(f"figure: crash matrix, {how}: {len(points_of(done))} fault points x {len(kinds())} kinds of action "
              f"({', '.join(kinds())}), {len(done) + len(dry)} runs, all clean "
              f"({len(armed)} did not come to their step), the slowest after {slowest:.2f} s")
        return done

    def complain(self, cases, results):
        wrong = [f"{case}\n{said.get('wrong') or said.get('error')}" for case, said in zip(cases, results)
                 if "points" not in said]
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(cases)} runs\n" + "\n\n".join(wrong[:5]))

    def test_every_kind_of_action_is_in_the_matrix(self):
        self.assertEqual(sorted(HOW), sorted(kinds()))

    def test_killed_at_every_step_of_every_action_everything_is_as_before(self):
        self.run_matrix("kill", AT_ONCE)

    def test_guardian_and_daemon_killed_at_the_same_step_recovery_puts_everything_back(self):
        self.run_standing("both", BOTH_EVERY, AT_ONCE)

    def test_what_a_daemon_does_after_its_guardian_was_killed_at_a_step_does_not_stay_unguarded(self):
        self.run_standing("unguarded", UNGUARDED_EVERY, 2 * AT_ONCE)

    @unittest.skipUnless(DEEP, "slow: each waits seven seconds (make test-deep)")
    def test_stopped_at_every_step_of_every_action_everything_is_as_before(self):
        self.run_matrix("stop", 4 * AT_ONCE)


if __name__ == "__main__":
    unittest.main()
