"""Plain runs: the headers of plain files that follow one another. Nearly all entries of a shard are such.

    walk = runs(blob, most=4096)
    entries, unproven, position = walk(position)

A run stops before whatever has anything to weigh, which is then for `header`. The native kernel proves each checksum on
its way and leaves `unproven` empty; in Python all checksums of a batch are proven at once, so the header blocks are
given back for that.
"""

from collections.abc import Callable
from functools import partial
from itertools import repeat
from typing import NamedTuple

import numpy as np

from safehold.datasets.sources.places.blobs import Blob, FileBlob, MemoryBlob
from safehold.datasets.sources.records.names import is_unsafe
from safehold.datasets.sources.tars.entry import BLOCK, Entry
from safehold.native import kernels

_NAME = 100
_ORDINARY = ord("0")
_OCTAL_DIGITS = b"01234567"


class Run(NamedTuple):
    """Plain files that follow one another.

    Attributes:
        entries: in order.
        unproven: their header blocks, where their checksums are still to be proven; else none.
        position: where the next header is.
    """

    entries: list[Entry]
    unproven: list[bytes]
    position: int


def runs(blob: Blob, most: int) -> Callable[[int], Run]:
    """Return what walks past plain headers of a tar from a position on, past at most so many."""
    native = kernels()
    if native is not None and isinstance(blob, MemoryBlob):
        return _native_runs(partial(native.tar_run_of_bytes, blob.data), most)
    if native is not None and isinstance(blob, FileBlob):
        return _native_runs(partial(native.tar_run_of_file, blob.descriptor, blob.size), most)
    return partial(run_by_python, blob, most)


def _native_runs(walk: Callable[..., tuple[int, int, int]], most: int) -> Callable[[int], Run]:
    places = np.empty((most, 2), np.int64)
    names = np.empty(most * (_NAME + 1), np.uint8)

    def run(position: int) -> Run:
        count, length, after = walk(position, places, names)
        if not count:
            return Run([], [], after)
        said = names[: length - 1].tobytes().decode("ascii").split("\0")
        starts, sizes = places[:count, 0], places[:count, 1].tolist()
        columns = (said, starts.tolist(), (starts + BLOCK).tolist(), sizes, repeat(None), repeat(True))
        return Run(list(map(Entry._make, zip(*columns, strict=False))), [], after)

    return run


def run_by_python(blob: Blob, most: int, position: int) -> Run:
    """Walk as the native kernel does; what this takes for plain is what the kernel may."""
    view, limit, at = blob.view, blob.size, position
    found: list[Entry] = []
    unproven: list[bytes] = []
    while len(found) < most:
        header = bytes(view(at, at + BLOCK))
        if len(header) < BLOCK or header[156] != _ORDINARY or header[135] or header[345]:
            break
        octal, name = header[124:135], header[:_NAME].partition(b"\0")[0]
        if octal.strip(_OCTAL_DIGITS) or not name.isascii():
            break
        data, size, said = at + BLOCK, int(octal, 8), name.decode("ascii")
        if data + size > limit or is_unsafe(said):
            break
        found.append(Entry(said, at, data, size, None, is_member=True))
        unproven.append(header)
        at = data + (size + BLOCK - 1) // BLOCK * BLOCK
    return Run(found, unproven, at)
