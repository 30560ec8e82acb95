"""What rewriting gives: a complete file with its digest, or nothing; and files linked instead of copied."""

import errno
import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from safehold.datasets.sources.places.blobs import chunks, opened
from safehold.datasets.sources.places.location import is_remote, local_path
from safehold.home.files import fsync_folder, readable_mode, shared_folder, write_atomic

_FICLONE = 0x40049409
"""Source: linux/fs.h, `FICLONE`: share a file's extents on a file system that copies on write."""
_LINK_REFUSALS = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES})


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One rewritten output.

    Attributes:
        sha256: of the file written, hexadecimal; for a folder slice, the digest that `content_sha256` gives it.
        kept: how many records it has.
        dropped: how many it lost.
        size: how many bytes were written or linked.
    """

    sha256: str
    kept: int
    dropped: int
    size: int


class HashingWriter:
    """A file that hashes what it is given; it offers what pyarrow asks of a sink."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes | memoryview) -> int:
        """Write and hash."""
        self._digest.update(data)
        self._file.write(data)
        self.size += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how much has been written."""
        return self.size

    def flush(self) -> None:
        """Do nothing; the file is flushed and synced once, at the end."""

    def close(self) -> None:
        """Take no more; the file itself is closed by who opened it."""
        self.closed = True

    @property
    def sha256(self) -> str:
        """The digest of everything written so far, hexadecimal."""
        return self._digest.hexdigest()


def write_hashed(destination: Path, fill: Callable[[HashingWriter], None]) -> HashingWriter:
    """Write a file completely or not at all: temporary name, fsync, rename, fsync of the folder.

    Raises:
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    writers: list[HashingWriter] = []

    def run(file: BinaryIO) -> None:
        writers.append(HashingWriter(file))
        fill(writers[0])

    write_atomic(destination, run, mode=readable_mode(destination.parent))
    return writers[0]


def link_or_copy(location: str, destination: Path) -> None:
    """Give a file a second name in the cleaned dataset: by sharing extents, else a hard link, else a copy.

    Never a symbolic link, which would break when the source moves. A hard link shares later changes in place, so a
    file system that can share extents is better. Repeating is safe; a remote file is copied.

    Raises:
        OSError: the disk is full or failing.
        ShardError: the source is gone.
    """
    shared_folder(destination.parent)
    if not is_remote(location):
        source = local_path(location)
        if _cloned(source, destination) or _linked(source, destination):
            return
    with opened(location) as blob:
        write_atomic(destination, lambda file: file.writelines(chunks(blob)), mode=readable_mode(destination.parent))


def _cloned(source: Path, destination: Path) -> bool:
    temporary = _temporary(destination)
    try:
        with source.open("rb") as old, temporary.open("xb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
            os.fchmod(new.fileno(), readable_mode(destination.parent))
            os.fsync(new.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        return False
    temporary.replace(destination)
    fsync_folder(destination.parent)
    return True


def _linked(source: Path, destination: Path) -> bool:
    temporary = _temporary(destination)
    try:
        os.link(source, temporary, follow_symlinks=True)
    except OSError as error:
        if error.errno in _LINK_REFUSALS:
            return False
        raise
    temporary.replace(destination)
    temporary.unlink(missing_ok=True)  # POSIX: renaming one hard link over another of the same file does nothing
    fsync_folder(destination.parent)
    return True


def _temporary(destination: Path) -> Path:
    return destination.with_name(f".{destination.name}.{secrets.token_hex(6)}.tmp")
