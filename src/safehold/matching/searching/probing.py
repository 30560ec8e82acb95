"""Searching the tables of a segment by numpy: the executable specification of the native engine.

Numpy is slow at ranges of varying length, so whole rows of next words are taken, one width for all buckets, and bits
are counted by bytes, which it does 15 times faster than by 16-bit words.

    search = TableSearch(arrays, Effort())
    queries, rows, distances = next(search.search(permute(asked), Bits(31)))
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from safehold.matching.compare import distances, within
from safehold.matching.linear import linear_search
from safehold.matching.searching.pairs import Pairs, ranges
from safehold.matching.searching.tables import LINEAR_ROWS, WORDS, row_numbers, spilled_buckets
from safehold.vocabulary import Bits

HIGHEST_INDEXED_THRESHOLD = 47
"""Above it three flips a word would have to be probed, and linear search is faster."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How a search spends time and memory; its results don't depend on it.

    Attributes:
        linear_rows: segments of at most so many rows are searched linearly.
        slots: how many entries a block of queries may fetch from one table at once.
        candidates: how many candidates a block may have before it is cut, at last into single linear searches.
    """

    linear_rows: int = LINEAR_ROWS
    slots: int = 1 << 18
    candidates: int = 1 << 21


class TableSearch:
    """A segment that numpy searches.

    Args:
        arrays: from :func:`safehold.matching.searching.tables.build_hamming`, with tables.
        effort: how a search spends time and memory.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], effort: Effort) -> None:
        self._effort = effort
        self._values: NDArray[np.uint8] = np.asarray(arrays["values"], np.uint8)
        self._words = self._values.view(np.uint64)
        self._starts: NDArray[np.uint32] = np.asarray(arrays["starts"], np.uint32)
        self._rows: NDArray[np.uint8] = np.asarray(arrays["rows"], np.uint8)
        self._next_words: NDArray[np.uint16] = np.asarray(arrays["next_words"], np.uint16)
        self._spill_starts: NDArray[np.uint32] = np.asarray(arrays["spill_starts"], np.uint32)
        self._spill_words: NDArray[np.uint16] = np.asarray(arrays["spill_words"], np.uint16)
        self._is_spilled = spilled_buckets(arrays)
        self._width = self._next_words.shape[2]

    def search(self, asked: NDArray[np.uint8], threshold: Bits) -> Iterator[Pairs]:
        """Find every pair of a query and a row within the threshold, in blocks of queries.

        Args:
            asked: (n, 32) uint8, permuted.
            threshold: the largest distance that counts, at most 47.

        Yields:
            Query numbers, row numbers and distances, each pair once; a query's pairs are all in one block.
        """
        probes = tuple(_flips(count) for count in range(threshold // WORDS + 1))
        widest = max(map(len, probes)) * self._width
        block = max(1, self._effort.slots // widest)
        scratch = _Scratch(block * widest)
        for first in range(0, len(asked), block):
            for query, row, distance in self._search_block(asked[first : first + block], threshold, probes, scratch):
                yield query + first, row, distance

    def _search_block(
        self, asked: NDArray[np.uint8], threshold: Bits, probes: tuple[NDArray[np.uint16], ...], scratch: "_Scratch"
    ) -> Iterator[Pairs]:
        """Search a block, by halves and at last linearly where too many entries resemble the queries."""
        candidates = self._candidates(asked, threshold, probes, scratch)
        if candidates is not None:
            yield self._verified(asked, candidates, threshold)
        elif len(asked) == 1:
            yield linear_search(self._values, asked, threshold)
        else:
            middle = len(asked) // 2
            yield from self._search_block(asked[:middle], threshold, probes, scratch)
            for query, row, distance in self._search_block(asked[middle:], threshold, probes, scratch):
                yield query + middle, row, distance

    def _candidates(
        self, asked: NDArray[np.uint8], threshold: Bits, probes: tuple[NDArray[np.uint16], ...], scratch: "_Scratch"
    ) -> tuple[NDArray[np.int64], NDArray[np.uint32]] | None:
        """Return queries and rows that pass the filter, some of them twice; None if they are too many."""
        words = asked.view(np.uint16).reshape(-1, WORDS)
        queries, rows, total = [], [], 0
        for table in range(WORDS):
            following = np.ascontiguousarray(words[:, (table + 1) % WORDS])
            for flipped, flips in enumerate(probes):
                keys = (words[:, table, None] ^ flips).ravel()
                allowed = 2 * threshold // WORDS - flipped
                for query, row in self._probe(table, keys, following, allowed, scratch):
                    total += len(query)
                    if total > self._effort.candidates:
                        return None
                    queries.append(query)
                    rows.append(row)
        return np.concatenate(queries), np.concatenate(rows)

    def _probe(
        self, table: int, keys: NDArray[np.uint16], following: NDArray[np.uint16], allowed: int, scratch: "_Scratch"
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint32]]]:
        """Return the queries and rows of one table whose next words differ in at most ``allowed`` bits."""
        a_query = len(keys) // len(following)
        flat = scratch.near_words(self._next_words[table], keys, following, allowed)
        probe = flat // self._width
        slot = flat - probe * self._width
        key = keys[probe]
        start = self._starts[table, key]
        filled = slot < self._starts[table, key.astype(np.intp) + 1] - start
        place = (start + slot)[filled]
        yield (probe // a_query)[filled], row_numbers(self._rows[table, place])
        yield from self._probe_spill(table, keys, following, allowed)

    def _probe_spill(
        self, table: int, keys: NDArray[np.uint16], following: NDArray[np.uint16], allowed: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint32]]]:
        """Return what :meth:`_probe` does, of the entries that don't fit into the rows of their buckets."""
        spilled = np.flatnonzero(self._is_spilled[table][keys])
        key = keys[spilled].astype(np.intp)
        query = spilled // (len(keys) // len(following))
        begin = self._spill_starts[table, key].astype(np.int64)
        count = self._spill_starts[table, key + 1] - begin
        shift = self._starts[table, key] + np.int64(self._width) - begin
        for first, last in _runs(count, self._effort.slots):
            place = ranges(begin[first:last], count[first:last])
            repeated = np.repeat(np.arange(first, last), count[first:last])
            near = self._spill_words[place] ^ following[query[repeated]]
            kept = np.flatnonzero(np.bitwise_count(near) <= allowed)
            yield query[repeated[kept]], row_numbers(self._rows[table, place[kept] + shift[repeated[kept]]])

    def _verified(
        self, asked: NDArray[np.uint8], candidates: tuple[NDArray[np.int64], NDArray[np.uint32]], threshold: Bits
    ) -> Pairs:
        """Return the candidates that are within the threshold, each once, ordered by query, then row."""
        query, row = candidates
        between = distances(np.take(asked.view(np.uint64), query, axis=0), np.take(self._words, row, axis=0))
        kept = np.flatnonzero(within(between, threshold))
        pair = (query[kept] << 32) | row[kept]
        pair, first = np.unique(pair, return_index=True)
        return pair >> 32, pair & 0xFFFFFFFF, between[kept][first]


