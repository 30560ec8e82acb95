"""The database of a home: SQLite through SQLAlchemy Core, every commit on the medium before it returns.

Reading sees one consistent moment and never waits; writing takes the one write lock at its start, so that nothing read
inside can have changed by the time it commits.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from safehold.home.errors import HomeBrokenError, HomeBusyError, HomeFullError, HomeUnusableError
from safehold.home.files import fsync_folder, private_file
from safehold.vocabulary import SafeholdError

WAIT_SECONDS = 30
"""How long a writer waits for another one."""

_BEGIN = "safehold_begin"


class Database:
    """One SQLite file with its connections.

    Args:
        path: the file; made, for its owner alone, if it isn't there.
        wait_seconds: how long a writer waits for another one.
    """

    def __init__(self, path: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self.path = path
        private_file(path)
        fsync_folder(path.parent)
        self.engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
        sa.event.listen(self.engine, "connect", _prepare(wait_seconds))
        sa.event.listen(self.engine, "begin", _begin)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one moment; whatever it changes is rolled back."""
        with _translated(self.path), self.engine.connect() as connection:
            connection.begin()
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection that holds the write lock; commit at the end, roll back on any error.

        Raises:
            HomeBusyError: another writer kept the lock for too long.
            HomeFullError: the disk is full; nothing of this transaction remains.
        """
        with _translated(self.path), self.engine.connect() as plain:
            connection = plain.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _prepare(wait_seconds: float) -> Callable[[sqlite3.Connection, object], None]:
    """Return what sets a new connection up."""

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun by us, not guessed by the driver
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={round(wait_seconds * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "fullfsync=ON",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return prepare


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(path, error)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(path: Path, error: DBAPIError) -> SafeholdError | None:
    """Say in our words what SQLite's error means; None where it is a defect of ours.

    Source: SQLite result codes, https://sqlite.org/rescode.html: the low byte of an extended code is the primary one.
    """
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return HomeBusyError(
            f"{path} is being written by another command", advice="Wait for it to end, then try again."
        )
    if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return HomeFullError(
            f"{path} can't be written: the disk is full or failing", advice="Free space, then try again."
        )
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return HomeBrokenError(
            f"{path} is damaged", advice="Restore a backup with: safehold --home NEW-FOLDER restore ARCHIVE"
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return HomeUnusableError(
            f"{path} can't be opened for writing", advice="Check who owns it, or choose another --home."
        )
    return None
