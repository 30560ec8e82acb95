"""Blobs: the bytes at a location, read as ranges, and never copied to a local file on the way.

A decoding child maps a local file (`mapped`), so that members are views and nothing is copied. Everybody else reads
ranges (`opened`): a file that somebody truncates meanwhile is then an error instead of a killed process.
A remote file is fetched into memory up to `IN_MEMORY_BYTES`; a bigger one is read through a moving window, twice.
"""

import hashlib
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from safehold.datasets.sources.errors import ShardError, UnreadableSourceError
from safehold.datasets.sources.places.location import as_shard_error, filesystem_of, is_remote, local_path
from safehold.datasets.sources.places.stamps import regular
from safehold.vocabulary import GapReason

IN_MEMORY_BYTES = 512 << 20


WINDOW_BYTES = 8 << 20


CHUNK_BYTES = 1 << 20

_WEB = ("http://", "https://")


class Blob(Protocol):
    """Bytes that can be read by range."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def view(self, start: int, stop: int) -> bytes | memoryview:
        """Return the bytes from `start` up to, not including, `stop`; fewer only where the blob ends."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryBlob:
    """Bytes in memory or mapped into it; views share them."""

    data: memoryview

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def view(self, start: int, stop: int) -> memoryview:
        """Return a view of a range."""
        return self.data[start:stop]


@dataclass(frozen=True, slots=True)
class FileBlob:
    """An open local file."""

    descriptor: int
    size: int

    def view(self, start: int, stop: int) -> bytes:
        """Read a range."""
        return os.pread(self.descriptor, stop - start, start)


@dataclass(slots=True)
class RemoteBlob:
    """A remote file, read through one window that moves forward."""

    filesystem: Any
    path: str
    size: int
    window_bytes: int = WINDOW_BYTES
    _start: int = 0
    _window: bytes = b""

    def view(self, start: int, stop: int) -> memoryview:
        """Return a range, fetching a window where it is not there yet."""
        stop = min(stop, self.size)
        if not self._start <= start <= stop <= self._start + len(self._window):
            end = min(self.size, max(stop, start + self.window_bytes))
            fetched = self.filesystem.cat_file(self.path, start=start, end=end)
            if len(fetched) != end - start:  # a server that doesn't answer ranges sends all of it
                raise ShardError("a server sent another range than it was asked for", reason=GapReason.UNREADABLE)
            self._window, self._start = fetched, start
        return memoryview(self._window)[start - self._start : stop - self._start]


def mapped(location: str) -> Blob:
    """Map a local file, or fetch a remote one; for a process that may be lost.

    Raises:
        ShardError: it is gone, empty or can't be read.
    """
    if is_remote(location):
        return _fetched(location)
    with as_shard_error():
        regular(location)  # opening a pipe would wait for somebody who writes to it
    with as_shard_error(), local_path(location).open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise ShardError("the shard is an empty file", reason=GapReason.EMPTY)
        return MemoryBlob(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))


@contextmanager
def opened(location: str) -> Iterator[Blob]:
    """Open a location for reading by ranges.

    Raises:
        ShardError: it is gone or can't be read.
    """
    if is_remote(location):
        yield _fetched(location)
        return
    with as_shard_error():
        file = local_path(location).open("rb")
    with file:
        yield FileBlob(file.fileno(), os.fstat(file.fileno()).st_size)


def _fetched(location: str) -> Blob:
    with as_shard_error():
        filesystem, path = filesystem_of(location)
        size = int(filesystem.size(path) or 0)
        if size > IN_MEMORY_BYTES:
            return RemoteBlob(filesystem, path, size)
        return MemoryBlob(memoryview(filesystem.cat_file(path)))


def read_start(location: str, size: int) -> bytes:
    """Return the first bytes of a file, or b"" where it can't be read: for telling formats apart."""
    try:
        if is_remote(location):
            filesystem, path = filesystem_of(location)
            if not path.startswith(_WEB):
                return bytes(filesystem.cat_file(path, start=0, end=size))
            with filesystem.open(path, "rb", cache_type="none") as file:  # stops there, though all of it be sent
                return bytes(file.read(size))
        with local_path(location).open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def require_ranges(location: str) -> None:
    """Refuse a file of which a part in the middle can't be had; nothing more than a byte is asked for.

    Raises:
        UnreadableSourceError: its server doesn't answer ranges.
    """
    filesystem, path = filesystem_of(location)
    try:
        with filesystem.open(path, "rb", cache_type="none") as file:
            file.seek(1)
            file.read(1)
    except ValueError as error:
        raise UnreadableSourceError(
            f"the server of {location} doesn't answer requests for a range of a file",
            advice="Download the files and name the copy, or serve them from an object store or a web server that "
            "answers ranges.",
        ) from error
    except OSError:  # whatever else is wrong with it is said by whoever reads it
        return


def chunks(blob: Blob) -> Iterator[bytes | memoryview]:
    """Yield a blob's bytes in order, `CHUNK_BYTES` at a time."""
    for start in range(0, blob.size, CHUNK_BYTES):
        yield blob.view(start, start + CHUNK_BYTES)


def sha256_of(location: str) -> str:
    """Return the SHA-256 of a file in hexadecimal, as `sha256sum` prints it.

    Raises:
        ShardError: it is gone or can't be read.
    """
    if not is_remote(location):
        with as_shard_error(), local_path(location).open("rb", buffering=0) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # into one buffer: fresh memory costs a third more
    digest = hashlib.sha256()
    with opened(location) as blob:
        for chunk in chunks(blob):
            digest.update(chunk)
    return digest.hexdigest()