def _runs(counts: NDArray[np.int64], most: int) -> Iterator[tuple[int, int]]:
    """Cut counts into runs that add up to at most ``most``, or that are of one count."""
    ends, first = np.cumsum(counts), 0
    while first < len(counts):
        before = ends[first] - counts[first]
        last = max(first + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield first, last
        first = last


def _flips(count: int) -> NDArray[np.uint16]:
    """Return every 16-bit word with exactly this many bits set."""
    return np.array([sum(1 << bit for bit in bits) for bits in combinations(range(16), count)], np.uint16)


class _Scratch:
    """Buffers that one search reuses for all of its blocks, since fresh memory costs more than the comparison."""

    def __init__(self, slots: int) -> None:
        self._words = np.empty(slots, np.uint16)
        self._counts = np.empty(slots, np.uint16)
        self._is_near = np.empty(slots + 8, np.bool_)

    def near_words(
        self, buckets: NDArray[np.uint16], keys: NDArray[np.uint16], following: NDArray[np.uint16], allowed: int
    ) -> NDArray[np.int64]:
        """Return the slots, counted through all probed buckets, whose words are within ``allowed`` of the query's.

        Bits are counted by bytes, since numpy does so 15 times faster than by 16-bit words; the multiplication
        then adds the two counts of each word in its upper byte.
        """
        width = buckets.shape[1]
        size = len(keys) * width
        words = self._words[:size]
        np.take(buckets, keys, axis=0, out=words.reshape(len(keys), width), mode="clip")
        by_query = words.reshape(len(following), -1)
        np.bitwise_xor(by_query, following[:, None], out=by_query)
        counts = self._counts[:size]
        np.bitwise_count(words.view(np.uint8), out=counts.view(np.uint8))
        np.multiply(counts, np.uint16(0x0101), out=counts)
        padded = self._is_near[: -(-size // 8) * 8]
        padded[size:] = False
        np.less(counts, np.uint16((allowed + 1) << 8), out=padded[:size])
        return _places(padded)


def _places(is_set: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return what ``flatnonzero`` does, by eights: few are set. The length is a multiple of 8."""
    eights = is_set.view(np.uint64)
    some = np.flatnonzero(eights != 0)
    within_some = np.flatnonzero(is_set.reshape(-1, 8)[some])
    places: NDArray[np.int64] = some[within_some >> 3] * 8 + (within_some & 7)
    return places
