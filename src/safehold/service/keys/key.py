"""An API key as the service knows it: everything but the secret."""

import datetime as dt
from dataclasses import dataclass, field

from safehold.gateway import Caller, Scope


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        id: what finds it.
        name: whom the ledger names as actor.
        scopes: what it may do.
        digest: SHA-256 of its secret, in hexadecimal.
        per_second: how many requests a second it may make of one process; None for the settings' word.
        created_at: when it was made.
        expires_at: from when on it is refused; None for never.
        revoked_at: since when it is refused; None for not.
        last_used_at: about when it was last accepted; None for never.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    digest: str = field(repr=False)
    per_second: int | None
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None

    @property
    def caller(self) -> Caller:
        """Who asks with this key."""
        return Caller(self.name, self.scopes)

    def is_valid(self, now: dt.datetime) -> bool:
        """Whether it is accepted at a moment: neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def allows(self, scope: Scope) -> bool:
        """Whether it may do what the scope is for."""
        return scope in self.scopes
