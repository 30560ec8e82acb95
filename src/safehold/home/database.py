"""The database of a home: the same tables on SQLite and on PostgreSQL, every commit on the medium before it returns.

Reading sees one consistent moment and never waits; writing takes the one write lock at its start, so that nothing read
inside can have changed by the time it commits.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from safehold.home.errors import HomeBusyError
from safehold.home.postgresql import PostgresqlServer
from safehold.home.sqlite import SqliteFile
from safehold.vocabulary import SafeholdError

WAIT_SECONDS = 30
"""How long a writer waits for another one."""


class Store(Protocol):
    """What differs between the kinds of database."""

    @property
    def name(self) -> str:
        """How errors call it; never with a password."""
        ...

    @property
    def engine(self) -> sa.Engine:
        """Its connections."""
        ...

    def begin_reading(self, connection: sa.Connection) -> None:
        """Begin a transaction that sees one moment."""
        ...

    def begin_writing(self, connection: sa.Connection) -> None:
        """Begin a transaction that holds the write lock."""
        ...

    def turn(self) -> AbstractContextManager[None]:
        """Stand in line with the other writers, where the database itself has no good line."""
        ...

    def meaning(self, error: DBAPIError) -> SafeholdError | None:
        """Say in our words what an error means; None where it is a defect of ours."""
        ...


class Database:
    """A database with its connections.

    Args:
        place: a SQLite file, made for its owner alone if it isn't there; or the address of a PostgreSQL database, as
            :func:`safehold.home.postgresql.parse_address` returns it.
        wait_seconds: how long a writer waits for another one.

    Attributes:
        path: the SQLite file; None on a server.
        engine: its connections.
    """

    def __init__(self, place: Path | sa.URL, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self.path = place if isinstance(place, Path) else None
        self._store = _opened(place, wait_seconds)
        self.engine = self._store.engine

    @property
    def name(self) -> str:
        """How to name it to a person; never with a password."""
        return self._store.name

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection that sees one moment; whatever it changes is rolled back.

        Raises:
            DatabaseUnreachableError: the server does not answer.
        """
        return self._beginning(self._store.begin_reading)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection that holds the write lock; commit at the end, roll back on any error.

        Raises:
            HomeBusyError: another writer kept the lock for too long.
            HomeFullError: the disk is full; nothing of this transaction remains.
            DatabaseUnreachableError: the server does not answer. If it was lost at the very end, the transaction may be
                kept all the same: look before you repeat it.
        """
        with self._store.turn(), self._beginning(self._store.begin_writing) as connection:
            yield connection
            connection.commit()

    @contextmanager
    def _beginning(self, begin: Callable[[sa.Connection], None]) -> Iterator[sa.Connection]:
        """Give a connection in a transaction, which is rolled back at the end; raise in our words what is reported."""
        try:
            with self.engine.connect() as connection:
                begin(connection)
                yield connection
        except PoolTimeoutError as error:
            raise HomeBusyError(
                f"{self.name} has no connection free", advice="Wait, then try again; or use fewer threads."
            ) from error
        except DBAPIError as error:
            meaning = self._store.meaning(error)
            if meaning is None:
                raise
            raise meaning from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _opened(place: Path | sa.URL, wait_seconds: float) -> Store:
    return SqliteFile(place, wait_seconds) if isinstance(place, Path) else PostgresqlServer(place, wait_seconds)
