"""Readiness: whether this process can decide. Apart from liveness: whether it should be started again.

Rules: it is not ready while the database can't be read, while the index is missing or can't be followed, while more of
an import is unsearched than for `STALE_SECONDS`, and while it stops.

    readiness.failures()          # empty: ready
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.vocabulary import SafeholdError

STALE_SECONDS = 60.0
"""How long an import may be unsearched: the segment of ten million hashes takes about this long."""


class FollowingIndex(Protocol):
    """The part of a live index that is needed."""

    @property
    def behind(self) -> int:
        """Return how many imported entries are not searched yet."""
        ...

    def current(self) -> object:
        """Return the index as it is now."""
        ...


class Readiness:
    """Looks whether everything is there.

    Args:
        database: of the home.
        index: that checks look up in; None where there is none, which is not ready.
        monotonic: tells seconds that only grow.
    """

    def __init__(
        self, database: Database, index: FollowingIndex | None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._index = index
        self._monotonic = monotonic
        self._behind_since: float | None = None
        self._is_stopping = False

    def stop(self) -> None:
        """Be ready no more: what is under way is answered, nothing new should be sent here."""
        self._is_stopping = True

    def failures(self) -> Sequence[str]:
        """Return what is not there, as words: "database", "index", "index_stale", "stopping"."""
        found = ["stopping"] if self._is_stopping else []
        if not self._has_database():
            found.append("database")
        if not self._has_index():
            found.append("index")
        elif self._is_stale():
            found.append("index_stale")
        return found

    def _has_database(self) -> bool:
        try:
            with self._database.reading() as connection:
                connection.execute(sa.text("SELECT 1"))
        except SafeholdError:
            return False
        return True

    def _has_index(self) -> bool:
        if self._index is None:
            return False
        try:
            self._index.current()
        except (SafeholdError, OSError):
            return False
        return True

    def _is_stale(self) -> bool:
        if self._index is None or self._index.behind == 0:
            self._behind_since = None
            return False
        now = self._monotonic()
        self._behind_since = now if self._behind_since is None else self._behind_since
        return now - self._behind_since > STALE_SECONDS
