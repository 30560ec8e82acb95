"""Callbacks: how the operator's systems hear that a check was answered. Filled by webhook delivery."""

from typing import Protocol

import sqlalchemy as sa


class Callbacks(Protocol):
    """Tell a registered endpoint of an event, once the caller's transaction is committed."""

    def is_registered(self, name: str) -> bool:
        """Whether there is an endpoint of this name."""
        ...

    def announce(self, connection: sa.Connection, name: str, *, check: str, state: str) -> None:
        """Put the telling into the caller's *writing* transaction; nothing for a name that is registered no more."""
        ...
