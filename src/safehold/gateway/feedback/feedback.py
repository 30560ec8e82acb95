"""Feedback: receive it, count it by reason, forget the words in time.

book.receive(Feedback("check-1", FeedbackReason.HEALTH), Sender(source="192.0.2.7"))
book.counts()
"""

import datetime as dt
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import sqlalchemy as sa

from safehold.gateway.feedback.tables import feedback
from safehold.gateway.reports import sources
from safehold.gateway.reports.intake import Desk
from safehold.gateway.reports.report import Sender
from safehold.gateway.reports.sealing import sealed
from safehold.home.database import Database
from safehold.ledger import EventLog
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event, UsageError

LONGEST_NOTE = 500
"""Characters: enough to say why, too few for what was refused to be told all over again."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class FeedbackUnusableError(UsageError):
    """The id has not the shape of one, or the words are too many."""


class FeedbackReason(Enum):
    """Why somebody thinks that a refusal was wrong."""

    EDUCATION = "education"
    HEALTH = "health"
    FAMILY = "family"
    WORK = "work"
    ART = "art"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody says of a refusal.

    Attributes:
        reference: the id of the check or case.
        reason: why it was wrong, as they see it.
        note: in their own words; sealed.
    """

    reference: str
    reason: FeedbackReason
    note: str = field(default="", repr=False)


class FeedbackBook:
    """The feedback of a home; threads and processes may share it.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        desk: what it is kept with, and how much is accepted from one source.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock, desk: Desk) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._desk = desk

    def receive(self, told: Feedback, sender: Sender) -> str:
        """Receive feedback, and return its id; it is durable when this returns.

        Raises:
            FeedbackUnusableError: the id has not the shape of one, or the words are too many.
            TooManyReportsError: the source sent too much; nothing was kept.
            SealMissingError: it holds words, and there is no review key to seal them to.
        """
        if not _ID.fullmatch(told.reference) or len(told.note) > LONGEST_NOTE:
            raise FeedbackUnusableError(
                "this feedback can't be used",
                advice=f"Give the id of the check or case, and at most {LONGEST_NOTE} characters.",
            )
        now, given = self._clock.now(), f"F-{secrets.token_hex(8)}"
        note = sealed(told.note.encode(), self._desk.seals) if told.note else None
        with self._database.writing() as connection:
            if sender.source:
                sources.count(
                    connection, sender.source, now=now, digest_key=self._desk.digest_key, limits=self._desk.limits
                )
            row = {"id": given, "at": timestamp(now), "reference": told.reference, "reason": told.reason.value}
            connection.execute(sa.insert(feedback).values(**row, actor=sender.actor, sealed=note))
            details = {"id": given, "reason": told.reason.value, "check": told.reference}
            self._ledger.append(Event("feedback.received", sender.actor, details=details), connection)
        return given

    def counts(self, *, since: dt.datetime | None = None) -> Mapping[str, int]:
        """Return how often each reason was given, those never given too."""
        query = sa.select(feedback.c.reason, sa.func.count()).group_by(feedback.c.reason)
        if since is not None:
            query = query.where(feedback.c.at >= timestamp(since))
        with self._database.reading() as connection:
            found = {str(reason): int(number) for reason, number in connection.execute(query)}
        return {reason.value: found.get(reason.value, 0) for reason in FeedbackReason}

    def forget(self) -> int:
        """Remove words that were kept for long enough, and return how many."""
        before = timestamp(self._clock.now() - dt.timedelta(days=self._desk.retention_days))
        query = sa.update(feedback).where(feedback.c.at < before, feedback.c.sealed.is_not(None))
        with self._database.writing() as connection:
            return connection.execute(query.values(sealed=None)).rowcount
