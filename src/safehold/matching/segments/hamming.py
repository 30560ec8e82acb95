"""A segment that finds perceptual hashes within a distance: multi-index hashing with a next-word filter. Exact.

How it finds (m = 16 words of 16 bits, threshold T): if two values differ in at most T bits, then by the cycle
lemma some word i has both ``d[i] <= T // 16`` and ``d[i] + d[i+1] <= 2 * T // 16``, with indices modulo 16. So:

1. for each word i, probe the buckets of all keys within ``T // 16`` bits of the query's word i;
2. of each entry in those buckets, compare the *next* word, which lies in the bucket itself, in rows of one
   width for all buckets, so that whole buckets are fetched, compared and counted by vector instructions;
3. of the few candidates left (about 0.25 % at T = 31), compare all 256 bits.

What doesn't fit into a bucket's row lies in its spill, looked at apart.

Source: M. Norouzi, A. Punjani, D. J. Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012;
J. Qin, C. Xiao, "Pigeonring: a principle for faster thresholded similarity search", PVLDB 12(1), 2018.

    segment = HammingSegment(build_hamming(values))
    queries, rows, distances = segment.search(asked, Bits(31))
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from safehold.matching.compare import distances, within
from safehold.matching.linear import linear_search
from safehold.matching.segments.permutation import permute
from safehold.vocabulary import Bits

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]

_WORDS = 16
_KEYS = 1 << 16
_HIGHEST_INDEXED_THRESHOLD = 47
"""Above it three flips a word would have to be probed, and linear search is faster."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How a search spends time and memory; its results don't depend on it.

    Attributes:
        linear_rows: segments of at most so many rows are searched linearly.
        slots: how many entries a block of queries may fetch from one table at once.
        candidates: how many candidates a block may have before it is cut, at last into single linear searches.
    """

    linear_rows: int = 512
    slots: int = 1 << 18
    candidates: int = 1 << 21


def build_hamming(values: NDArray[np.uint8]) -> dict[str, NDArray[np.generic]]:
    """Work out the arrays of a segment.

    Args:
        values: (rows, 32) uint8, distinct, most significant bit first.

    Returns:
        ``values`` (rows, 32) uint8, permuted; ``starts`` (16, 65537) uint32, where each bucket begins in
        ``rows`` (16, rows) uint32; ``next_words`` (16, 65536, width) uint16, the first entries of each bucket;
        ``spill_starts`` (16, 65537) uint32 and ``spill_words``, the rest, one table after the other.
    """
    permuted = permute(values)
    words = permuted.view(np.uint16).reshape(-1, _WORDS)
    width = _bucket_width(len(words))
    starts = np.zeros((_WORDS, _KEYS + 1), np.uint32)
    spill_starts = np.zeros_like(starts)
    rows = np.empty((_WORDS, len(words)), np.uint32)
    next_words = np.zeros((_WORDS, _KEYS, width), np.uint16)
    spilled, spilled_before = [np.zeros(0, np.uint16)], 0
    for table in range(_WORDS):
        keys = words[:, table]
        order = np.argsort(keys, kind="stable")
        counts = np.bincount(keys, minlength=_KEYS)
        np.cumsum(counts, out=starts[table, 1:])
        rows[table] = order
        following = words[:, (table + 1) % _WORDS][order]
        slots = np.arange(len(words)) - np.repeat(starts[table, :-1], counts)
        inside = slots < width
        next_words[table, keys[order][inside], slots[inside]] = following[inside]
        spilled.append(following[~inside])
        spill_starts[table] = spilled_before
        spill_starts[table, 1:] += np.cumsum(np.maximum(counts - width, 0)).astype(np.uint32)
        spilled_before = int(spill_starts[table, -1])
    return {
        "values": permuted,
        "starts": starts,
        "rows": rows,
        "next_words": next_words,
        "spill_starts": spill_starts,
        "spill_words": np.concatenate(spilled),
    }


def _bucket_width(rows: int) -> int:
    """Return how many entries a bucket's row holds: the mean and two standard deviations more, rounded up."""
    mean = rows / _KEYS
    wanted = int(mean + 2 * mean**0.5) + 1
    step = 4 if wanted <= _WORDS else _WORDS
    return -(-wanted // step) * step


class HammingSegment:
    """Arrays of a segment, in memory or mapped, that can be searched.

    Args:
        arrays: from :func:`build_hamming`.
        effort: how a search spends time and memory.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], effort: Effort | None = None) -> None:
        self._effort = effort or Effort()
        self._values: NDArray[np.uint8] = np.asarray(arrays["values"], np.uint8)
        self._words = self._values.view(np.uint64)
        self._starts: NDArray[np.uint32] = np.asarray(arrays["starts"], np.uint32)
        self._rows: NDArray[np.uint32] = np.asarray(arrays["rows"], np.uint32)
        self._next_words: NDArray[np.uint16] = np.asarray(arrays["next_words"], np.uint16)
        self._spill_starts: NDArray[np.uint32] = np.asarray(arrays["spill_starts"], np.uint32)
        self._spill_words: NDArray[np.uint16] = np.asarray(arrays["spill_words"], np.uint16)
        self._width = self._next_words.shape[2]

    def __len__(self) -> int:
        return len(self._values)

    def search(self, values: NDArray[np.uint8], threshold: Bits) -> Iterator[Pairs]:
        """Find every pair of a query and a row within the threshold, in blocks of queries.

        Args:
            values: (n, 32) uint8, not permuted.
            threshold: the largest distance that counts.

        Yields:
            Query numbers, row numbers and distances, each pair once; a query's pairs are all in one block.
        """
        asked = permute(values)
        if len(self) <= self._effort.linear_rows or threshold > _HIGHEST_INDEXED_THRESHOLD:
            yield linear_search(self._values, asked, threshold)
            return
        probes = tuple(_flips(count) for count in range(threshold // _WORDS + 1))
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
        words = asked.view(np.uint16).reshape(-1, _WORDS)
        queries, rows, total = [], [], 0
        for table in range(_WORDS):
            following = np.ascontiguousarray(words[:, (table + 1) % _WORDS])
            for flipped, flips in enumerate(probes):
                keys = (words[:, table, None] ^ flips).ravel()
                allowed = 2 * threshold // _WORDS - flipped
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
        yield (probe // a_query)[filled], self._rows[table, (start + slot)[filled]]
        if self._spill_starts[table, 0] != self._spill_starts[table, -1]:
            yield from self._probe_spill(table, keys, following, allowed)

    def _probe_spill(
        self, table: int, keys: NDArray[np.uint16], following: NDArray[np.uint16], allowed: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint32]]]:
        """Return what :meth:`_probe` does, of the entries that don't fit into the rows of their buckets."""
        a_query = len(keys) // len(following)
        spill_starts = self._spill_starts[table]
        counts = (spill_starts[1:] - spill_starts[:-1])[keys]
        for probe in np.flatnonzero(counts):
            key, query = int(keys[probe]), int(probe) // a_query
            words = self._spill_words[spill_starts[key] : spill_starts[key + 1]]
            near = np.flatnonzero(np.bitwise_count(words ^ following[query]) <= allowed)
            place = int(self._starts[table, key]) + self._width + near
            yield np.full(len(near), query, np.int64), self._rows[table, place]

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
