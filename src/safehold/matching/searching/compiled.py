"""Searching a segment by the native engine.

search = CompiledSearch(native, arrays, linear_rows=2048)
queries, rows, distances = next(search.search(asked, Bits(31)))
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from safehold.matching.errors import damaged_segment
from safehold.matching.searching.pairs import Pairs, Triples
from safehold.matching.searching.permutation import bit_order
from safehold.native.interface import Kernels
from safehold.vocabulary import Bits

_QUERIES_A_BLOCK = 1 << 13
"""So that a block's probes of one table are some twice as many as the buckets: each bucket is read once for all."""

FEW_QUERIES = 16
"""Queries that are asked without detours: there each microsecond counts."""

_ROOM = (1 << 12, 1 << 18, 1 << 22)
"""For how many pairs of a block there is room: of few queries, of many, and when they are more."""

_ROW_SHIFT, _QUERY_SHIFT = np.uint64(9), np.uint64(41)
_DISTANCE_MASK, _ROW_MASK = np.uint64(0x1FF), np.uint64(0xFFFF_FFFF)


class CompiledSearch:
    """A segment that the native engine searches.

    Args:
        native: the engine.
        arrays: from :func:`safehold.matching.searching.tables.build_hamming`.
        linear_rows: a segment of at most so many rows is compared whole.
    """

    def __init__(self, native: Kernels, arrays: Mapping[str, NDArray[np.generic]], linear_rows: int) -> None:
        self._native = native
        self._rows = len(arrays["values"])
        self._linear_rows = linear_rows
        self._segment = _held(native, arrays)

    def search(self, values: NDArray[np.uint8], threshold: Bits) -> Iterator[Pairs]:
        """Find every pair, as :meth:`safehold.matching.searching.hamming.HammingSegment.search` says.

        Raises:
            SegmentDamagedError: the segment's numbers lead outside of it.
        """
        for first in range(0, len(values), _QUERIES_A_BLOCK):
            for packed in self._packed(values[first : first + _QUERIES_A_BLOCK], threshold):
                if len(packed):
                    yield _unpacked(packed, first)

    def few(self, values: NDArray[np.uint8], threshold: Bits) -> Triples | None:
        """Find what `search` finds; None if that is more than some pairs.

        Raises:
            SegmentDamagedError: as `search`.
        """
        try:
            found = self._native.hamming_few(self._segment, values, threshold, self._linear_rows)
        except ValueError as error:
            raise damaged_segment("its numbers lead outside of it") from error
        return None if found is None else [(pair >> 41, pair >> 9 & 0xFFFF_FFFF, pair & 0x1FF) for pair in found]

    def _packed(self, values: NDArray[np.uint8], threshold: Bits) -> Iterator[NDArray[np.uint64]]:
        """Search a block, by halves where too many entries resemble the queries."""
        for room in _ROOM[len(values) > FEW_QUERIES :]:
            found = self._attempt(values, threshold, room)
            if found is not None:
                yield found
                return
        if len(values) == 1:
            whole = self._attempt(values, threshold, self._rows)  # a row is in at most one pair of a query
            yield np.zeros(0, np.uint64) if whole is None else whole
            return
        middle = len(values) // 2
        yield from self._packed(values[:middle], threshold)
        for later in self._packed(values[middle:], threshold):
            yield later + (np.uint64(middle) << _QUERY_SHIFT)

    def _attempt(self, values: NDArray[np.uint8], threshold: Bits, room: int) -> NDArray[np.uint64] | None:
        """Return the pairs, ordered; None if there is no room for them."""
        pairs = np.empty(room, np.uint64)
        try:
            count = self._native.hamming_search(self._segment, values, threshold, self._linear_rows, pairs)
        except ValueError as error:
            raise damaged_segment("its numbers lead outside of it") from error
        if count < 0:
            return None
        found = pairs[:count]
        if count > 1:
            found.sort()
        return found


def _held(native: Kernels, arrays: Mapping[str, NDArray[np.generic]]) -> object:
    values = np.asarray(arrays["values"], np.uint8)
    if "starts" not in arrays:
        return native.hamming_open(values, bit_order())
    tables = (
        np.asarray(arrays["starts"], np.uint32),
        np.asarray(arrays["rows"], np.uint8),
        np.asarray(arrays["next_words"], np.uint16),
        np.asarray(arrays["spill_starts"], np.uint32),
        np.asarray(arrays["spill_words"], np.uint16),
    )
    try:
        return native.hamming_open(values, bit_order(), tables)
    except ValueError as error:
        raise damaged_segment("its arrays don't fit together") from error


def _unpacked(packed: NDArray[np.uint64], first: int) -> Pairs:
    query = (packed >> _QUERY_SHIFT).view(np.int64)
    if first:
        query += first
    row = (packed >> _ROW_SHIFT & _ROW_MASK).view(np.int64)
    return query, row, (packed & _DISTANCE_MASK).astype(np.uint16)
