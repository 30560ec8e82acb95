"""Claims: that one person holds one case for some time, so that no other decides it meanwhile."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Protocol

from safehold.cases.case import CaseId
from safehold.cases.exposure.rest import Allowance
from safehold.cases.staff import Person


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


class Wellbeing(Protocol):
    """What keeps people from being given too much, or what they opted out of; `safehold.cases.exposure` fills it."""

    def allowance(self, person: Person, now: dt.datetime | None = None) -> Allowance:
        """Return what may be given to somebody now."""
        ...
