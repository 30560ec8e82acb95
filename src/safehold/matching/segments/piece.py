"""Pieces of an index: a segment of distinct values, and which entries of which banks each of them stands for.

piece = Piece(arrays, facts, banks_of_parts)
hits = piece.lookup(values, Bits(31), most=64)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from safehold.matching.hits import HARM_CLASSES, NO_HITS, Hits, joined, merged
from safehold.matching.parts.order import grouped
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.matching.segments.exact import ExactSegment, build_exact
from safehold.matching.segments.hamming import HammingSegment
from safehold.matching.segments.pairs import Pairs, ranges
from safehold.matching.segments.postings import Postings, built_postings
from safehold.matching.segments.tables import build_hamming
from safehold.vocabulary import Algorithm, Bits

_POSTINGS_A_BLOCK = 1 << 21

_FEW = 16
"""Pairs, and postings of each, up to which plain loops take less time than numpy's calls."""

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
    columns = (
        np.repeat(np.arange(len(parts)), [len(part.rows) for part in parts]),
        np.concatenate([part.rows.entry for part in parts]),
        np.concatenate(classes).astype(np.uint8),
    )
    return {**build(distinct), **built_postings(order, starts, columns)}


class Piece:
    """Arrays of a piece that can be searched.

    Args:
        algorithm: of all values.
        arrays: from :func:`built`, in memory or mapped.
        banks: for each of its parts, which bank of the index it belongs to.
    """

    def __init__(self, algorithm: Algorithm, arrays: Arrays, banks: NDArray[np.int32]) -> None:
        self._segment = HammingSegment(arrays) if algorithm is Algorithm.PDQ else ExactSegment(arrays)
        self._postings = Postings(arrays)
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
            place = ranges(*self._postings.of(row))
            is_of_bank = self._banks[self._postings.part[place]] == bank
            found.append(place[is_of_bank & np.isin(self._postings.entry[place], entries)])
        self._dead = np.unique(np.concatenate(found))

    def class_counts(self, banks: int) -> NDArray[np.int64]:
        """Return (banks, classes): how many entries each bank of the index has of each class; withdrawn ones are none.

        Args:
            banks: how many banks the index has.
        """
        classes = len(HARM_CLASSES)
        bins = self._banks.astype(np.int64)[self._postings.part] * classes + self._postings.harm_class
        counts = np.bincount(bins, minlength=banks * classes) - np.bincount(bins[self._dead], minlength=banks * classes)
        return counts.reshape(banks, classes)

    def lookup(self, values: NDArray[np.uint8], threshold: Bits, *, most: int) -> Hits:
        """Return the entries within the threshold of each query.

        Args:
            values: (n, width) uint8.
            threshold: the largest distance that counts.
            most: how many hits a query may have.
        """
        parts = [hits for pairs in self._segment.search(values, threshold) for hits in self._hits(pairs, most)]
        return merged(parts, most=most)

    def _hits(self, pairs: Pairs, most: int) -> Iterator[Hits]:
        few = self._few(pairs, most) if len(pairs[0]) <= _FEW and not len(self._dead) else None
        return self._expanded(pairs, most) if few is None else iter((few,))

    def _few(self, pairs: Pairs, most: int) -> Hits | None:
        """Turn a few rows into entries; None where they are too many for that after all."""
        found: list[tuple[int, int, int, int, int]] = []
        postings, banks = self._postings, self._banks
        for query, row, distance in zip(*(column.tolist() for column in pairs), strict=True):
            places = postings.range_of(row)
            if len(found) + len(places) > min(_FEW, most):
                return None
            for place in places:
                bank, entry = int(banks[postings.part[place]]), int(postings.entry[place])
                found.append((query, distance, bank, entry, int(postings.harm_class[place])))
        found.sort()
        columns = np.array(found, np.int64).reshape(-1, 5).T
        return Hits(
            columns[0],
            columns[1].astype(np.uint16),
            columns[2].astype(np.int32),
            columns[3],
            columns[4].astype(np.uint8),
            NO_HITS.capped,
        )

    def _expanded(self, pairs: Pairs, most: int) -> Iterator[Hits]:
        """Turn rows into entries, in blocks of whole queries, leaving out rows that the cap would drop anyway."""
        query, row, distance = pairs
        first, count = self._postings.of(row)
        living = count - self._dead_in(first, count)
        order = np.lexsort((distance, query))
        order = order[living[order] > 0]
        kept, capped = _nearest(query[order], distance[order], living[order], most)
        order = order[kept]
        query, distance, first = query[order], distance[order], first[order]
        taken = np.minimum(count[order], most + count[order] - living[order])
        for part in _blocks(query, taken):
            place = ranges(first[part], taken[part])
            repeated = np.repeat(np.arange(part.start, part.stop), taken[part])
            is_alive = ~np.isin(place, self._dead) if len(self._dead) else slice(None)
            place, repeated = place[is_alive], repeated[is_alive]
            hits = Hits(
                query[repeated],
                distance[repeated],
                self._banks[self._postings.part[place]],
                self._postings.entry[place].astype(np.int64),
                self._postings.harm_class[place],
            )
            yield joined([hits], most=most)
        if len(capped):
            yield _only_capped(capped)

    def _dead_in(self, first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many entries of each row were withdrawn."""
        return np.searchsorted(self._dead, first + count) - np.searchsorted(self._dead, first)


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


def _only_capped(capped: NDArray[np.int64]) -> Hits:
    return replace(NO_HITS, capped=capped)
