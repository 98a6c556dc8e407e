"""Which run of the crash matrix it is, and what may come of it."""

from typing import NamedTuple


class Case(NamedTuple):
    """`flavour`: who undoes. daemon: asked to; guardian: the daemon is killed first; orphaned: the guardian is
    killed first, and the daemon releases; recovery: both are killed first; restart: the same, and a daemon comes
    back; both: killed together, nothing is armed. Orphaned or restarted, one that is stopped has nobody but the
    service manager to notice.

    `how`: what happens at the step. kill, stop: that to whoever is armed; both: the daemon stands there while the
    guardian is killed and then it; daemon_first: the other way round, in the same instant; unguarded: the daemon
    stands there while the guardian is killed, and goes on."""

    kind: str
    flavour: str
    role: str = ""
    point: str = ""
    count: int = 0
    how: str = "kill"

    def __str__(self):
        return f"{self.kind}, {self.flavour}: {self.role} {self.point}#{self.count}={self.how}"

    def armed(self):
        """For M1OPT_FAULT: whoever is not killed at once stands there."""
        how = "kill" if self.how == "kill" else "stop"
        return f"{self.role}:{self.point}#{self.count}={how}" if self.point else ""


class Wrong(Exception):
    """Something is not as it has to be."""


class Late(Wrong):
    """It came later than it has to; with much else at work that may be the machine's doing."""


class Missed(Exception):
    """Threads and children come and go: this time the armed step was not reached."""
