"""PostgreSQL, version 15 or later: the tables on a server, for several processes and machines.

Writers take one advisory lock at their start and read what is committed (READ COMMITTED): with the lock held nobody
writes, so whatever they read stays so, and the server serves them in the order in which they came. SERIALIZABLE would
let them run side by side and then refuse all but one, since every decision appends to one ledger.
Readers see one moment (REPEATABLE READ) and wait for nobody.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from safehold.home.errors import (
    DatabaseAddressError,
    DatabaseMissingError,
    DatabaseUnfitError,
    DatabaseUnreachableError,
    HomeBrokenError,
    HomeBusyError,
    HomeFullError,
    HomeUnusableError,
)
from safehold.vocabulary import SafeholdError

if TYPE_CHECKING:
    import psycopg

OLDEST_VERSION = 150000
"""As the server states it: 15.0."""

_LOCK_NUMBER = 0x5AFE401D
"""Our own, below 2**31, so that other programs in the database don't wait for us."""

_CONNECT_SECONDS = 10
_SCHEMES = {"postgresql", "postgres", "postgresql+psycopg"}

_BUSY = {"55P03", "40001", "40P01", "57014", "53300"}
_FULL = {"53100", "58030"}
_BROKEN = {"XX001", "XX002"}
_UNUSABLE = {"25006", "42501", "28000", "28P01", "3D000"}
_UNREACHABLE = {"57P01", "57P02", "57P03", "57P05"}
"""Source: PostgreSQL 15, appendix A, error codes; class 08 are connection exceptions."""


class PostgresqlServer:
    """One database of a PostgreSQL server with its connections.

    Args:
        address: which; see :func:`parse_address`.
        wait_seconds: how long a writer waits for another one.

    Attributes:
        name: how errors call it: host and database, never the password.
        engine: its connections.

    Raises:
        DatabaseMissingError: the driver is not installed.
    """

    def __init__(self, address: sa.URL, wait_seconds: float) -> None:
        self.name = f"the database {address.database} at {address.host or 'this machine'}"
        try:
            self.engine = sa.create_engine(
                address, hide_parameters=True, pool_pre_ping=True, connect_args=_arguments(address)
            )
        except ImportError as error:
            raise DatabaseMissingError(
                "the driver for PostgreSQL is not installed", advice="Install it with: pip install safehold[postgresql]"
            ) from error
        self._take_lock = _take_lock(wait_seconds)
        sa.event.listen(self.engine, "connect", self._check)

    def begin_reading(self, connection: sa.Connection) -> None:
        """Begin a transaction that sees the moment of its first statement."""
        connection.execution_options(isolation_level="REPEATABLE READ").begin()

    def begin_writing(self, connection: sa.Connection) -> None:
        """Begin a transaction that holds the writers' lock."""
        connection.execution_options(isolation_level="READ COMMITTED").begin()
        connection.exec_driver_sql(self._take_lock)

    def turn(self) -> AbstractContextManager[None]:
        """Do nothing: the server keeps its own line."""
        return nullcontext()

    def meaning(self, error: DBAPIError) -> SafeholdError | None:
        """Say in our words what PostgreSQL's error means; None where it is a defect of ours."""
        code = getattr(error.orig, "sqlstate", None) or ""
        if code in _BUSY:
            return HomeBusyError(
                f"{self.name} is being written by another command, or has no room for one more connection",
                advice="Wait, then try again.",
            )
        if code in _FULL:
            return HomeFullError(
                f"{self.name} can't be written: its disk is full or failing", advice="Free space there, then try again."
            )
        if code in _BROKEN:
            return HomeBrokenError(
                f"{self.name} is damaged", advice="Restore a backup into an empty database, as docs/operations.md says."
            )
        if code in _UNUSABLE:
            return HomeUnusableError(
                f"{self.name} can't be used: it is read-only, is not there, or refuses this user",
                advice="Check the address in SAFEHOLD_DATABASE or settings.yaml, and the user's rights there.",
            )
        if self._is_lost(error, code):
            return DatabaseUnreachableError(
                f"{self.name} does not answer or lets nobody in; what was just being written may be kept or not",
                advice="Check that the server runs, the address, the user and the password (SAFEHOLD_DATABASE).",
            )
        return None

    def _is_lost(self, error: DBAPIError, code: str) -> bool:
        import psycopg  # noqa: PLC0415 - an extra, which is there where its errors are

        is_lost = error.connection_invalidated or code.startswith("08") or code in _UNREACHABLE
        return is_lost or (not code and isinstance(error.orig, psycopg.OperationalError))

    def _check(self, connection: "psycopg.Connection[object]", _record: object) -> None:
        """Refuse a server on which our promises would not hold."""
        info = connection.info
        if info.server_version < OLDEST_VERSION:
            raise self._unfit("is older than PostgreSQL 15", "Use a server of version 15 or later.")
        if info.parameter_status("server_encoding") != "UTF8":
            raise self._unfit(
                "does not hold UTF-8", "Make one with: CREATE DATABASE safehold ENCODING 'UTF8' TEMPLATE template0"
            )

    def _unfit(self, what: str, advice: str) -> DatabaseUnfitError:
        return DatabaseUnfitError(f"{self.name} {what}", advice=advice)


def parse_address(text: str) -> sa.URL:
    """Return a database's address: ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full``.

    Whatever libpq knows as a parameter may follow the question mark.

    Raises:
        DatabaseAddressError: it is none; the error does not repeat it, since it may hold a password.
    """
    try:
        address = sa.make_url(text.strip())
    except (ArgumentError, ValueError):
        raise _malformed() from None  # its message repeats the address
    if address.drivername not in _SCHEMES or not address.database:
        raise _malformed()
    return address.set(drivername="postgresql+psycopg")


def _malformed() -> DatabaseAddressError:
    return DatabaseAddressError(
        "the setting 'database' is no address of a PostgreSQL database",
        advice="Write postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE, or leave it out to use SQLite.",
    )


def _arguments(address: sa.URL) -> dict[str, int]:
    return {} if "connect_timeout" in address.query else {"connect_timeout": _CONNECT_SECONDS}


def _take_lock(wait_seconds: float) -> str:
    """Return what a writer sends first: how long to wait, durability if the server has it off, and the lock."""
    return (
        f"SELECT set_config('lock_timeout', '{max(round(wait_seconds * 1000), 1)}', true),"
        " CASE WHEN current_setting('synchronous_commit') = 'off'"
        " THEN set_config('synchronous_commit', 'on', true) END,"
        f" pg_advisory_xact_lock({_LOCK_NUMBER}, hashtext(current_schema()))"
    )
