"""Appeals: what somebody writes against a measure, and what another person makes of it."""

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType, Protocol

from safehold.cases.case import Subject
from safehold.cases.enforcement.enforcement import EnforcementId
from safehold.cases.paging import place_of
from safehold.ledger.entry import timestamp

AppealId = NewType("AppealId", str)
"""``apl_`` and 20 lower-case hexadecimal digits, drawn at random."""


class AppealState(Enum):
    """How far an appeal is."""

    RECEIVED = "received"
    GRANTED = "granted"
    """The measure was wrong: it is lifted, with all that followed from the same decision."""
    REDUCED = "reduced"
    """The measure was too much: it alone is lifted."""
    UPHELD = "upheld"
    """The measure stays."""


OUTCOMES = (AppealState.GRANTED, AppealState.REDUCED, AppealState.UPHELD)
"""What an appeal can be decided as."""


class Seals(Protocol):
    """Seal bytes so that the review key alone opens them."""

    def seal(self, data: bytes) -> bytes:
        """Return the sealed bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Filing:
    """An appeal as it comes in.

    Attributes:
        enforcement: against what.
        subject: whom the sender says it is about, marked; it has to be the one.
        statement: in their own words.
        contact: how to answer them; "" where the operator's system does.
        locale: BCP 47; "" for unknown.
    """

    enforcement: EnforcementId
    subject: Subject
    statement: str = field(repr=False)
    contact: str = field(default="", repr=False)
    locale: str = ""


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal, without what was written.

    Attributes:
        id: what it is called.
        enforcement: against what.
        state: how far it is.
        received_at: when it came.
        received_from: which key handed it in.
        due_at: until when it should be decided.
        locale: of what was written.
        taken_by: who looks at it; "" for nobody.
        taken_until: until when nobody else does; None for nobody.
        decided_at, decided_by: None and "" before.
        reason: why, in one word; "" before.
        has_statement: whether what was written is still kept.
        version: goes up by one with every change.
    """

    id: AppealId
    enforcement: EnforcementId
    state: AppealState
    received_at: dt.datetime
    received_from: str
    due_at: dt.datetime
    locale: str
    taken_by: str
    taken_until: dt.datetime | None
    decided_at: dt.datetime | None
    decided_by: str
    reason: str
    has_statement: bool
    version: int

    @property
    def is_open(self) -> bool:
        """Return whether nobody has decided."""
        return self.state is AppealState.RECEIVED

    def is_overdue(self, now: dt.datetime) -> bool:
        """Return whether nobody has decided in time."""
        return self.is_open and now > self.due_at

    @property
    def place(self) -> str:
        """Return where it stands in lists, those that wait first, by when they are due."""
        return place_of("0" if self.decided_at is None else "1", timestamp(self.due_at), self.id)

    def is_free_for(self, name: str, now: dt.datetime) -> bool:
        """Return whether nobody else is looking at it."""
        return self.taken_by in {"", name} or self.taken_until is None or now >= self.taken_until
