"""The home: the one folder where an installation's state lives; its tables may lie on a server instead.

with Home.open(path, SystemClock()) as home, home.lock():
    ...
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.home.errors import HomeBusyError, NotAHomeError, TablesElsewhereError
from safehold.home.files import FILE_MODE, private_folder, sweep, unusable, write_atomic
from safehold.home.schema import bring_up_to_date
from safehold.vocabulary import Clock

DATABASE_NAME = "safehold.db"
SETTINGS_NAME = "settings.yaml"
SERVER_NAME = "safehold.server"
"""Says that the tables lie on a server, and on which: without it a forgotten setting would begin a second history."""
SCRATCH_NAME = ".backup"
_LOCK_NAME = "lock"
_OPENING_NAME = "opening.lock"


@dataclass(frozen=True, slots=True)
class Home:
    """An opened home: folders that their owner alone can enter, and a database with this version's tables.

    Attributes:
        path: the folder.
        clock: where the time comes from.
        database: everything that is not a file of its own.
    """

    path: Path
    clock: Clock
    database: Database

    @classmethod
    def open(cls, path: Path, clock: Clock, *, server: sa.URL | None = None) -> Self:
        """Open a home, making it ready first where there is none; safe to repeat and to call from several processes.

        Args:
            path: the folder; absent, empty, or a home made by this or an earlier version.
            clock: where the time comes from.
            server: the database on a PostgreSQL server that holds the tables; none: a SQLite file in the home.

        Raises:
            NotAHomeError: the folder holds something else.
            TablesElsewhereError: the tables lie on a server and none is named, or the other way round.
            DatabaseUnreachableError: the server does not answer.
            HomeTooNewError: a later version made it.
            HomeUnusableError: it can't be written, or can't be closed to others.
        """
        path = path.absolute()
        _refuse_foreign(path)
        for folder in (path, *(path / name for name in ("banks", "vault", "keys", "indexes"))):
            sweep(private_folder(folder))
        with _locked(path / _OPENING_NAME, wait=True):
            _require_place(path, server)
            with ExitStack() as unfinished:
                database = Database(path / DATABASE_NAME if server is None else server)
                unfinished.callback(database.close)
                bring_up_to_date(database)
                if server is not None:
                    _note_server(path / SERVER_NAME, database.name)
                unfinished.pop_all()
        return cls(path=path, clock=clock, database=database)

    @property
    def banks(self) -> Path:
        """Where the parts of banks lie."""
        return self.path / "banks"

    @property
    def vault(self) -> Path:
        """Where sealed evidence lies."""
        return self.path / "vault"

    @property
    def keys(self) -> Path:
        """Where the installation's own keys and the public keys of custodians lie."""
        return self.path / "keys"

    @property
    def indexes(self) -> Path:
        """Where index segments lie; all of it can be made again from the banks."""
        return self.path / "indexes"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep every other writing command out; ends with the process, however it ends.

        Raises:
            HomeBusyError: another command holds it.
        """
        with _locked(self.path / _LOCK_NAME, wait=False):
            yield

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refuse_foreign(path: Path) -> None:
    """Refuse a folder that isn't ours before any right in it is changed; another process may just be making it ours."""
    if not path.is_dir() or (path / DATABASE_NAME).exists() or (path / SERVER_NAME).exists():
        return
    strangers = {entry.name for entry in path.iterdir() if not entry.name.startswith(DATABASE_NAME)} - {
        "banks",
        "vault",
        "keys",
        "indexes",
        SETTINGS_NAME,
        _LOCK_NAME,
        _OPENING_NAME,
        SCRATCH_NAME,
    }
    if strangers:
        raise NotAHomeError(
            f"{path} holds files but no Safehold home",
            advice="Choose an empty or new folder with --home or SAFEHOLD_HOME.",
        )


def _require_place(path: Path, server: sa.URL | None) -> None:
    """Refuse to look for the tables where they are not: that would begin a second history beside the first."""
    if server is None and (path / SERVER_NAME).exists():
        raise TablesElsewhereError(
            f"the tables of {path} lie on a PostgreSQL server, and no setting names it",
            advice="Set SAFEHOLD_DATABASE, or `database` or `database_file` in settings.yaml, as before.",
        )
    if server is not None and (path / DATABASE_NAME).exists():
        raise TablesElsewhereError(
            f"the tables of {path} lie in its {DATABASE_NAME}, and a setting names a PostgreSQL database",
            advice="Move them with a backup and a restore, as docs/operations.md says; or take the setting back.",
        )


def _note_server(path: Path, name: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != f"{name}\n":
        write_atomic(path, f"{name}\n".encode())


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[None]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    except OSError as error:
        raise unusable(path, error) from error
    try:
        _take(descriptor, path, wait=wait)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, *, wait: bool) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        raise HomeBusyError(
            f"{path.parent} is in use by another command",
            advice="Wait for it to end, or stop it, then try again; a killed command leaves no lock behind.",
        ) from error
