"""Cases: what people must look at, about one account, model or source, with everything that was found of it.

A case holds items; each keeps its own verdict, fingerprints and context. One case of a subject is open at a time.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

CaseId = NewType("CaseId", str)
"""``case_`` and 20 lower-case hexadecimal digits, drawn at random."""


class SubjectKind(Enum):
    """Whom or what a case is about."""

    ACCOUNT = "account"
    SESSION = "session"
    MODEL = "model"
    SOURCE = "source"
    """A dataset, by the run that scanned it."""
    LINK = "link"
    NOBODY = "nobody"
    """Nothing but the item itself is known."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what a case is about, so that equal ones are found without being named.

    Attributes:
        kind: what it is.
        mark: a keyed mark of the account, session or link (`safehold.gateway.marks`); a model's name and version, or a
            run's id, as one word.
    """

    kind: SubjectKind
    mark: str


class CaseState(Enum):
    """How far a case is."""

    OPEN = "open"
    """Items wait for a first decision."""
    SECOND_REVIEW = "second_review"
    """Items wait for a second person."""
    ESCALATED = "escalated"
    """Somebody asked for a specialist, or there may be danger to life."""
    DECIDED = "decided"
    """Every item is decided; what follows from that may still be under way."""
    CLOSED = "closed"
    """Nothing is left to do; a new item of the same subject opens another case."""


class Priority(Enum):
    """What comes first; the order is that of the members."""

    DANGER = "danger"
    """There may be danger to life."""
    URGENT = "urgent"
    """A clock of the law runs, or known material was found."""
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Case:
    """A case, without its items.

    Attributes:
        id: what it is called.
        subject: whom or what it is about.
        state: how far it is.
        priority: what comes first.
        queue: the name of the queue that it waits in.
        label: what a reviewer is warned of before opening it: a class of harm or a concept, never a severity.
        assignee: whom it was given to; "" for nobody.
        opened_at: when its first item came.
        changed_at: when anything of it changed last.
        due_at: until when it must be decided; None for no clock.
        items: how many items.
        undecided: how many of them wait for a decision, a second one included.
        version: goes up by one with every change but further items: who changes a case says which version was seen.
    """

    id: CaseId
    subject: Subject
    state: CaseState
    priority: Priority
    queue: str
    label: str
    assignee: str
    opened_at: dt.datetime
    changed_at: dt.datetime
    due_at: dt.datetime | None
    items: int
    undecided: int
    version: int
