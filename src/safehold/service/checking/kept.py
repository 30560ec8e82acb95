"""Kept answers: for whoever asks again with the same idempotency key, and for checks that are answered later.

Rules: the same key with the same request gives the same answer; with another request it is refused. Keys belong to an
API key. While the first request is under way in this process, or waits to be answered later, a second one is told to
ask again. Where two processes get the same request at the same moment both decide, and both give the answer that was
kept first. A process that ends leaves nothing behind, or a lease: then whoever asks again is served anew, since nobody
was told anything. What is kept holds no content: digests under the API key's own secret, and the outward answer.

    with kept.once(ask) as earlier:
        if earlier is None:
            answer = kept.keep(ask, answer)
"""

import datetime as dt
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol, TypeAlias, TypeVar

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.service.checking.state import State
from safehold.service.problem import Problem
from safehold.service.tables import kept_answers
from safehold.vocabulary import Clock

Result = TypeVar("Result")
Then: TypeAlias = Callable[[sa.Connection], None]
"""What follows in the same transaction."""

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """What makes a request the same as another.

    Attributes:
        key: whose it is.
        repeat: the digest of its idempotency key; None where it has none.
        body: the digest of all else of it.
    """

    key: str
    repeat: str | None
    body: str = field(repr=False)


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


