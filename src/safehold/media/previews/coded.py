"""Whole files within the bytes of coded pixels: decoders stop at the end of their code, and pass over the rest.

Where a stream ends is known only by decoding it once more, so that all of it is searched, for the signatures of files
and the structure behind them. It is as good as noise, in which four bytes of a signature turn up by chance once in
thousands of millions; the first two are looked up for all places at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safehold.media.errors import OverLimitError
from safehold.media.previews.extents import end_of_file
from safehold.media.signatures import RARE, is_start

_LEAST_BYTES = 96
"""As in any other block."""
_WINDOW_BYTES = 1 << 17
"""What stays in a core's cache; even."""
_MOST_PLACES, _BYTES_PER_PLACE = 500, 64
"""As in any other block; noise has one in five thousand bytes."""
_ALL_PAIRS = 1 << 16
_FIRST_MARKER = 0xC0
_SOUGHT = (
    *((rare, before) for rare, before in RARE.items() if rare != b"BM"),
    *((header, 14) for header in (b"(\0\0\0", b"l\0\0\0", b"|\0\0\0")),
)
"""What is looked up, and how many bytes of a file stand before it; of bitmaps, the size of their header."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Bytes of coded pixels.

    Attributes:
        data: all of a stream, and whatever follows it where it stands.
    """

    data: bytes


def files_of(coded: Coded) -> Iterator[bytes]:
    """Yield the files within a stream.

    Raises:
        OverLimitError: too much looks like the beginning of one.
    """
    data, end = coded.data, 0
    if len(data) < _LEAST_BYTES:
        return
    for start in _starts(data):
        if start >= end:
            end = end_of_file(data, start)
            yield data[start:end]


def _starts(data: bytes) -> Iterator[int]:
    is_first, is_second = _tables()
    left = _MOST_PLACES + len(data) // _BYTES_PER_PLACE
    for window in range(0, len(data), _WINDOW_BYTES):
        places = _places(data, window, is_first, is_second)
        left -= len(places)
        if left < 0:
            raise OverLimitError("coded pixels have too many beginnings of pictures", advice="Save the picture again.")
        found = (place - before for place in places for sought, before in _SOUGHT if data.startswith(sought, place))
        yield from (start for start in sorted(found) if start >= 0 and is_start(data, start))


def _places(data: bytes, window: int, is_first: NDArray[np.bool_], is_second: NDArray[np.bool_]) -> list[int]:
    """Return where four bytes that may be a signature's stand, with the first of them in a window."""
    places: list[int] = []
    first, last = window // 2, (window + _WINDOW_BYTES) // 2
    for shift in (0, 1):
        pairs = np.frombuffer(data, "<u2", (len(data) - shift) // 2, shift)
        found = first + np.flatnonzero(np.take(is_first, pairs[first : min(last, len(pairs) - 1)]))
        places += (2 * found[is_second[pairs[found + 1]]] + shift).tolist()
    return places


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pairs of bytes are the first two of a signature's four, and which the last two."""
    is_first, is_second = np.zeros(_ALL_PAIRS, dtype=bool), np.zeros(_ALL_PAIRS, dtype=bool)
    for sought, _ in _SOUGHT:
        is_first[int.from_bytes(sought[:2], "little")] = True
        if len(sought) > 2:
            is_second[int.from_bytes(sought[2:4], "little")] = True
    low = np.arange(_ALL_PAIRS) & 0xFF
    is_second[(low >= _FIRST_MARKER) & (low < 0xFF)] = True  # what follows the start of a JPEG
    return is_first, is_second
