"""Exposure: how often messages are shown, and how many of the refused are refused again. Counts alone leave.

Whether help was clicked on is nobody's business here; whether people who were told try again is what says that a
message works.

    exposures.shown(message, audience)
    exposures.refused("a-17")
    exposures.summary().repeat_rate

Source: the warning of Lucy Faithfull Foundation, IWF and Aylo in the United Kingdom, 2022 to 2023 (University of
Tasmania): 82 % of those warned did not search again, while few clicked.
"""

import datetime as dt
import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import sqlalchemy as sa

from safehold.gateway.messages.message import Audience, Message
from safehold.gateway.messages.tables import message_accounts, message_counts
from safehold.gateway.tally import add
from safehold.home.database import Database
from safehold.vocabulary import Clock

FLUSH_SECONDS = 5.0
"""How long counts may wait in memory: a process that is killed loses no more than these seconds of them."""

_Shown = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class ExposureSummary:
    """Counts over the days asked for.

    Attributes:
        shown: how often messages were shown, by key.
        accounts: how many accounts were refused, as far back as accounts' data are kept.
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
        digest_key: for accounts' identifiers: at least 16 random bytes, the same in every process.
        flush_seconds: how long counts may wait in memory.
    """

    def __init__(
        self, database: Database, clock: Clock, *, digest_key: bytes, flush_seconds: float = FLUSH_SECONDS
    ) -> None:
        self._database = database
        self._clock = clock
        self._digest_key = digest_key
        self._flush_seconds = flush_seconds
        self._lock = Lock()
        self._shown: Counter[_Shown] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        self._flushed_at = clock.now()

    def shown(self, message: Message, audience: Audience | None) -> None:
        """Count that a message was shown; writes what has waited for long enough."""
        day = self._clock.now().date().isoformat()
        asked = "" if audience is None else audience.value
        with self._lock:
            self._shown[day, message.key, message.country, message.language, asked] += 1
        self._write_if_due()

    def refused(self, account: str) -> None:
        """Count that an account was refused; does nothing for ""."""
        if account:
            digest = hmac.new(self._digest_key, account.encode(), hashlib.sha256).hexdigest()
            with self._lock:
                self._refused[digest, self._clock.now().date().isoformat()] += 1
            self._write_if_due()

    def flush(self) -> None:
        """Write the counts that wait; a failure leaves them waiting."""
        with self._lock:
            shown, refused = self._shown.copy(), self._refused.copy()
            self._flushed_at = self._clock.now()
        if not shown and not refused:
            return
        with self._database.writing() as connection:
            for key, count in sorted(shown.items()):
                names = ("day", "key", "country", "language", "audience")
                add(connection, message_counts, dict(zip(names, key, strict=True)), shown=count)
            for (account, day), count in sorted(refused.items()):
                add(connection, message_accounts, {"account": account}, latest={"last_on": day}, refusals=count)
        with self._lock:
            self._shown -= shown
            self._refused -= refused

    def summary(self, *, since: dt.date | None = None) -> ExposureSummary:
        """Return the counts.

        Args:
            since: the first day of showings that count; None for all.
        """
        self.flush()
        total = sa.func.sum(message_counts.c.shown)
        shown = sa.select(message_counts.c.key, total).group_by(message_counts.c.key)
        if since is not None:
            shown = shown.where(message_counts.c.day >= since.isoformat())
        accounts = sa.select(sa.func.count()).select_from(message_accounts)
        with self._database.reading() as connection:
            by_key = {str(key): int(count) for key, count in connection.execute(shown)}
            all_of_them = int(connection.execute(accounts).scalar_one())
            again = int(connection.execute(accounts.where(message_accounts.c.refusals > 1)).scalar_one())
        return ExposureSummary(by_key, all_of_them, again)

    def forget(self, before: dt.date) -> int:
        """Remove accounts that were last refused before a day, and return how many."""
        query = sa.delete(message_accounts).where(message_accounts.c.last_on < before.isoformat())
        with self._database.writing() as connection:
            return connection.execute(query).rowcount

    def _write_if_due(self) -> None:
        if (self._clock.now() - self._flushed_at).total_seconds() >= self._flush_seconds:
            self.flush()
