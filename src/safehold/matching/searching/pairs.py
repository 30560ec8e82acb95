"""Pairs: what a segment's search gives, and ranges of numbers, which postings and buckets are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]
"""Query numbers, row numbers and distances."""

Triples = Sequence[tuple[int, int, int]]
"""The same of few: query, row and distance of each pair, in their order."""


def ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers of all ranges, one range after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)


def triples(pairs: Pairs) -> Triples:
    """Return pairs one by one."""
    return list(zip(*(column.tolist() for column in pairs), strict=True))


def pairs_of(few: Triples) -> Pairs:
    """Return pairs in columns."""
    query, row, distance = np.array(few, np.int64).reshape(-1, 3).T
    return query, row, distance.astype(np.uint16)
