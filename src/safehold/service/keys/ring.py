"""The ring of keys: the rows of a home's API keys, and a copy of them in memory that every request is compared with.

Rules: the copy is read again at most once a second, whatever is shown, so that guessing costs the database nothing and
a key that was revoked by another process is refused a second later. Where the database can't be read nothing is
accepted. When a key was last used is written by `flush`, every now and then: never while somebody waits.

    key, token = ring.create("web", (Scope.CHECK,))
    ring.identify(token).caller
"""

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import Lock
from types import MappingProxyType

import sqlalchemy as sa

from safehold.gateway import Scope
from safehold.home.database import Database
from safehold.ledger import EventLog, is_fit
from safehold.ledger.entry import timestamp
from safehold.service.errors import KeyMissingError, KeyNameError, KeyRefusedError
from safehold.service.keys.key import Key
from safehold.service.keys.secret import Token
from safehold.service.tables import api_keys
from safehold.vocabulary import Clock, Event

FRESH_SECONDS = 1.0
"""How long the copy in memory is believed."""

_NO_KEYS: Mapping[str, Key] = MappingProxyType({})


class KeyRing:
    """The keys of a home; threads may share it.

    Args:
        database: of the home.
        ledger: where it is recorded that keys were made and revoked.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, ledger: EventLog, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._lock = Lock()
        self._known = _NO_KEYS
        self._fresh_until = 0.0
        self._used: dict[str, dt.datetime] = {}

    @property
    def is_fresh(self) -> bool:
        """Whether `identify` answers from memory."""
        return time.monotonic() < self._fresh_until

    def identify(self, token: Token) -> Key:
        """Return the key that somebody shows.

        Raises:
            KeyRefusedError: it is none of ours, or no longer accepted.
            SafeholdError: the database can't be read.
        """
        self.refresh()
        key = self._known.get(token.id)
        now = self._clock.now()
        if key is None or not token.has(key.digest) or not key.is_valid(now):
            raise KeyRefusedError("no valid API key", advice="Ask whoever runs this service for a key.")
        self._used[key.id] = now
        return key

    def refresh(self) -> None:
        """Read the keys again if the copy is old.

        Raises:
            SafeholdError: the database can't be read; nothing is accepted until it can.
        """
        if self.is_fresh:
            return
        with self._lock:
            if not self.is_fresh:
                self._known = {key.id: key for key in self.all()}
                self._fresh_until = time.monotonic() + FRESH_SECONDS

    def all(self) -> tuple[Key, ...]:
        """Return every key that ever was, by name."""
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(api_keys).order_by(api_keys.c.name)).mappings().all()
        return tuple(map(_to_key, rows))

    def create(
        self,
        name: str,
        scopes: Iterable[Scope],
        *,
        expires_at: dt.datetime | None = None,
        per_second: int | None = None,
        actor: str = "system",
    ) -> tuple[Key, Token]:
        """Make a key; its secret is in the token and nowhere else.

        Args:
            name: for people and the ledger; no other key has or had it.
            scopes: what it may do.
            expires_at: from when on it is refused.
            per_second: how many requests a second it may make of one process.
            actor: who makes it.

        Raises:
            KeyNameError: the name can't stand in an event, or is taken.
        """
        if not name or not is_fit(name):
            raise KeyNameError(
                "a key's name holds letters, digits, hyphens and underscores only, 64 at most",
                advice="Name the service that will use it, for instance: web-prod",
            )
        token = Token.new()
        now = self._clock.now()
        key = Key(token.id, name, frozenset(scopes), token.digest, per_second, now, expires_at)
        event = Event("key.created", actor, details={"key": key.id, "name": name, "scopes": len(key.scopes)})
        with self._database.writing() as connection:
            if connection.execute(sa.select(api_keys.c.id).where(api_keys.c.name == name)).first() is not None:
                raise KeyNameError(
                    "a key of this name exists or existed", advice="Choose another name, for instance with a number."
                )
            connection.execute(sa.insert(api_keys), _to_row(key))
            self._ledger.append(event, connection)
        self._fresh_until = 0.0
        return key, token

    def revoke(self, name: str, *, actor: str = "system") -> Key:
        """Refuse a key from now on; other processes do so within a second.

        Raises:
            KeyMissingError: there is none of this name that is still accepted.
        """
        now = self._clock.now()
        living = sa.and_(api_keys.c.name == name, api_keys.c.revoked_at.is_(None))
        with self._database.writing() as connection:
            row = connection.execute(sa.select(api_keys).where(living)).mappings().first()
            if row is None:
                raise KeyMissingError("there is no such key to revoke", advice="See them with: safehold key list")
            connection.execute(sa.update(api_keys).where(living).values(revoked_at=timestamp(now)))
            self._ledger.append(Event("key.revoked", actor, details={"key": row["id"], "name": name}), connection)
        self._fresh_until = 0.0
        return replace(_to_key(row), revoked_at=now)

    def flush(self) -> int:
        """Write when keys were last used, and return of how many; for a worker, every half a minute or so."""
        used, self._used = self._used, {}
        if not used:
            return 0
        query = sa.update(api_keys).where(api_keys.c.id == sa.bindparam("key"))
        rows = [{"key": key, "at": timestamp(at)} for key, at in used.items()]
        with self._database.writing() as connection:
            connection.execute(query.values(last_used_at=sa.bindparam("at")), rows)
        return len(rows)


def _to_row(key: Key) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "digest": key.digest,
        "scopes": " ".join(sorted(scope.value for scope in key.scopes)),
        "per_second": key.per_second,
        "created_at": timestamp(key.created_at),
        "expires_at": None if key.expires_at is None else timestamp(key.expires_at),
    }


def _to_key(row: sa.RowMapping) -> Key:
    return Key(
        id=row["id"],
        name=row["name"],
        scopes=frozenset(map(Scope, row["scopes"].split())),
        digest=row["digest"],
        per_second=row["per_second"],
        created_at=dt.datetime.fromisoformat(row["created_at"]),
        expires_at=_moment(row["expires_at"]),
        revoked_at=_moment(row["revoked_at"]),
        last_used_at=_moment(row["last_used_at"]),
    )


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
