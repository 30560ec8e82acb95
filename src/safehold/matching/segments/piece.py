"""Pieces of an index: a segment of distinct values, and which entries of which banks each of them stands for.

piece = Piece.over(algorithm, arrays, Standing(banks_of_parts))
hits = piece.lookup(values, Bits(31), most=64)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from safehold.matching.compare import within
from safehold.matching.hits import HARM_CLASSES, NO_HITS, Hits, hits_of, joined, merged
from safehold.matching.parts.order import grouped
from safehold.matching.parts.rows import NO_CLASS, Rows, has_thresholds
from safehold.matching.searching.exact import ExactSegment, build_exact
from safehold.matching.searching.hamming import HammingSegment
from safehold.matching.searching.pairs import Pairs, Triples, pairs_of, ranges, triples
from safehold.matching.searching.tables import build_hamming
from safehold.matching.segments.postings import Postings, built_postings, narrowed
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
    arrays = {**build(distinct), **built_postings(order, starts, columns)}
    if any(has_thresholds(part.rows) for part in parts):
        arrays["posting_threshold"] = narrowed(np.concatenate([part.rows.thresholds() for part in parts])[order])
    return arrays


@dataclass(frozen=True, slots=True, eq=False)
class Withdrawn:
    """Entries of a bank that were taken back.

    Attributes:
        bank: which bank of the index.
        values: (n, width) uint8, their values.
        entries: (n,) int64, their numbers.
    """

    bank: int
    values: NDArray[np.uint8]
    entries: NDArray[np.int64]


def _none_withdrawn() -> Sequence[Withdrawn]:
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """How the entries of a piece stand in the banks of an index, which may change while the piece doesn't.

    Attributes:
        banks: (parts,) int32, which bank of the index each part of the piece belongs to; -1 for none any more.
        withdrawn: gives the entries that were taken back; called once, when the first hit needs it.
        limits: (banks,) uint16, the largest distance that each bank wants to count; None where none says.
    """

    banks: NDArray[np.int32]
    withdrawn: Callable[[], Sequence[Withdrawn]] = _none_withdrawn
    limits: NDArray[np.uint16] | None = None


class Piece:
    """A segment with its postings, in memory or mapped.

    Args:
        segment: what finds rows.
        postings: what rows stand for.
        standing: how those stand in the banks.
    """

    def __init__(self, segment: HammingSegment | ExactSegment, postings: Postings, standing: Standing) -> None:
        self._segment = segment
        self._postings = postings
        self._standing = standing
        self._banks = standing.banks
        self._is_limited = standing.limits is not None or postings.threshold is not None
        self._dead_places: NDArray[np.int64] | None = None

    @classmethod
    def over(cls, algorithm: Algorithm, arrays: Arrays, standing: Standing) -> Self:
        """Make a piece over the arrays of :func:`built`."""
        segment = HammingSegment(arrays) if algorithm is Algorithm.PDQ else ExactSegment(arrays)
        return cls(segment, Postings(arrays), standing)

    def restated(self, standing: Standing) -> "Piece":
        """Return the same piece for banks that have changed; nothing is read again."""
        return Piece(self._segment, self._postings, standing)

    def dead(self) -> NDArray[np.int64]:
        """Return, ascending, the places of the postings that must never be given.

        Raises:
            PartDamagedError: a withdrawal can't be read.
        """
        if self._dead_places is None:
            unused = np.flatnonzero(self._banks < 0)
            found = [np.flatnonzero(np.isin(self._postings.part, unused)) if len(unused) else np.zeros(0, np.int64)]
            found += [self._places(gone) for gone in self._standing.withdrawn()]
            self._dead_places = np.unique(np.concatenate(found))
        return self._dead_places

    def _places(self, gone: Withdrawn) -> NDArray[np.int64]:
        found = [np.zeros(0, np.int64)]
        for _, row, _ in self._segment.search(gone.values, Bits(0)):
            place = ranges(*self._postings.of(row))
            is_of_bank = self._banks[self._postings.part[place]] == gone.bank
            found.append(place[is_of_bank & np.isin(self._postings.entry[place], gone.entries)])
        return np.concatenate(found)

    def class_counts(self, banks: int) -> NDArray[np.int64]:
        """Return (banks, classes): how many entries each bank of the index has of each class; withdrawn ones are none.

        Args:
            banks: how many banks the index has.
        """
        classes = len(HARM_CLASSES)
        bins = self._banks.astype(np.int64)[self._postings.part] * classes + self._postings.harm_class
        is_alive = np.ones(len(bins), np.bool_)
        is_alive[self.dead()] = False
        return np.bincount(bins[is_alive], minlength=banks * classes).reshape(banks, classes)

    def lookup(self, values: NDArray[np.uint8], threshold: Bits, *, most: int) -> Hits:
        """Return the entries within the threshold of each query.

        Args:
            values: (n, width) uint8.
            threshold: the largest distance that counts.
            most: how many hits a query may have.
        """
        few = self._segment.few(values, threshold)
        if few is not None:
            return self._of_few(few, most)
        parts = [hits for pairs in self._segment.search(values, threshold) for hits in self._hits(pairs, most)]
        return merged(parts, most=most)

    def _hits(self, pairs: Pairs, most: int) -> Iterator[Hits]:
        is_few = len(pairs[0]) <= _FEW
        return iter((self._of_few(triples(pairs), most),)) if is_few else self._expanded(pairs, most)

    def _of_few(self, few: Triples, most: int) -> Hits:
        """Turn a few rows into entries, without detours where nothing is to be left out."""
        if not few:
            return NO_HITS
        found = None if self._is_limited or len(self.dead()) else self._entries(few, min(_FEW, most))
        return merged(list(self._expanded(pairs_of(few), most)), most=most) if found is None else hits_of(found)

    def _entries(self, few: Triples, most: int) -> list[tuple[int, int, int, int, int]] | None:
        """Return the entries of a few rows; None where they are too many."""
        found: list[tuple[int, int, int, int, int]] = []
        postings, bank_of = self._postings, self._banks.item
        part, entry, harm_class = postings.part.item, postings.entry.item, postings.harm_class.item
        for query, row, distance in few:
            places = postings.range_of(row)
            if len(found) + len(places) > most:
                return None
            found += [(query, distance, bank_of(part(at)), entry(at), harm_class(at)) for at in places]
        return found

    def _expanded(self, pairs: Pairs, most: int) -> Iterator[Hits]:
        """Turn rows into entries, in blocks of whole queries, leaving out rows that the cap would drop anyway."""
        query, row, distance = pairs
        first, count = self._postings.of(row)
        living = count - self._dead_in(first, count)
        order = np.lexsort((distance, query))
        order = order[living[order] > 0]
        if not self._is_limited:
            kept, capped = _nearest(query[order], distance[order], living[order], most)
            order = order[kept]
            taken = np.minimum(count[order], most + count[order] - living[order])
        else:  # which entries count depends on each and on its bank
            capped, taken = NO_HITS.capped, count[order]
        query, distance, first = query[order], distance[order], first[order]
        for part in _blocks(query, taken):
            place = ranges(first[part], taken[part])
            repeated = np.repeat(np.arange(part.start, part.stop), taken[part])
            yield joined([self._given(query[repeated], distance[repeated], place)], most=most)
        if len(capped):
            yield replace(NO_HITS, capped=capped)

    def _given(self, query: NDArray[np.int64], distance: NDArray[np.uint16], place: NDArray[np.int64]) -> Hits:
        """Return those of the postings that are neither withdrawn nor farther than they or their bank allow."""
        dead, limits = self.dead(), self._standing.limits
        is_given = ~np.isin(place, dead) if len(dead) else np.ones(len(place), np.bool_)
        banks = self._banks[self._postings.part[place]]
        if limits is not None:
            is_given &= within(distance, limits[banks])
        if self._postings.threshold is not None:
            is_given &= within(distance, self._postings.threshold[place].astype(np.uint16))
        place = place[is_given]
        return Hits(
            query[is_given],
            distance[is_given],
            banks[is_given],
            self._postings.entry[place].astype(np.int64),
            self._postings.harm_class[place],
        )

    def _dead_in(self, first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many entries of each row were withdrawn."""
        dead = self.dead()
        return np.searchsorted(dead, first + count) - np.searchsorted(dead, first)


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
