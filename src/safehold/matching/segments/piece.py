"""Pieces of an index: a segment of distinct values, and which entries of which banks each of them stands for.

piece = Piece(arrays, facts, banks_of_parts)
hits = piece.lookup(values, Bits(31), most=64)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safehold.matching.hits import HARM_CLASSES, Hits, joined
from safehold.matching.parts.order import grouped
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.matching.segments.exact import ExactSegment, build_exact
from safehold.matching.segments.hamming import HammingSegment, Pairs, build_hamming
from safehold.vocabulary import Algorithm, Bits

_POSTINGS_A_BLOCK = 1 << 21

Arrays = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """The rows of one part, with the class of its bank."""

    rows: Rows
    bank_class: int


def built(algorithm: Algorithm, parts: Sequence[Listed]) -> dict[str, NDArray[np.generic]]:
    """Work out the arrays of a piece: those of its segment and, named ``posting_*``, what its rows stand for.

    Args:
        algorithm: of all parts.
        parts: in the order in which a capped query keeps entries of one distance.
    """
    values = np.concatenate([part.rows.values for part in parts])
    order, starts = grouped(values)
    distinct = values[order[starts]]
    build = build_hamming if algorithm is Algorithm.PDQ else build_exact
    classes = [np.where(part.rows.harm_class == NO_CLASS, part.bank_class, part.rows.harm_class) for part in parts]
    return {
        **build(distinct),
        "posting_starts": np.append(starts, len(values)).astype(np.int64),
        "posting_part": np.repeat(np.arange(len(parts), dtype=np.uint32), [len(part.rows) for part in parts])[order],
        "posting_entry": np.concatenate([part.rows.entry for part in parts])[order],
        "posting_class": np.concatenate(classes).astype(np.uint8)[order],
    }


class Piece:
    """Arrays of a piece that can be searched.

    Args:
        algorithm: of all values.
        arrays: from :func:`built`, in memory or mapped.
        banks: for each of its parts, which bank of the index it belongs to.
    """

    def __init__(self, algorithm: Algorithm, arrays: Arrays, banks: NDArray[np.int32]) -> None:
        self._segment = HammingSegment(arrays) if algorithm is Algorithm.PDQ else ExactSegment(arrays)
        self._starts: NDArray[np.int64] = np.asarray(arrays["posting_starts"], np.int64)
        self._part: NDArray[np.uint32] = np.asarray(arrays["posting_part"], np.uint32)
        self._entry: NDArray[np.int64] = np.asarray(arrays["posting_entry"], np.int64)
        self._class: NDArray[np.uint8] = np.asarray(arrays["posting_class"], np.uint8)
        self._banks = banks
        self._dead: NDArray[np.int64] = np.zeros(0, np.int64)

    def withdraw(self, bank: int, values: NDArray[np.uint8], entries: NDArray[np.int64]) -> None:
        """Never give these entries of a bank again.

        Args:
            bank: which bank of the index.
            values: (n, width) uint8, the values of the entries.
            entries: (n,) int64, their numbers.
        """
        found = [self._dead]
        for _, row, _ in self._segment.search(values, Bits(0)):
            place = _ranges(self._starts[row], self._starts[row + 1] - self._starts[row])
            is_dead = (self._banks[self._part[place]] == bank) & np.isin(self._entry[place], entries)
            found.append(place[is_dead])
        self._dead = np.unique(np.concatenate(found))

    def class_counts(self, banks: int) -> NDArray[np.int64]:
        """Return (banks, classes): how many entries each bank of the index has of each class; withdrawn ones are none.

        Args:
            banks: how many banks the index has.
        """
        classes = len(HARM_CLASSES)
        bins = self._banks.astype(np.int64)[self._part] * classes + self._class
        counts = np.bincount(bins, minlength=banks * classes) - np.bincount(bins[self._dead], minlength=banks * classes)
        return counts.reshape(banks, classes)

    def lookup(self, values: NDArray[np.uint8], threshold: Bits, *, most: int) -> Hits:
        """Return the entries within the threshold of each query.

        Args:
            values: (n, width) uint8.
            threshold: the largest distance that counts.
            most: how many hits a query may have.
        """
        parts = [
            hits
            for pairs in self._segment.search(values, threshold)
            if len(pairs[0])
            for hits in self._expanded(pairs, most)
        ]
        return joined(parts, most=most)

    def _expanded(self, pairs: Pairs, most: int) -> Iterator[Hits]:
        """Turn rows into entries, in blocks of whole queries, leaving out rows that the cap would drop anyway."""
        query, row, distance = pairs
        living = self._starts[row + 1] - self._starts[row] - self._dead_in(row)
        order = np.lexsort((distance, query))
        order = order[living[order] > 0]
        query, row, distance, living = query[order], row[order], distance[order], living[order]
        kept, capped = _nearest(query, distance, living, most)
        query, row, distance = query[kept], row[kept], distance[kept]
        taken = np.minimum(self._starts[row + 1] - self._starts[row], most + self._dead_in(row))
        for part in _blocks(query, taken):
            place = _ranges(self._starts[row[part]], taken[part])
            repeated = np.repeat(np.arange(part.start, part.stop), taken[part])
            is_alive = ~np.isin(place, self._dead) if len(self._dead) else slice(None)
            place, repeated = place[is_alive], repeated[is_alive]
            hits = Hits(
                query[repeated],
                distance[repeated],
                self._banks[self._part[place]],
                self._entry[place],
                self._class[place],
            )
            yield joined([hits], most=most)
        if len(capped):
            yield _only_capped(capped)

    def _dead_in(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many entries of each row were withdrawn."""
        before = np.searchsorted(self._dead, self._starts[row])
        return np.searchsorted(self._dead, self._starts[row + 1]) - before


def _nearest(
    query: NDArray[np.int64], distance: NDArray[np.uint16], living: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which rows, ordered by query and distance, hold the nearest entries, and which queries have more.

    Rows of one distance are kept or dropped together, so that which of them remain doesn't depend on their order.
    """
    group = np.flatnonzero(np.append(True, (np.diff(query) != 0) | (np.diff(distance.astype(np.int32)) != 0)))
    group = group[group < len(query)]
    if not len(group):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    totals = np.add.reduceat(living, group)
    before = np.cumsum(totals) - totals
    group_query = query[group]
    first_group = np.searchsorted(group_query, group_query)
    before -= before[first_group]
    lengths = np.diff(group, append=len(query))
    kept = np.flatnonzero(np.repeat(before < most, lengths))
    return kept, np.unique(group_query[before + totals > most])


def _blocks(query: NDArray[np.int64], counts: NDArray[np.int64]) -> Iterator[slice]:
    """Cut ordered rows where a query begins, so that a block has few postings; one query is never cut."""
    edges = np.append(np.flatnonzero(np.diff(query, prepend=-1)), len(query))
    before = np.append(0, np.cumsum(counts))[edges]
    first = 0
    while first < len(edges) - 1:
        last = int(np.searchsorted(before, before[first] + _POSTINGS_A_BLOCK, side="right")) - 1
        last = max(last, first + 1)
        yield slice(int(edges[first]), int(edges[last]))
        first = last


def _ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of all ranges, one range after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)


def _only_capped(capped: NDArray[np.int64]) -> Hits:
    return Hits(
        np.zeros(0, np.int64),
        np.zeros(0, np.uint16),
        np.zeros(0, np.int32),
        np.zeros(0, np.int64),
        np.zeros(0, np.uint8),
        capped,
    )
