"""The bytes between parent and child: a type, a length, a payload; and a cell of shared memory for progress.

A message is one type byte, four length bytes (most significant first) and the payload. A request may carry bytes: then
its payload is four more length bytes, so much JSON, and the bytes. Progress is not a message:
the child writes two whole numbers into memory that both map, which wakes nobody and costs well under a microsecond.
"""

import mmap
import os
import select
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

HEADER = struct.Struct(">cI")
LENGTH = struct.Struct(">I")
_CELL = struct.Struct("<qq")
NO_RECORD = -1
"""The record number before the first record of a request."""


class MessageType(Enum):
    """What a message is."""

    READY = b"S"
    REQUEST = b"R"
    CARRYING_REQUEST = b"B"
    ANSWER = b"A"
    FAILURE = b"F"


@dataclass(frozen=True, slots=True)
class Sign:
    """What the progress cell shows.

    Attributes:
        beat: counts the announcements; it changes as long as the child gets on.
        record: the record that the child works on, or `NO_RECORD`.
    """

    beat: int
    record: int


class ProgressCell:
    """Sixteen bytes that parent and child share.

    The child can write anything into it: the parent takes it for a hint about which record to blame, no more.
    """

    WIDTH_BYTES = _CELL.size

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _CELL.size)
        self._beat = 0

    def announce(self, record: int) -> None:
        """Say that work on a record begins."""
        self._beat += 1
        _CELL.pack_into(self._memory, 0, self._beat, record)

    def read(self) -> Sign:
        """Return what was announced last."""
        return Sign(*_CELL.unpack_from(self._memory, 0))

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()


def read_exactly(descriptor: int, count: int) -> bytearray:
    """Read so many bytes from a blocking descriptor.

    Raises:
        EOFError: the other side closed before.
    """
    buffer = bytearray(count)
    view, filled = memoryview(buffer), 0
    while filled < count:
        got = os.readv(descriptor, [view[filled:]])
        if got == 0:
            raise EOFError
        filled += got
    return buffer


def write_message(descriptor: int, kind: MessageType, payload: bytes | memoryview) -> None:
    """Write one message to a blocking descriptor, whatever its size."""
    view = memoryview(payload)
    os.write(descriptor, HEADER.pack(kind.value, len(view)))
    written = 0
    while written < len(view):
        written += os.write(descriptor, view[written : written + (1 << 20)])


def wait_readable(descriptors: Iterable[int], seconds: float) -> frozenset[int]:
    """Wait until some descriptors have something to read, or are closed on the other side, and return them."""
    return _wait(descriptors, select.POLLIN, seconds)


def wait_writable(descriptor: int, seconds: float) -> bool:
    """Wait until a descriptor takes bytes, or is closed on the other side."""
    return bool(_wait((descriptor,), select.POLLOUT, seconds))


def _wait(descriptors: Iterable[int], event: int, seconds: float) -> frozenset[int]:
    """Wait with `poll`, since `select` knows no descriptors above 1023."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, event)
    return frozenset(descriptor for descriptor, _ in poll.poll(max(0.0, seconds) * 1000))
