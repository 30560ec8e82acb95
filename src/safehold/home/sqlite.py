"""SQLite: the tables in one file of the home, every commit on the medium before it returns."""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from safehold.home.errors import HomeBrokenError, HomeBusyError, HomeFullError, HomeUnusableError
from safehold.home.files import fsync_folder, private_file
from safehold.home.prepared import send
from safehold.home.turns import turn
from safehold.vocabulary import SafeholdError

_MOST_CONNECTIONS = 15
"""As many as SQLAlchemy allows by default, but all kept: it keeps 5, and opens another one anew at every use."""


class SqliteFile:
    """One SQLite file with its connections.

    Args:
        path: the file; made, for its owner alone, if it isn't there.
        wait_seconds: how long a writer waits for another one.

    Attributes:
        name: how errors call it.
        engine: its connections.
    """

    def __init__(self, path: Path, wait_seconds: float) -> None:
        self._path = path
        self._wait_seconds = wait_seconds
        private_file(path)
        fsync_folder(path.parent)
        self.name = str(path)
        self.engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            hide_parameters=True,
            pool_size=_MOST_CONNECTIONS,
            max_overflow=0,
        )
        sa.event.listen(self.engine, "connect", _prepare(wait_seconds))

    def begin_reading(self, connection: sa.Connection) -> None:
        """Begin a transaction that sees the moment of its first statement."""
        connection.begin()
        send(connection, "BEGIN")

    def begin_writing(self, connection: sa.Connection) -> None:
        """Begin a transaction that holds the file's write lock."""
        connection.begin()
        send(connection, "BEGIN IMMEDIATE")

    def turn(self) -> AbstractContextManager[None]:
        """Stand in line before the write lock is asked for; SQLite's own waiting is neither short nor fair."""
        return turn(self._path, self._wait_seconds)

    def meaning(self, error: DBAPIError) -> SafeholdError | None:
        """Say in our words what SQLite's error means; None where it is a defect of ours.

        Source: SQLite result codes, https://sqlite.org/rescode.html: the low byte of an extended code is the primary
        one.
        """
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return HomeBusyError(
                f"{self.name} is being written by another command", advice="Wait for it to end, then try again."
            )
        if code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            return HomeFullError(
                f"{self.name} can't be written: the disk is full or failing", advice="Free space, then try again."
            )
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            return HomeBrokenError(
                f"{self.name} is damaged", advice="Restore a backup with: safehold --home NEW-FOLDER restore ARCHIVE"
            )
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
            return HomeUnusableError(
                f"{self.name} can't be opened for writing", advice="Check who owns it, or choose another --home."
            )
        return None


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
