"""Backups: one archive of everything that can't be made again, at one consistent moment.

The archive is a plain tar: the database (a SQLite file, also where the tables lie on a server), the settings, the
parts of banks, the vault (still sealed), the public keys; private keys only where asked for; and, last, a manifest with
the SHA-256 of each. Indexes are left out: they are made again from the banks. What the settings name elsewhere is
named, not held.

    backup(home, Path("safehold-2026-11-21.tar"))
"""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from safehold.home.errors import BackupBrokenError, HomeNotEmptyError
from safehold.home.files import FILE_MODE, locked_folder, private_folder, temporary_file, write_atomic
from safehold.home.home import DATABASE_NAME, SCRATCH_NAME, SETTINGS_NAME, Home
from safehold.home.schema import REVISIONS
from safehold.home.transfer import copy_to_file

MANIFEST_NAME = "manifest.json"
SCHEMA = "safehold.backup/1"
FOLDERS = ("banks", "vault", "keys")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Copied:
    """One file of an archive.

    Attributes:
        size: how many bytes.
        sha256: their SHA-256, in hexadecimal.
    """

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds.

    Attributes:
        at: when it was made, RFC 3339 in UTC.
        revision: of the database.
        has_private_keys: whether the installation's private keys are in it.
        files: by their name below the home.
        elsewhere: absolute paths of files that the installation needs and the archive does not hold.
    """

    at: str
    revision: str
    has_private_keys: bool
    files: dict[str, Copied]
    elsewhere: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """Return the text that the archive holds."""
        files = {name: {"size": copied.size, "sha256": copied.sha256} for name, copied in self.files.items()}
        fields = {"schema": SCHEMA, "at": self.at, "revision": self.revision, "files": files}
        told = {"has_private_keys": self.has_private_keys, "elsewhere": list(self.elsewhere)}
        return json.dumps({**fields, **told}, sort_keys=True).encode()


def backup(home: Home, out: Path, *, with_private_keys: bool = False, elsewhere: Sequence[Path] = ()) -> Manifest:
    """Write an archive of a home as of one moment: what would change keys is refused meanwhile, and the vault waits.

    Banks may grow meanwhile: their parts never change, and one that the copied database doesn't name does no harm.

    Args:
        home: what to copy.
        out: the archive; complete or absent, readable by its owner alone.
        with_private_keys: include the installation's signing key and the vault's token key. Whoever has such an archive
            can sign in the installation's name. Custodians' private keys are never in a home.
        elsewhere: files that the settings name; the archive names them and holds none of them.

    Raises:
        HomeBusyError: another command is writing.
        HomeNotEmptyError: `out` is there already.
        BackupBrokenError: the home holds a link or a special file where only files may be.
        OSError: the disk is full or failing; nothing is left behind.
    """
    if os.path.lexists(out):
        raise HomeNotEmptyError(f"{out} is there already", advice="Choose another name: backups are not overwritten.")
    copied: dict[str, Copied] = {}
    named = tuple(str(path.absolute()) for path in elsewhere)
    manifest = Manifest(home.clock.now().isoformat(), REVISIONS[-1], with_private_keys, copied, named)

    def write(file: BinaryIO) -> None:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, path in _sources(home, with_private_keys=with_private_keys):
                copied[name] = _add(archive, name, path)
            text = manifest.to_json()
            archive.addfile(_header(MANIFEST_NAME, len(text)), io.BytesIO(text))

    with home.lock(), locked_folder(home.vault):
        write_atomic(out, write)
    return manifest


def _sources(home: Home, *, with_private_keys: bool) -> Iterator[tuple[str, Path]]:
    with _snapshot(home) as database:
        yield DATABASE_NAME, database
    if (settings := home.path / SETTINGS_NAME).is_file():
        yield SETTINGS_NAME, settings
    for folder in FOLDERS:
        for path in _files(home.path / folder):
            if with_private_keys or not _is_private(path, home):
                yield path.relative_to(home.path).as_posix(), path


def _is_private(path: Path, home: Home) -> bool:
    """Return whether a file is a private key: everything right in the keys' folder is, but for public halves."""
    return path.parent == home.keys and path.suffix != ".pub"


@contextmanager
def _snapshot(home: Home) -> Iterator[Path]:
    """Copy the database as of one moment to a temporary file that nobody else can read."""
    if home.database.path is None:
        with _scratch(home) as folder:
            copy_to_file(home.database, folder / DATABASE_NAME)
            yield folder / DATABASE_NAME
        return
    with temporary_file(home.path / DATABASE_NAME) as path:
        with closing(sqlite3.connect(home.database.path)) as source, closing(sqlite3.connect(path)) as target:
            target.execute("PRAGMA journal_mode=OFF")  # a copy that is cut short is thrown away, never repaired
            source.backup(target)
        yield path


@contextmanager
def _scratch(home: Home) -> Iterator[Path]:
    """Give a private folder in the home; what killed backups left goes first, since only one runs at a time."""
    folder = home.path / SCRATCH_NAME
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield private_folder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_symlink() or not path.is_file():
            raise BackupBrokenError(
                f"{path} is a link or a special file", advice="Remove it: a home holds only files and folders."
            )
        elif not (path.name.startswith(".") and path.suffix == ".tmp"):
            yield path


def _add(archive: tarfile.TarFile, name: str, path: Path) -> Copied:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        reader = _HashingReader(file)
        archive.addfile(_header(name, size), cast("IO[bytes]", reader))  # it needs `read` and nothing else
    return Copied(size, reader.digest.hexdigest())


def _header(name: str, size: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = FILE_MODE
    return header


class _HashingReader:
    """Read a file for the archive and hash what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = _CHUNK_BYTES) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        return chunk
