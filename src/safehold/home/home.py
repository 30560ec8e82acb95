"""The home: the one folder where an installation's state lives.

with Home.open(path, SystemClock()) as home, home.lock():
    ...
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from safehold.home.database import Database
from safehold.home.errors import HomeBusyError, NotAHomeError
from safehold.home.files import FILE_MODE, private_folder, sweep, unusable
from safehold.home.schema import bring_up_to_date
from safehold.vocabulary import Clock

DATABASE_NAME = "safehold.db"
SETTINGS_NAME = "settings.yaml"
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
    def open(cls, path: Path, clock: Clock) -> Self:
        """Open a home, making it ready first where there is none; safe to repeat and to call from several processes.

        Args:
            path: the folder; absent, empty, or a home made by this or an earlier version.
            clock: where the time comes from.

        Raises:
            NotAHomeError: the folder holds something else.
            HomeTooNewError: a later version made it.
            HomeUnusableError: it can't be written, or can't be closed to others.
        """
        path = path.absolute()
        _refuse_foreign(path)
        for folder in (path, *(path / name for name in ("banks", "vault", "keys", "indexes"))):
            sweep(private_folder(folder))
        with _locked(path / _OPENING_NAME, wait=True):
            database = Database(path / DATABASE_NAME)
            bring_up_to_date(database)
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
    if not path.is_dir() or (path / DATABASE_NAME).exists():
        return
    strangers = {entry.name for entry in path.iterdir() if not entry.name.startswith(DATABASE_NAME)} - {
        "banks",
        "vault",
        "keys",
        "indexes",
        SETTINGS_NAME,
        _LOCK_NAME,
        _OPENING_NAME,
    }
    if strangers:
        raise NotAHomeError(
            f"{path} holds files but no Safehold home",
            advice="Choose an empty or new folder with --home or SAFEHOLD_HOME.",
        )


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
