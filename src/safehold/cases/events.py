"""What cases record with: the part of the ledger that takes events in a caller's transaction."""

from typing import Protocol

import sqlalchemy as sa

from safehold.vocabulary import Event


class Events(Protocol):
    """Record an event in the caller's transaction."""

    def append(self, event: Event, connection: sa.Connection | None = None) -> int:
        """Record it and return its place."""
        ...
