"""Which run of the crash matrix it is, and what may come of it."""

from typing import NamedTuple


class Case(NamedTuple):
    """`flavour`: who undoes. daemon: asked to; guardian: the daemon is killed first; orphaned: the guardian is
    killed first, and the daemon releases; recovery: both are killed first; restart: the same, and a daemon comes
    back; both: killed together, nothing is armed. Orphaned or restarted, one that is stopped has nobody but the
    service manager to notice."""

    kind: str
    flavour: str
    role: str = ""
    point: str = ""
    count: int = 0
    how: str = "kill"

    def __str__(self):
        return f"{self.kind}, {self.flavour}: {self.role} {self.point}#{self.count}={self.how}"

    def armed(self):
        return f"{self.role}:{self.point}#{self.count}={self.how}" if self.point else ""


class Wrong(Exception):
    """Something is not as it has to be."""


class Late(Wrong):
    """It came later than it has to; with much else at work that may be the machine's doing."""


class Missed(Exception):
    """Threads and children come and go: this time the armed step was not reached."""
