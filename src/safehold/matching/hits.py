"""Hits: which bank entries lie within the threshold of which queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from safehold.vocabulary import HarmClass

HARM_CLASSES = tuple(HarmClass)
"""What the codes in :attr:`Hits.harm_class` mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Every hit of a batch of queries, one an element, ordered by query, distance, bank, entry.

    Attributes:
        query: (hits,) int64, the number of the query in the batch.
        distance: (hits,) uint16, in bits.
        bank: (hits,) int32, a place in the index's ``banks``.
        entry: (hits,) int64, the entry's number in its bank.
        harm_class: (hits,) uint8, a place in :data:`HARM_CLASSES`.
        capped: int64, the queries that have more hits than are given here: the nearest were kept. A capped query
            still is a match; what it lacks is the names of further entries.
    """

    query: NDArray[np.int64]
    distance: NDArray[np.uint16]
    bank: NDArray[np.int32]
    entry: NDArray[np.int64]
    harm_class: NDArray[np.uint8]
    capped: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.query)


NO_HITS = Hits(
    np.zeros(0, np.int64), np.zeros(0, np.uint16), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.uint8)
)
"""What a search gives that finds nothing."""


def hits_of(rows: Sequence[tuple[int, int, int, int, int]]) -> Hits:
    """Return a few hits in columns, in order.

    Args:
        rows: of each the query, the distance, the bank, the entry and the class.
    """
    query, distance, bank, entry, harm_class = zip(*sorted(rows), strict=True)
    return Hits(
        np.array(query, np.int64),
        np.array(distance, np.uint16),
        np.array(bank, np.int32),
        np.array(entry, np.int64),
        np.array(harm_class, np.uint8),
        NO_HITS.capped,
    )


def joined(parts: Sequence[Hits], *, most: int) -> Hits:
    """Return the hits of several searches for the same queries as one, capped and ordered.

    Args:
        parts: in any order.
        most: how many hits a query may have.
    """
    some = [part for part in parts if len(part) or len(part.capped)]
    if not some:
        return NO_HITS
    query = np.concatenate([part.query for part in some])
    distance = np.concatenate([part.distance for part in some])
    bank = np.concatenate([part.bank for part in some])
    entry = np.concatenate([part.entry for part in some])
    harm_class = np.concatenate([part.harm_class for part in some])
    order = np.lexsort((entry, bank, distance, query))
    rank = _rank_in_run(query[order])
    capped = np.unique(np.concatenate([query[order][rank >= most], *(part.capped for part in some)]))
    kept = order[rank < most]
    return Hits(query[kept], distance[kept], bank[kept], entry[kept], harm_class[kept], capped)


def merged(parts: Sequence[Hits], *, most: int) -> Hits:
    """Return what `joined` does, of parts that each are ordered and capped already."""
    some = [part for part in parts if len(part) or len(part.capped)]
    return some[0] if len(some) == 1 else joined(some, most=most)


def _rank_in_run(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each element of an ordered array its place among its equals, from 0."""
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    lengths = np.diff(starts, append=len(ordered))
    return np.arange(len(ordered)) - np.repeat(starts, lengths)
