"""Rows of fingerprints: order them, and find which are equal.

order, starts = grouped(values)
distinct = values[order[starts]]
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def prefixes(values: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the first eight bytes of each row as a number, least significant byte first.

    Args:
        values: (n, width) uint8 with a width of at least 8.
    """
    if not len(values):
        return np.zeros(0, np.uint64)
    contiguous = np.ascontiguousarray(values)
    heads = np.ndarray((len(values),), "<u8", buffer=contiguous.data, strides=(values.shape[1],))
    return np.array(heads, np.uint64)


def grouped(values: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Order rows so that equal ones are neighbours, ascending by their first eight bytes.

    Args:
        values: (n, width) uint8.

    Returns:
        The order, (n,), in which equal rows keep their own order; and where in it each distinct value begins.
    """
    heads = prefixes(values)
    order = np.argsort(heads, kind="stable")
    same_head = np.zeros(len(values) + 1, np.bool_)
    same_head[1:-1] = heads[order][1:] == heads[order][:-1]
    tied = np.flatnonzero(same_head[1:] | same_head[:-1])
    if not len(tied):
        return order, np.arange(len(values))
    rows = order[tied]
    order[tied] = rows[np.lexsort(_sort_keys(values[rows]))]
    differs = np.ones(len(values), np.bool_)
    followers = np.flatnonzero(same_head[:-1])
    differs[followers] = (values[order[followers]] != values[order[followers - 1]]).any(axis=1)
    return order, np.flatnonzero(differs)


def first_of_equals(values: NDArray[np.uint8], labels: pa.LargeStringArray) -> NDArray[np.int64]:
    """Return, ascending, the places of the rows that don't repeat an earlier row's value and label."""
    order, starts = grouped(values)
    if len(starts) == len(values):
        return np.arange(len(values))
    sizes = np.diff(starts, append=len(values))
    tied = np.sort(order[np.repeat(sizes > 1, sizes)])
    codes = labels.take(pa.array(tied)).dictionary_encode().indices.to_numpy().astype("<u8")
    labelled = np.hstack([values[tied], codes.view(np.uint8).reshape(-1, 8)])
    again, first = grouped(labelled)
    is_first = np.ones(len(values), np.bool_)
    is_first[tied] = False
    is_first[tied[again[first]]] = True
    return np.flatnonzero(is_first)


def _sort_keys(values: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], ...]:
    """Return the columns to sort by, the last one first in weight, as ``lexsort`` wants it."""
    padded = np.pad(values, ((0, 0), (0, -values.shape[1] % 8)))
    words = padded.view("<u8")
    return tuple(words[:, column] for column in range(words.shape[1] - 1, -1, -1))
