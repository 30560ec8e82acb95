"""The tables of a segment that is searched within a distance: their layout, and how they are made.

One table for each of the 16 words of 16 bits that a (permuted) value has; in it, one bucket for each of the 65,536
keys. An entry of a bucket is a row of ``values``; what is kept of it there is its *next* word, the one that follows the
key in the value, so that a bucket can be filtered without looking at the values themselves.

``values``        (rows, 32) uint8, permuted
``starts``        (16, 65537) uint32, where each bucket begins in ``rows``
``rows``          (16, rows, 3) uint8, row numbers, least significant byte first; 4 bytes each from 2**24 rows on
``next_words``    (16, 65536, width) uint16, the first entries of each bucket, zeros where it has fewer
``spill_starts``  (16, 65537) uint32, where the further entries of each bucket begin in ``spill_words``, a uint16 each

Rows of next words have one width for all buckets, so that where a bucket lies is known without looking: that is worth
more than the room which the empty ends take (`docs/adr/0003-index.md`). Both engines read the same arrays. Sets of few
rows have values only, since comparing them all costs less.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from safehold.matching.searching.permutation import permute
from safehold.native import kernels

LAYOUT = "next-words-padded/2"
"""Names this layout in the manifest of a segment: one of another layout is made anew."""

WORDS = 16
KEYS = 1 << 16
LINEAR_ROWS = 2048
"""Sets of at most so many rows get no tables. Measured: there both engines take about as long either way."""

NARROW_ROWS = 1 << 24
"""From so many rows on, their numbers take four bytes instead of three."""

Arrays = dict[str, NDArray[np.generic]]


def build_hamming(
    values: NDArray[np.uint8], *, linear_rows: int = LINEAR_ROWS, narrow_rows: int = NARROW_ROWS
) -> Arrays:
    """Work out the arrays of a segment.

    Args:
        values: (rows, 32) uint8, distinct, most significant bit first.
        linear_rows: with at most so many rows there are no tables.
        narrow_rows: from so many rows on, row numbers take four bytes.

    Returns:
        The arrays that the module describes, by name; ``values`` alone where there are no tables.
    """
    permuted = permute(values)
    if len(values) <= linear_rows:
        return {"values": permuted}
    words = permuted.view(np.uint16).reshape(-1, WORDS)
    width = bucket_width(len(words))
    counts = np.stack([np.bincount(words[:, table], minlength=KEYS) for table in range(WORDS)])
    spilled = np.maximum(counts - width, 0)
    tables: Arrays = {
        "values": permuted,
        "starts": _starts(counts),
        "rows": np.zeros((WORDS, len(words), 3 if len(words) < narrow_rows else 4), np.uint8),
        "next_words": np.zeros((WORDS, KEYS, width), np.uint16),
        "spill_starts": _spill_starts(spilled),
        "spill_words": np.zeros(int(spilled.sum()), np.uint16),
    }
    native = kernels()
    if native is None:
        _fill(words, tables)
    else:
        native.hamming_build(*tables.values())  # type: ignore[arg-type]  # in the order of its parameters
    return tables


def bucket_width(rows: int) -> int:
    """Return how many entries a bucket's row holds: the mean and two standard deviations more, rounded up."""
    mean = rows / KEYS
    wanted = int(mean + 2 * mean**0.5) + 1
    step = 4 if wanted <= WORDS else WORDS
    return -(-wanted // step) * step


def row_numbers(rows: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return row numbers, (n, 3 or 4) uint8, as numbers."""
    wide = np.zeros((len(rows), 4), np.uint8)
    wide[:, : rows.shape[1]] = rows
    return wide.view("<u4").reshape(-1).astype(np.uint32, copy=False)


def spilled_buckets(tables: Mapping[str, NDArray[np.generic]]) -> NDArray[np.bool_]:
    """Return which buckets have a spill, (16, 65536)."""
    starts = np.asarray(tables["starts"], np.uint32)
    return starts[:, 1:] - starts[:, :-1] > np.uint32(tables["next_words"].shape[2])


def _starts(counts: NDArray[np.int64]) -> NDArray[np.uint32]:
    starts = np.zeros((WORDS, KEYS + 1), np.uint32)
    np.cumsum(counts, axis=1, out=starts[:, 1:])
    return starts


def _spill_starts(spilled: NDArray[np.int64]) -> NDArray[np.uint32]:
    ends = np.cumsum(spilled).reshape(WORDS, KEYS)
    starts = np.zeros((WORDS, KEYS + 1), np.uint32)
    starts[:, 1:] = ends
    starts[1:, 0] = ends[:-1, -1]
    return starts


def _fill(words: NDArray[np.uint16], tables: Arrays) -> None:
    """Fill rows, next words and spills; what the native engine does as well."""
    numbers, next_words, spill_words = tables["rows"], tables["next_words"], tables["spill_words"]
    width, spill_end = next_words.shape[2], 0
    for table in range(WORDS):
        keys = words[:, table]
        order = np.argsort(keys, kind="stable")
        numbers[table] = order.astype("<u4").view(np.uint8).reshape(-1, 4)[:, : numbers.shape[2]]
        starts = np.asarray(tables["starts"], np.int64)[table]
        following = words[:, (table + 1) % WORDS][order]
        slots = np.arange(len(words)) - np.repeat(starts[:-1], np.diff(starts))
        is_inside = slots < width
        next_words[table, keys[order][is_inside], slots[is_inside]] = following[is_inside]
        spilled = following[~is_inside]
        spill_words[spill_end : spill_end + len(spilled)] = spilled
        spill_end += len(spilled)
