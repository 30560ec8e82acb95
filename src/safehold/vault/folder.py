"""Shelves in a folder: where a local vault's files lie: objects in one tree, each custodian's shares in another.

    objects/ID                 the sealed object
    shares/CUSTODIAN/ID        that custodian's sealed share
    .../.ID.erasing            a file whose erasure began

Keeping them apart lets an operator put the shares on another medium or give each custodian's folder away, and lets
an erasure destroy a few hundred bytes instead of searching for every copy of a large object.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from safehold.home import HomeFullError, fsync_folder, private_folder, write_atomic
from safehold.home.files import locked_folder
from safehold.vault.evidence import EvidenceId
from safehold.vault.inspection import Stored
from safehold.vault.sealing import Sealed
from safehold.vault.shelves import Step, Watch, unwatched

_ERASING = ".erasing"
_OTHERS = 0o077


class FolderShelves:
    """The files of a local vault; evidence lies there under its id.

    Args:
        folder: of the vault.
        watch: called at every step of a put or an erasure.
    """

    def __init__(self, folder: Path, watch: Watch = unwatched) -> None:
        self._folder = folder
        self._objects = folder / "objects"
        self._shares = folder / "shares"
        self._watch = watch

    def turn(self) -> AbstractContextManager[None]:
        """Keep every other writer of this vault waiting, and a backup too; ends with the process, however it ends."""
        return locked_folder(self._folder)

    def place(self, identifier: EvidenceId) -> str:
        """Return where the next sealing of this evidence goes: always to the same files."""
        return identifier

    def store(self, sealed: Sealed, place: str) -> None:
        """Write an object, then its shares, each complete and on the medium before the next.

        Files of an earlier, unfinished attempt under the same id are replaced or removed.

        Raises:
            HomeFullError: the disk is full or failing; what was written is an orphan.
        """
        try:
            self._store(sealed, place)
        except OSError as error:
            raise HomeFullError(
                f"evidence can't be written to {self._folder}: {error.strerror}",
                advice="Free space or check the disk, then run the same command again: it goes on where it stopped.",
            ) from error

    def _store(self, sealed: Sealed, identifier: str) -> None:
        write_atomic(private_folder(self._objects) / identifier, partial(self._write, sealed.parts))
        self._watch(Step.OBJECT_STORED)
        private_folder(self._shares)
        for custodian, share in sealed.shares.items():
            write_atomic(private_folder(self._shares / custodian) / identifier, share)
            self._watch(Step.SHARE_STORED)
        for path in self._share_files(identifier):
            if path.parent.name not in sealed.shares or path.name != identifier:
                self._destroy(path)
        self._watch(Step.SHARES_STORED)

    def read(self, identifier: str) -> Stored:
        """Return what is stored under an id, whole or not."""
        path = self._objects / identifier
        shares = {file.parent.name: file for file in self._share_files(identifier) if file.name == identifier}
        halves = [file for file in self._files(identifier) if file.name != identifier]
        present = [file for file in (path, *shares.values()) if file.is_file()]
        return Stored(
            object=path.read_bytes() if path.is_file() else None,
            shares={name: file.read_bytes() for name, file in shares.items()},
            is_exposed=any(stat.S_IMODE(file.stat().st_mode) & _OTHERS for file in present),
            is_half_erased=bool(halves),
        )

    def erase(self, identifier: str) -> None:
        """Destroy the shares (rename, overwrite, remove), then remove the object; goes on where it was interrupted."""
        for path in self._share_files(identifier):
            self._destroy(path)
        for path in (self._objects / identifier, self._objects / f".{identifier}{_ERASING}"):
            path.unlink(missing_ok=True)
        if self._objects.is_dir():
            fsync_folder(self._objects)
        self._watch(Step.OBJECT_REMOVED)

    def orphans(self, known: frozenset[str]) -> tuple[str, ...]:
        """Return every file that belongs to none of the known ids, in a stable order."""
        found = sorted(path for path in self._everything() if _owner(path.name) not in known)
        return tuple(str(path.relative_to(self._folder)) for path in found)

    def exposed(self) -> tuple[str, ...]:
        """Return every folder and file of the vault that others may use, belongs to others, or is no plain file.

        A folder may be on another medium, behind a link; its own rights count then.
        """
        if not self._folder.is_dir():
            return ()
        owner = self._folder.stat().st_uid
        folders = [path for path in (self._objects, self._shares, *self._shares.glob("*")) if path.is_dir()]
        found = [path for path in (self._folder, *folders) if _is_open(path.stat(), owner)]
        found += [path for path in self._everything() if _is_exposed(path, owner)]
        return tuple(sorted(str(path.relative_to(self._folder)) for path in found))

    def remove(self, orphans: Sequence[str]) -> None:
        """Remove files that :meth:`orphans` named."""
        paths = [self._folder / name for name in orphans]
        for path in paths:
            path.unlink()
        for folder in {path.parent for path in paths}:
            fsync_folder(folder)

    def _write(self, parts: Iterator[bytes], file: BinaryIO) -> None:
        for part in parts:
            file.write(part)
            self._watch(Step.PART_WRITTEN)

    def _destroy(self, path: Path) -> None:
        """Overwrite and remove a share. On media that copy on write the old blocks may stay: see the threat model."""
        doomed = path if path.name.endswith(_ERASING) else path.with_name(f".{path.name}{_ERASING}")
        path.replace(doomed)
        fsync_folder(doomed.parent)
        self._watch(Step.SHARE_RENAMED)
        with doomed.open("r+b") as file:
            file.write(os.urandom(doomed.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        self._watch(Step.SHARE_OVERWRITTEN)
        doomed.unlink()
        fsync_folder(doomed.parent)
        self._watch(Step.SHARE_REMOVED)

    def _files(self, identifier: str) -> tuple[Path, ...]:
        objects = (self._objects / identifier, self._objects / f".{identifier}{_ERASING}")
        return (*(path for path in objects if path.exists()), *self._share_files(identifier))

    def _share_files(self, identifier: str) -> tuple[Path, ...]:
        names = (identifier, f".{identifier}{_ERASING}")
        return tuple(sorted(path for name in names for path in self._shares.glob(f"*/{name}")))

    def _everything(self) -> Iterator[Path]:
        for folder in (self._objects, *self._shares.glob("*")):
            if folder.is_dir():
                yield from (path for path in folder.iterdir() if path.is_file() or path.is_symlink())


def _is_exposed(path: Path, owner: int) -> bool:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return False  # gone since it was listed
    return not stat.S_ISREG(status.st_mode) or _is_open(status, owner)


def _is_open(status: os.stat_result, owner: int) -> bool:
    return bool(stat.S_IMODE(status.st_mode) & _OTHERS) or status.st_uid != owner


def _owner(name: str) -> str:
    """Return the id that a file name belongs to; a temporary file belongs to none."""
    return name.removeprefix(".").removesuffix(_ERASING) if name.endswith(_ERASING) else name
