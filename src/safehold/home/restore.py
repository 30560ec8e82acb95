"""Restoring: an archive becomes a home again, all of it or none.

The archive is not trusted: only plain files in the places that a home has are written, into a folder beside the wanted
one, and only when every digest agrees with the manifest does that folder take the wanted name.

    restore(Path("safehold-2026-11-21.tar"), Path("home"))      # then open it and verify its ledger
"""

import glob
import hashlib
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO

import sqlalchemy as sa

from safehold.home.backup import FOLDERS, MANIFEST_NAME, SCHEMA, Copied, Manifest
from safehold.home.database import Database
from safehold.home.errors import BackupBrokenError, HomeNotEmptyError, HomeTooNewError
from safehold.home.files import FILE_MODE, fsync_folder, locked_folder, private_folder, sync
from safehold.home.home import DATABASE_NAME, SETTINGS_NAME
from safehold.home.schema import REVISIONS
from safehold.home.transfer import move_from_file

MANIFEST_BYTES = 1 << 28
"""The largest manifest that is read: about two million files."""

_CHUNK_BYTES = 1 << 20


def restore(archive: Path, home_path: Path, *, server: Callable[[Path], sa.URL | None] | None = None) -> Manifest:
    """Make a home from an archive and return what it holds; the caller then opens it and verifies its ledger.

    Args:
        archive: what :func:`backup` wrote.
        home_path: absent, or an empty folder.
        server: says, given a folder with the archive's settings, which server's database the tables go to; none: they
            stay in the home.

    Raises:
        HomeNotEmptyError: something is at `home_path`, or in the server's database.
        BackupBrokenError: the archive is damaged, incomplete, altered, or holds what no backup of ours holds.
        HomeTooNewError: a later version made it.
        OSError: the disk is full or failing. After every error, `home_path` is as it was.
    """
    home_path = home_path.absolute()
    if os.path.lexists(home_path) and not (home_path.is_dir() and not any(home_path.iterdir())):
        raise HomeNotEmptyError(
            f"{home_path} is not empty", advice="Restore into a new folder; a backup never overwrites a home."
        )
    home_path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(home_path) as folder:
        manifest = _extract(archive, folder)
        address = None if server is None else server(folder)
        if address is not None:
            _move(folder, address)
        _sync_tree(folder)
        folder.rename(home_path)
        fsync_folder(home_path.parent)
    return manifest


def _move(folder: Path, address: sa.URL) -> None:
    """Put the archive's tables on a server, where this home is then to look for them."""
    database = Database(address)
    try:
        move_from_file(folder / DATABASE_NAME, database)
    finally:
        database.close()


@contextmanager
def _beside(home_path: Path) -> Iterator[Path]:
    """Make a folder beside the home's place, removing those that killed restores left; it goes unless it is renamed."""
    for orphan in home_path.parent.glob(f".{glob.escape(home_path.name)}.*.restoring"):
        with suppress(BlockingIOError), locked_folder(orphan, wait=False):
            shutil.rmtree(orphan)
    folder = private_folder(home_path.with_name(f".{home_path.name}.{secrets.token_hex(6)}.restoring"))
    try:
        with locked_folder(folder):
            yield folder
    finally:
        if folder.exists():
            shutil.rmtree(folder)


def _extract(archive: Path, folder: Path) -> Manifest:
    found: dict[str, Copied] = {}
    manifest = None
    try:
        with tarfile.open(archive, mode="r:") as opened:
            for member in opened:
                if member.name == MANIFEST_NAME and manifest is None:
                    manifest = _manifest(_content(opened, member))
                    continue
                if manifest is not None or member.name in found:
                    raise _broken("it holds a file twice, or something after its manifest")
                found[member.name] = _write(_content(opened, member), _place(member, folder))
    except (tarfile.TarError, EOFError) as error:
        raise _broken("it is not a complete tar archive") from error
    if manifest is None:
        raise _broken("its manifest is missing: it is cut off or not a Safehold backup")
    _compare(manifest, found)
    return manifest


def _content(opened: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """Return the bytes of a plain file; links, devices, folders and sparse files have no place in a backup."""
    file = opened.extractfile(member) if member.type == tarfile.REGTYPE and not member.issparse() else None
    if file is None:
        raise _broken("it holds something that is not a plain file")
    return file


def _place(member: tarfile.TarInfo, folder: Path) -> Path:
    """Return where a file goes, if its name is one that a home has."""
    name = PurePosixPath(member.name)
    inside = len(name.parts) > 1 and name.parts[0] in FOLDERS
    is_placed = inside or member.name in {DATABASE_NAME, SETTINGS_NAME}
    if name.as_posix() != member.name or ".." in name.parts or not is_placed:
        raise _broken("it holds a file that has no place in a home")
    parent = folder
    for part in name.parts[:-1]:
        parent = private_folder(parent / part)
    return folder / name


def _write(source: IO[bytes], place: Path) -> Copied:
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        sync(file.fileno())
    return Copied(size, digest.hexdigest())


def _manifest(source: IO[bytes]) -> Manifest:
    text = source.read(MANIFEST_BYTES + 1)
    try:
        fields = json.loads(text)
        files = {str(name): Copied(int(one["size"]), str(one["sha256"])) for name, one in fields["files"].items()}
        manifest = Manifest(
            str(fields["at"]),
            str(fields["revision"]),
            bool(fields["has_private_keys"]),
            files,
            tuple(map(str, fields.get("elsewhere", ()))),
        )
        schema = fields["schema"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _broken("its manifest can't be read") from error
    if schema != SCHEMA or len(text) > MANIFEST_BYTES:
        raise _broken("its manifest is not of this kind")
    if manifest.revision not in REVISIONS:
        raise HomeTooNewError(
            f"the backup has database revision {manifest.revision}; this version knows up to {REVISIONS[-1]}",
            advice="Restore it with the Safehold version that made it, or a later one.",
        )
    return manifest


def _compare(manifest: Manifest, found: dict[str, Copied]) -> None:
    different = sorted(name for name in manifest.files | found if manifest.files.get(name) != found.get(name))
    if different:
        raise _broken(f"{different[0]} is missing, added or altered ({len(different)} such in all)")
    if DATABASE_NAME not in found:
        raise _broken("it holds no database")


def _sync_tree(folder: Path) -> None:
    for inner in folder.rglob("*"):
        if inner.is_dir():
            fsync_folder(inner)
    fsync_folder(folder)


def _broken(what: str) -> BackupBrokenError:
    return BackupBrokenError(f"this backup can't be used: {what}", advice="Use another copy; nothing was restored.")