class Committing(Protocol):
    """The part of a group commit that is needed."""

    def run(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Do work in a transaction and return once it is durable."""
        ...


class KeptAnswers:
    """The kept answers of a home; threads and processes may share them.

    Args:
        database: of the home.
        commits: makes what many threads keep durable together.
        clock: where the time comes from.
        hours: how long answers are kept.
    """

    def __init__(self, database: Database, commits: Committing, clock: Clock, *, hours: int) -> None:
        self._database = database
        self._commits = commits
        self._clock = clock
        self._hours = hours
        self._under_way: set[tuple[str, str]] = set()
        self._lock = Lock()

    @contextmanager
    def once(self, asked: Asked) -> Iterator[str | None]:
        """Give the earlier answer to a request, or None; keep others of this process from answering it meanwhile.

        Raises:
            Problem: 409 the same is under way, or the idempotency key belongs to another request.
        """
        place = (asked.key, asked.repeat or "")
        with self._lock:
            if place in self._under_way:
                raise under_way()
            self._under_way.add(place)
        try:
            with self._database.reading() as connection:
                row = self._find(connection, asked)
            yield None if row is None else self._answer(row, asked)
        finally:
            with self._lock:
                self._under_way.discard(place)

    def keep(self, asked: Asked, answer: str) -> str:
        """Keep the answer to a request and return it; or the one that another process kept first.

        Raises:
            Problem: 409 another process kept one to another request.
        """

        def work(connection: sa.Connection) -> str:
            row = self._living(connection, asked)
            if row is not None:
                return self._answer(row, asked) or self._replace(connection, row, answer)
            self._insert(connection, asked, state=State.DONE, answer=answer)
            return answer

        return self._commits.run(work)

    def begin(self, asked: Asked, *, seconds: float, callback: str | None = None) -> Begun:
        """Keep a request that is answered later, or find that it is kept.

        Args:
            asked: what makes it the same as another.
            seconds: for how long nobody else may answer it.
            callback: the webhook that is told of the answer.

        Raises:
            Problem: 409 the idempotency key belongs to another request (`repeated_otherwise`).
        """

        def work(connection: sa.Connection) -> Begun:
            row = self._living(connection, asked)
            if row is None:
                kept = self._insert(connection, asked, seconds=seconds, callback=callback)
                return Begun(kept, State.PENDING)
            if row["body"] != asked.body:
                raise _otherwise()
            return self._again(connection, row, seconds)

        return self._commits.run(work)

    def finish(self, kept: str, status: int, answer: str, then: Then | None = None) -> None:
        """Keep the answer of a request, and do what follows from it in the same transaction."""
        self._change(kept, {"state": State.DONE.value, "status": status, "answer": answer}, then)

    def abandon(self, kept: str, then: Then | None = None) -> None:
        """Say that a request was not answered: whoever asks again is served anew."""
        self._change(kept, {"state": State.INTERRUPTED.value}, then)

    def renew(self, kept: Collection[str], seconds: float) -> None:
        """Keep others from answering requests for longer."""
        query = sa.update(kept_answers).where(kept_answers.c.id.in_(kept)).values(lease_until=self._after(seconds))
        self._commits.run(lambda connection: connection.execute(query))

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

    def _living(self, connection: sa.Connection, asked: Asked) -> sa.RowMapping | None:
        """Return the row of a request; one whose time is over is removed."""
        row = None if asked.repeat is None else self._find(connection, asked, also_expired=True)
        if row is None or row["expires_at"] > self._after(0):
            return row
        connection.execute(sa.delete(kept_answers).where(kept_answers.c.id == row["id"]))
        return None

    def _find(self, connection: sa.Connection, asked: Asked, *, also_expired: bool = False) -> sa.RowMapping | None:
        query = sa.select(kept_answers).where(kept_answers.c.key_id == asked.key, kept_answers.c.repeat == asked.repeat)
        if not also_expired:
            query = query.where(kept_answers.c.expires_at > self._after(0))
        return connection.execute(query).mappings().first()

    def _answer(self, row: sa.RowMapping, asked: Asked) -> str | None:
        """Return what is kept, None where nobody answered and nobody will.

        Raises:
            Problem: 409 somebody is about to, or it is the answer to another request.
        """
        if row["body"] != asked.body:
            raise _otherwise()
        if row["state"] == State.PENDING.value and row["lease_until"] > self._after(0):
            raise under_way()
        return str(row["answer"]) if row["state"] == State.DONE.value else None

    def _insert(
        self,
        connection: sa.Connection,
        asked: Asked,
        *,
        state: State = State.PENDING,
        seconds: float = 0,
        **told: str | None,
    ) -> str:
        kept = secrets.token_hex(_ID_BYTES)
        row = {"id": kept, "key_id": asked.key, "repeat": asked.repeat, "body": asked.body, "state": state.value}
        status = 200 if state is State.DONE else None
        times = {"lease_until": self._after(seconds), "expires_at": self._after(self._hours * 3600)}
        connection.execute(sa.insert(kept_answers), {**row, **told, **times, "status": status})
        return kept

    def _replace(self, connection: sa.Connection, row: sa.RowMapping, answer: str) -> str:
        query = sa.update(kept_answers).where(kept_answers.c.id == row["id"])
        connection.execute(query.values(state=State.DONE.value, status=200, answer=answer))
        return answer

    def _again(self, connection: sa.Connection, row: sa.RowMapping, seconds: float) -> Begun:
        """Return a request that is kept already, as ours to answer where nobody else is at it."""
        is_left = row["state"] == State.INTERRUPTED.value
        is_over = row["state"] == State.PENDING.value and row["lease_until"] <= self._after(0)
        if is_left or is_over:
            query = sa.update(kept_answers).where(kept_answers.c.id == row["id"])
            connection.execute(query.values(state=State.PENDING.value, lease_until=self._after(seconds)))
            return Begun(row["id"], State.PENDING)
        return _to_begun(row)

    def _change(self, kept: str, values: dict[str, object], then: Then | None) -> None:
        query = sa.update(kept_answers).where(kept_answers.c.id == kept).values(values)

        def work(connection: sa.Connection) -> None:
            connection.execute(query)
            if then is not None:
                then(connection)

        self._commits.run(work)

    def _after(self, seconds: float) -> str:
        """Return the time so many seconds from now, as the database holds it."""
        return timestamp(self._clock.now() + dt.timedelta(seconds=seconds))


def _to_begun(row: sa.RowMapping) -> Begun:
    return Begun(row["id"], State(row["state"]), row["status"], answer=row["answer"], is_ours=False)


def _otherwise() -> Problem:
    return Problem(
        409,
        "repeated_otherwise",
        "This idempotency key belongs to another request",
        "Use a new key for a new request, and the same one only to send the same again.",
    )


def under_way() -> Problem:
    """Return the problem of a request that is just being decided."""
    return Problem(
        409,
        "under_way",
        "The same request is being decided",
        "Ask again shortly, with the same idempotency key.",
        headers={"Retry-After": "1"},
    )
