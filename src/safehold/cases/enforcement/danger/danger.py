"""Dangers: that somebody may be about to be hurt, what was done about it, and how it ended."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.cases.case import CaseId
from safehold.cases.paging import place_of
from safehold.ledger.entry import timestamp

DangerId = NewType("DangerId", str)
"""``dgr_`` and 20 lower-case hexadecimal digits, drawn at random."""


class DangerKind(Enum):
    """What may happen."""

    CHILD = "child"
    """A child may be hurt, now or soon."""
    SELF = "self"
    """Somebody may hurt themselves."""
    OTHERS = "others"
    """Somebody may hurt others."""


class Act(Enum):
    """What somebody did about it."""

    CALLED = "called"
    """Spoke to an emergency service or the police."""
    NOT_REACHED = "not_reached"
    """Tried to, and reached nobody."""
    REPORTED = "reported"
    """Filed a report that says that it is urgent."""
    LEAD_TOLD = "lead_told"
    KEPT = "kept"
    """Put what is known on hold, so that nothing is deleted."""
    ASKED_TO_WAIT = "asked_to_wait"
    """The police asked not to act on the account yet."""
    ANSWERED = "answered"
    """Gave the police what they asked for."""


class Outcome(Enum):
    """How it ended, for us."""

    HANDED_OVER = "handed_over"
    """An authority has it."""
    KNOWN_ALREADY = "known_already"
    NO_DANGER = "no_danger"


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger to somebody's life.

    Attributes:
        id: what it is called.
        case: in which case.
        kind: what may happen.
        country: ISO 3166-1 alpha-2, where it may happen; "" for unknown.
        raised_at, raised_by: when and by whom.
        closed_at, closed_by: None and "" while it is open.
        outcome: how it ended; None while it is open.
        version: goes up by one with every change.
    """

    id: DangerId
    case: CaseId
    kind: DangerKind
    country: str
    raised_at: dt.datetime
    raised_by: str
    closed_at: dt.datetime | None
    closed_by: str
    outcome: Outcome | None
    version: int

    @property
    def is_open(self) -> bool:
        """Return whether it is not over."""
        return self.outcome is None

    @property
    def place(self) -> str:
        """Return where it stands in lists, those that are open first, oldest first."""
        return place_of("0" if self.closed_at is None else "1", timestamp(self.raised_at), self.id)


@dataclass(frozen=True, slots=True)
class DangerStep:
    """One thing that was done about a danger.

    Attributes:
        number: its place, from 1.
        at: when.
        act: what.
        contact: the id of the contact it was about; "" for none.
        actor: who.
    """

    number: int
    at: dt.datetime
    act: Act
    contact: str
    actor: str
