"""Exposure: how often messages are shown, and how many of the refused are refused again. Counts alone leave.

Whether help was clicked on is nobody's business here; whether people who were told try again is what says that a
message works.

    exposures.shown(message, audience)
    exposures.summary().repeat_rate

Source: the warning of Lucy Faithfull Foundation, IWF and Aylo in the United Kingdom, 2022 to 2023 (University of
Tasmania): 82 % of those warned did not search again, while few clicked.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import sqlalchemy as sa

from safehold.gateway.answer import Refusal
from safehold.gateway.messages.message import Audience, Message
from safehold.gateway.messages.tables import message_counts
from safehold.gateway.tables import decisions
from safehold.gateway.tally import add
from safehold.home.database import Database
from safehold.vocabulary import Clock

FLUSH_SECONDS = 5.0
"""How long counts may wait in memory: a process that is killed loses no more than these seconds of them."""

_NAMES = ("day", "key", "country", "language", "audience")
_TELLING = (Refusal.POLICY, Refusal.REVIEW)
"""Refusals that say something about what was asked for; the others are faults and limits."""


@dataclass(frozen=True, slots=True)
class ExposureSummary:
    """Counts over the days asked for.

    Attributes:
        shown: how often messages were shown, by key.
        accounts: how many accounts were refused, as far back as decisions are kept.
        accounts_again: how many of them were refused more than once.
    """

    shown: Mapping[str, int]
    accounts: int
    accounts_again: int

    @property
    def repeat_rate(self) -> float | None:
        """Return the share of refused accounts that were refused again, 0 to 1; None where none was refused."""
        return self.accounts_again / self.accounts if self.accounts else None


class Exposures:
    """The counts of a home; threads may share one.

    Args:
        database: of the home.
        clock: where the time comes from.
        flush_seconds: how long counts may wait in memory.
    """

    def __init__(self, database: Database, clock: Clock, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._database = database
        self._clock = clock
        self._flush_seconds = flush_seconds
        self._lock = Lock()
        self._waiting: Counter[tuple[str, ...]] = Counter()
        self._flushed_at = clock.now()

    def shown(self, message: Message, audience: Audience | None) -> None:
        """Count that a message was shown; writes what has waited for long enough."""
        now = self._clock.now()
        asked = "" if audience is None else audience.value
        with self._lock:
            self._waiting[now.date().isoformat(), message.key, message.country, message.language, asked] += 1
            is_due = (now - self._flushed_at).total_seconds() >= self._flush_seconds
        if is_due:
            self.flush()

    def flush(self) -> int:
        """Write the counts that wait, and return how many showings that were; after an error they still wait."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
            self._flushed_at = self._clock.now()
        if not waiting:
            return 0
        is_written = False
        try:
            with self._database.writing() as connection:
                for key, count in sorted(waiting.items()):
                    add(connection, message_counts, dict(zip(_NAMES, key, strict=True)), shown=count)
            is_written = True
        finally:
            if not is_written:
                with self._lock:
                    self._waiting += waiting
        return waiting.total()

    def summary(self, *, since: dt.date | None = None) -> ExposureSummary:
        """Return the counts.

        Args:
            since: the first day of showings that count; None for all.
        """
        self.flush()
        shown = sa.select(message_counts.c.key, sa.func.sum(message_counts.c.shown)).group_by(message_counts.c.key)
        if since is not None:
            shown = shown.where(message_counts.c.day >= since.isoformat())
        each = _refusals_of_each()
        accounts = sa.select(sa.func.count()).select_from(each)
        with self._database.reading() as connection:
            by_key = {str(key): int(count) for key, count in connection.execute(shown)}
            refused = int(connection.execute(accounts).scalar_one())
            again = int(connection.execute(accounts.where(each.c.times > 1)).scalar_one())
        return ExposureSummary(by_key, refused, again)


def _refusals_of_each() -> sa.Subquery:
    """Return the query of how often each account was refused, as `times`."""
    return (
        sa.select(sa.func.count().label("times"))
        .where(decisions.c.account.is_not(None), decisions.c.refusal.in_([refusal.value for refusal in _TELLING]))
        .group_by(decisions.c.account)
        .subquery()
    )
