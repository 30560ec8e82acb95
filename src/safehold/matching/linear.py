"""Linear search: compare every query with every entry. The oracle that every index must equal.

Rules: no cleverness, so that it can be believed by reading; memory is bounded by blocks of queries.

    queries, rows, distances = linear_search(entries, values, Bits(31))
"""

import numpy as np
from numpy.typing import NDArray

from safehold.matching.compare import distances, within
from safehold.vocabulary import Bits

_PAIRS_A_BLOCK = 1 << 20


def linear_search(
    entries: NDArray[np.uint8], values: NDArray[np.uint8], threshold: Bits
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint16]]:
    """Find every pair of a query and an entry within the threshold.

    Args:
        entries: (rows, width) uint8, one fingerprint a row, most significant bit first.
        values: (queries, width) uint8, the same width; the width may be any multiple of 4.
        threshold: the largest distance that counts.

    Returns:
        Query numbers, row numbers and distances, ordered by query, then row.
    """
    found = []
    listed, asked = _words(entries), _words(values)
    block = max(1, _PAIRS_A_BLOCK // max(1, len(listed)))
    for first in range(0, len(asked), block):
        between = distances_of_all(listed, asked[first : first + block])
        query, row = np.nonzero(within(between, threshold))
        found.append((query.astype(np.int64) + first, row.astype(np.int64), between[query, row]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint16)
    query, row, distance = (np.concatenate(column) for column in zip(*found, strict=True))
    return query, row, distance


def distances_of_all(listed: NDArray[np.uint64], asked: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Return the (queries, rows) distances between two arrays of words."""
    total = np.zeros((len(asked), len(listed)), np.uint16)
    for word in range(listed.shape[1]):
        total += distances(asked[:, word, None, None], listed[None, :, word, None])
    return total


def _words(values: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the rows as words of 64 bits, padded with zeros where the width needs it."""
    missing = -values.shape[1] % 8
    padded = np.pad(values, ((0, 0), (0, missing))) if missing else np.ascontiguousarray(values)
    return padded.view(np.uint64)
