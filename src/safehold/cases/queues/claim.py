"""Claims: that one person holds one case for some time, so that no other decides it meanwhile."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Protocol

from safehold.cases.case import CaseId
from safehold.cases.item import Form


@dataclass(frozen=True, slots=True)
class Claim:
    """One person's hold on one case.

    Attributes:
        case: which case.
        person: who holds it.
        queue: out of which queue.
        lease: which hold this is: it is lost when somebody else gets the case.
        claimed_at: since when.
        expires_at: until when, if it is not renewed; this moment not included.
    """

    case: CaseId
    person: str
    queue: str
    lease: str = field(repr=False)
    claimed_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Declined:
    """What somebody has opted out of, without having to say why.

    Attributes:
        queues: names of queues.
        forms: forms of items: no case that has one is given to them.
    """

    queues: frozenset[str] = frozenset()
    forms: frozenset[Form] = frozenset()


class Wellbeing(Protocol):
    """What keeps people from seeing too much; queues ask it before they give a case out."""

    def rest_until(self, person: str, now: dt.datetime) -> dt.datetime | None:
        """Return until when somebody is to rest; None where they may go on."""
        ...

    def declined(self, person: str) -> Declined:
        """Return what somebody has opted out of."""
        ...


class NoLimits:
    """Lets everybody go on: for what nobody looks at, and for tests."""

    def rest_until(self, person: str, now: dt.datetime) -> dt.datetime | None:
        """Let them go on."""
        del person, now
        return None

    def declined(self, person: str) -> Declined:
        """Say that they opted out of nothing."""
        del person
        return Declined()
