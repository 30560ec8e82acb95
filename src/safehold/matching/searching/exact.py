"""A segment that finds cryptographic hashes: sorted values behind a bitmap. Exact.

How it finds: two bits of the bitmap, picked by the upper and lower bits of a value's first eight bytes, say for all
but a few queries in a thousand that they are not listed (a Bloom filter whose hash is the value itself); the rest is
looked up by binary search over those eight bytes, then compared whole.

    segment = ExactSegment(build_exact(values))
    queries, rows, distances = next(segment.search(asked, Bits(0)))
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from safehold.matching.parts.order import prefixes
from safehold.matching.searching.pairs import Pairs, Triples
from safehold.vocabulary import Bits

_BITS_A_ROW = 24
_LEAST_BITMAP_BITS, _MOST_BITMAP_BITS = 16, 32
_QUERIES_A_BLOCK = 1 << 15
"""Small enough for the buffers to stay in the second-level cache."""


def build_exact(values: NDArray[np.uint8]) -> dict[str, NDArray[np.generic]]:
    """Work out the arrays of a segment.

    Args:
        values: (rows, width) uint8, distinct, ordered as :func:`safehold.matching.parts.order.grouped` orders them.

    Returns:
        ``values`` as they are; ``prefixes`` (rows,) uint64, ascending; ``bitmap`` uint8.
    """
    heads = prefixes(values)
    bits = min(max((len(values) * _BITS_A_ROW).bit_length(), _LEAST_BITMAP_BITS), _MOST_BITMAP_BITS)
    is_set = np.zeros(1 << bits, np.bool_)
    for place in _places(heads, bits):
        is_set[place] = True
    return {"values": values, "prefixes": heads, "bitmap": np.packbits(is_set, bitorder="little")}


class ExactSegment:
    """Arrays of a segment, in memory or mapped, that can be searched."""

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self._values: NDArray[np.uint8] = np.asarray(arrays["values"], np.uint8)
        self._prefixes: NDArray[np.uint64] = np.asarray(arrays["prefixes"], np.uint64)
        self._bitmap: NDArray[np.uint8] = np.asarray(arrays["bitmap"], np.uint8)
        self._bits = (8 * len(self._bitmap)).bit_length() - 1

    def __len__(self) -> int:
        return len(self._values)

    def few(self, values: NDArray[np.uint8], threshold: Bits) -> Triples | None:  # noqa: ARG002 - there is no such way
        """Return None: few queries are searched as many are."""
        return None

    def search(self, values: NDArray[np.uint8], threshold: Bits) -> Iterator[Pairs]:  # noqa: ARG002 - equality only
        """Find every query that is listed, in blocks of queries.

        Args:
            values: (n, width) uint8.
            threshold: ignored: these hashes are equal or they are unrelated.

        Yields:
            Query numbers, ascending, row numbers and distances of 0.
        """
        for first in range(0, len(values), _QUERIES_A_BLOCK):
            block = values[first : first + _QUERIES_A_BLOCK]
            heads = prefixes(block)
            likely = self._likely(heads)
            query, row = self._compared(block, heads, likely)
            yield query + first, row, np.zeros(len(query), np.uint16)

    def _likely(self, heads: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the queries that the bitmap doesn't rule out."""
        upper, lower = _places(heads, self._bits)
        likely = np.flatnonzero(self._is_set(upper))
        return likely[self._is_set(lower[likely])]

    def _is_set(self, place: NDArray[np.int64]) -> NDArray[np.bool_]:
        byte = np.take(self._bitmap, place >> 3, mode="clip")
        return (byte >> (place & 7).astype(np.uint8) & np.uint8(1)).view(np.bool_)

    def _compared(
        self, block: NDArray[np.uint8], heads: NDArray[np.uint64], likely: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of the likely queries are listed, and in which rows."""
        place = np.searchsorted(self._prefixes, heads[likely])
        inside = np.flatnonzero(place < len(self))
        inside = inside[self._prefixes[place[inside]] == heads[likely[inside]]]
        query, row = likely[inside], place[inside]
        is_same = (block[query] == self._values[row]).all(axis=1)
        later = self._among_equal_prefixes(block, query[~is_same], row[~is_same])
        query, row = np.append(query[is_same], later[0]), np.append(row[is_same], later[1])
        order = np.argsort(query, kind="stable")
        return query[order].astype(np.int64), row[order].astype(np.int64)

    def _among_equal_prefixes(
        self, block: NDArray[np.uint8], queries: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Look further among rows whose first eight bytes are equal, which only made-up values have."""
        found = []
        for query, row in zip(queries.tolist(), rows.tolist(), strict=True):
            end = int(np.searchsorted(self._prefixes, self._prefixes[row], side="right"))
            equal = np.flatnonzero((self._values[row:end] == block[query]).all(axis=1))
            found += [(query, row + int(place)) for place in equal]
        pairs = np.array(found, np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


def _places(heads: NDArray[np.uint64], bits: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the two places in a bitmap of ``1 << bits`` bits that stand for each value."""
    upper = (heads >> np.uint64(64 - bits)).view(np.int64)
    return upper, (heads & np.uint64((1 << bits) - 1)).view(np.int64)
