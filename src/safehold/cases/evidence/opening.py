"""One opening of evidence: who asked, who granted it, and until when the console can read it."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.ledger.entry import timestamp
from safehold.vault import EvidenceId
from safehold.vault.granting import Terms

OpeningId = NewType("OpeningId", str)
"""``open_`` and 20 lower-case hexadecimal digits, drawn at random."""


class OpeningState(Enum):
    """How far an opening is."""

    REQUESTED = "requested"
    """It waits for custodians."""
    GRANTED = "granted"
    """Enough of them have granted it: it can be read until its time is over."""
    REFUSED = "refused"
    """A custodian refused it."""
    LAPSED = "lapsed"
    """Too few of them granted it in time."""
    ENDED = "ended"
    """Its time is over, or somebody ended it."""

    @property
    def is_over(self) -> bool:
        """Whether nothing can come of it any more."""
        return self not in {OpeningState.REQUESTED, OpeningState.GRANTED}


@dataclass(frozen=True, slots=True)
class Opening:
    """A request to open evidence, with what became of it.

    Attributes:
        id: what it is called.
        evidence: what is to be opened.
        case: for which case.
        purpose: why, in one word.
        requester: who asked.
        requested_at: when.
        seconds: for how long it stays open once enough custodians have granted it.
        lapses_at: until when it can be granted, excluded.
        needed: how many custodians must grant it.
        is_single_operator: whether one person alone was enough, or could be both: every export then says so.
        review_key: to which key it is sealed again: its public half, 64 hexadecimal digits.
        state: how far it is, as last recorded: time alone may have moved it on (`is_readable`).
        granted_by: the custodians who granted it, ordered by name.
        expires_at: until when it can be read, excluded; None before it is granted.
        ended_at: when it was refused, lapsed or ended; None while it isn't.
        ended_by: who did that; "" for nobody.
    """

    id: OpeningId
    evidence: EvidenceId
    case: str
    purpose: str
    requester: str
    requested_at: dt.datetime
    seconds: int
    lapses_at: dt.datetime
    needed: int
    is_single_operator: bool
    review_key: str
    state: OpeningState
    granted_by: tuple[str, ...] = ()
    expires_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    ended_by: str = ""

    @property
    def terms(self) -> Terms:
        """Return what custodians consent to."""
        return Terms(
            opening=self.id,
            evidence=self.evidence,
            case=self.case,
            purpose=self.purpose,
            requester=self.requester,
            seconds=self.seconds,
            lapses_at=timestamp(self.lapses_at),
            needed=self.needed,
            review_key=self.review_key,
        )

    def is_grantable(self, now: dt.datetime) -> bool:
        """Return whether custodians can still grant it."""
        return self.state is OpeningState.REQUESTED and now < self.lapses_at

    def is_readable(self, now: dt.datetime) -> bool:
        """Return whether the console can read it now.

        Never later than custodians consented to, whatever the database says: `seconds` after the last moment at which
        it could be granted.
        """
        if self.state is not OpeningState.GRANTED or self.expires_at is None:
            return False
        return now < min(self.expires_at, self.lapses_at + dt.timedelta(seconds=self.seconds))
