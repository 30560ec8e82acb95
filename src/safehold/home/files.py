"""Files that survive: complete or absent after a kill or a power cut, and readable by their owner alone.

The rule: write a temporary file in the same folder, fsync it, rename it into place, fsync the folder. A temporary file
is locked by its writer for as long as the writer lives, so a sweep removes exactly those that a dead process left.

    write_atomic(folder / "answer.json", b"{}")
"""

import fcntl
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from safehold.home.errors import HomeUnusableError

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_OTHERS = 0o077
_READABLE = 0o044


def write_atomic(path: Path, content: bytes | Callable[[BinaryIO], None], *, mode: int = FILE_MODE) -> None:
    """Write a file so that its name shows either the old bytes or all of the new ones, and keeps doing so.

    Args:
        path: where; its folder exists. An existing file is replaced.
        content: the bytes, or a function that writes them to the open file.
        mode: access rights, whatever the umask.

    Raises:
        OSError: the disk is full or failing. The old file is untouched and the temporary one is gone.
    """
    with temporary_file(path) as temporary:
        with temporary.open("r+b") as file:
            os.fchmod(file.fileno(), mode)
            if callable(content):
                content(file)
            else:
                file.write(content)
            file.flush()
            sync(file.fileno())
        temporary.replace(path)
    fsync_folder(path.parent)


@contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """Give an empty private file beside `path`, safe from sweeps while this lasts; it goes unless it is renamed."""
    descriptor, temporary = _open_temporary(path)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)


def _open_temporary(path: Path) -> tuple[int, Path]:
    """Create and lock a temporary file beside `path`; again if a sweep took it before the lock was held."""
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink > 0:
            return descriptor, temporary
        os.close(descriptor)


def sweep(folder: Path) -> int:
    """Remove the temporary files of dead writers from a folder (not from its sub-folders) and return how many."""
    removed = 0
    for orphan in folder.glob(".*.tmp"):
        try:
            descriptor = os.open(orphan, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # gone meanwhile, or nothing that a writer of ours left
            continue
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                orphan.unlink(missing_ok=True)
                removed += 1
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
    return removed


def sync(descriptor: int) -> None:
    """Push an open file's bytes to the medium itself."""
    if sys.platform == "darwin":
        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # there, fsync stops at the drive's cache
    else:
        os.fsync(descriptor)


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder (new, renamed, removed) survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked_folder(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Keep everybody else who asks for this lock out of a folder; ends with the process, however it ends.

    Raises:
        BlockingIOError: somebody has the lock, and `wait` is off.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def private_folder(path: Path) -> Path:
    """Make a folder (with parents) that its owner alone can enter; tighten one that others can enter.

    Raises:
        HomeUnusableError: it can't be made, is no folder, or its rights can't be tightened.
    """
    try:
        if not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=FOLDER_MODE, exist_ok=True)
            fsync_folder(path.parent)
    except OSError as error:
        raise unusable(path, error) from error
    tighten(path, FOLDER_MODE)
    return path


def shared_folder(path: Path) -> Path:
    """Make a folder (with parents) with the access rights that the umask gives, but never one that all may write to.

    Raises:
        OSError: it can't be made, or can be written to by all and belongs to somebody else.
    """
    if not path.is_dir():
        shared_folder(path.parent)
        path.mkdir(exist_ok=True)
        fsync_folder(path.parent)
        shut(path)
    return path


def shut(path: Path) -> None:
    """Take from all others the right to write, if they have it.

    Raises:
        OSError: it belongs to somebody else.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & stat.S_IWOTH:
        path.chmod(mode & ~stat.S_IWOTH)


def readable_mode(folder: Path) -> int:
    """Return the access rights of a file that those may read who may read the folder, and only its owner may write."""
    return FILE_MODE | (stat.S_IMODE(folder.stat().st_mode) & _READABLE)


def private_file(path: Path) -> None:
    """Make an empty file that its owner alone can read, if it isn't there; tighten one that others can read.

    Raises:
        HomeUnusableError: as for a folder.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE))
    except OSError as error:
        raise unusable(path, error) from error
    tighten(path, FILE_MODE)


def tighten(path: Path, mode: int) -> None:
    """Set access rights if anybody but the owner has some, and check that they took.

    Raises:
        HomeUnusableError: somebody else owns it, or the file system keeps no access rights.
    """
    if not _is_open_to_others(path):
        return
    try:
        path.chmod(mode)
    except OSError as error:
        raise unusable(path, error) from error
    if _is_open_to_others(path):
        raise HomeUnusableError(
            f"{path} stays readable by others: its file system keeps no access rights",
            advice="Choose a folder on a file system with POSIX access rights, with --home or SAFEHOLD_HOME.",
        )


def _is_open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)


def unusable(path: Path, error: OSError) -> HomeUnusableError:
    """Say that a path can't be used, and what to do."""
    return HomeUnusableError(
        f"{path} can't be used: {error.strerror}",
        advice="Choose a folder that you own and can write to, with --home or SAFEHOLD_HOME.",
    )
