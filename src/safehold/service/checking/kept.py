"""Kept answers: for whoever asks again with the same idempotency key, and for checks that are answered later.

Rules: the same key with the same request gives the same answer, and decides nothing twice; with another request it is
refused. Keys belong to an API key. While the first request is under way a second one is told to wait. A process that
ends meanwhile leaves a lease behind: once it is over, whoever asks again is served anew, since nothing was decided as
far as anybody was told. What is kept holds no content: digests under the API key's own secret, and the outward answer.

    begun = kept.begin(key, repeat=token.sign(b"4f1c"), body=token.sign(body), seconds=60)
    if begun.answer is None: kept.finish(begun.id, 200, answer)
"""

import datetime as dt
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeAlias

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.service.checking.state import State
from safehold.service.problem import Problem
from safehold.service.tables import kept_answers
from safehold.vocabulary import Clock

Then: TypeAlias = Callable[[sa.Connection], None]
"""What follows in the same transaction."""

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that is kept.

    Attributes:
        id: of its row.
        state: of its answer.
        status: of the response, once it is answered.
        answer: the response's body, once it is answered.
        is_ours: whether it is for whoever asks now to answer it.
    """

    id: str
    state: State
    status: int | None = None
    answer: str | None = field(default=None, repr=False)
    is_ours: bool = True


class KeptAnswers:
    """The kept answers of a home; threads and processes may share them.

    Args:
        database: of the home.
        clock: where the time comes from.
        hours: how long answers are kept.
    """

    def __init__(self, database: Database, clock: Clock, *, hours: int) -> None:
        self._database = database
        self._clock = clock
        self._hours = hours

    def begin(self, key: str, *, repeat: str | None, body: str, seconds: float, callback: str | None = None) -> Begun:
        """Keep a request, or find that it is kept.

        Args:
            key: whose it is.
            repeat: the digest of its idempotency key; None where it has none.
            body: the digest of all else of it.
            seconds: for how long nobody else may answer it.
            callback: the webhook that is told of the answer.

        Raises:
            Problem: 409 the idempotency key belongs to another request (`repeated_otherwise`).
        """
        now = self._clock.now()
        lease = timestamp(now + dt.timedelta(seconds=seconds))
        with self._database.writing() as connection:
            row = None if repeat is None else self._find(connection, key, repeat)
            if row is not None and row["expires_at"] <= timestamp(now):
                connection.execute(sa.delete(kept_answers).where(kept_answers.c.id == row["id"]))
                row = None
            if row is None:
                return self._insert(connection, key, repeat, body=body, lease=lease, callback=callback)
            if row["body"] != body:
                raise _otherwise()
            return self._again(connection, row, lease)

    def finish(self, kept: str, status: int, answer: str, then: Then | None = None) -> None:
        """Keep the answer of a request, and do what follows from it in the same transaction."""
        self._change(kept, {"state": State.DONE.value, "status": status, "answer": answer}, then)

    def abandon(self, kept: str, then: Then | None = None) -> None:
        """Say that a request was not answered: whoever asks again is served anew."""
        self._change(kept, {"state": State.INTERRUPTED.value}, then)

    def renew(self, kept: Collection[str], seconds: float) -> None:
        """Keep others from answering requests for longer."""
        lease = timestamp(self._clock.now() + dt.timedelta(seconds=seconds))
        query = sa.update(kept_answers).where(kept_answers.c.id.in_(kept))
        with self._database.writing() as connection:
            connection.execute(query.values(lease_until=lease))

    def find(self, kept: str, key: str | None) -> Begun | None:
        """Return a request; None where there is none, or it is another key's.

        Args:
            kept: its id.
            key: whose it must be; None for anybody's.
        """
        query = sa.select(kept_answers).where(
            kept_answers.c.id == kept, kept_answers.c.expires_at > timestamp(self._clock.now())
        )
        if key is not None:
            query = query.where(kept_answers.c.key_id == key)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else _to_begun(row)

    def interrupt_lost(self, then: Callable[[sa.Connection, str, str | None], None]) -> int:
        """Mark requests whose process ended before it answered them, and return how many that were.

        Args:
            then: what follows in the same transaction, given it, a request's id and its callback.
        """
        lost = sa.and_(
            kept_answers.c.state == State.PENDING.value,
            kept_answers.c.lease_until <= timestamp(self._clock.now()),
        )
        query = sa.select(kept_answers.c.id, kept_answers.c.callback).where(lost)
        with self._database.reading() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            found = connection.execute(query).all()
            connection.execute(sa.update(kept_answers).where(lost).values(state=State.INTERRUPTED.value))
            for kept, callback in found:
                then(connection, kept, callback)
        return len(found)

    def expire(self) -> int:
        """Remove what was kept for long enough, and return how much that was."""
        query = sa.delete(kept_answers).where(kept_answers.c.expires_at <= timestamp(self._clock.now()))
        with self._database.writing() as connection:
            return connection.execute(query).rowcount

    def _find(self, connection: sa.Connection, key: str, repeat: str) -> sa.RowMapping | None:
        query = sa.select(kept_answers).where(kept_answers.c.key_id == key, kept_answers.c.repeat == repeat)
        return connection.execute(query).mappings().first()

    def _insert(
        self, connection: sa.Connection, key: str, repeat: str | None, *, body: str, lease: str, callback: str | None
    ) -> Begun:
        kept = secrets.token_hex(_ID_BYTES)
        expires = timestamp(self._clock.now() + dt.timedelta(hours=self._hours))
        row = {"id": kept, "key_id": key, "repeat": repeat, "body": body, "state": State.PENDING.value}
        told = {"callback": callback, "lease_until": lease, "expires_at": expires}
        connection.execute(sa.insert(kept_answers), {**row, **told})
        return Begun(kept, State.PENDING)

    def _again(self, connection: sa.Connection, row: sa.RowMapping, lease: str) -> Begun:
        """Return a request that is kept already, as ours to answer where nobody else is at it."""
        is_left = row["state"] == State.INTERRUPTED.value
        is_over = row["state"] == State.PENDING.value and row["lease_until"] <= timestamp(self._clock.now())
        if is_left or is_over:
            query = sa.update(kept_answers).where(kept_answers.c.id == row["id"])
            connection.execute(query.values(state=State.PENDING.value, lease_until=lease))
            return Begun(row["id"], State.PENDING)
        return _to_begun(row)

    def _change(self, kept: str, values: dict[str, object], then: Then | None) -> None:
        with self._database.writing() as connection:
            connection.execute(sa.update(kept_answers).where(kept_answers.c.id == kept).values(values))
            if then is not None:
                then(connection)


def _to_begun(row: sa.RowMapping) -> Begun:
    return Begun(row["id"], State(row["state"]), row["status"], answer=row["answer"], is_ours=False)


def _otherwise() -> Problem:
    return Problem(
        409,
        "repeated_otherwise",
        "This idempotency key belongs to another request",
        "Use a new key for a new request, and the same one only to send the same again.",
    )
