"""Postings: which entries of which parts each row of a segment stands for, in as few bytes as they need.

One a listed entry, those of a row side by side: ``posting_part``, ``posting_entry`` and ``posting_class``;
``posting_starts`` says where each row's begin, and is empty where every row has exactly one; ``posting_threshold`` is
there only if some entry says how near a value must be.

    postings = Postings(arrays)
    first, count = postings.of(rows)
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]

_WIDTHS = (np.uint8, np.uint16, np.uint32, np.uint64)


def built_postings(
    order: NDArray[np.int64], starts: NDArray[np.int64], columns: Sequence[NDArray[np.generic]]
) -> dict[str, NDArray[np.generic]]:
    """Work out the arrays of postings.

    Args:
        order: (postings,) which posting comes where, as :func:`safehold.matching.parts.order.grouped` orders values.
        starts: (rows,) where in that order each row begins.
        columns: the part, the entry and the class of each posting.
    """
    part, entry, harm_class = columns
    is_one_each = len(starts) == len(order)
    return {
        "posting_starts": np.zeros(0, np.uint8) if is_one_each else narrowed(np.append(starts, len(order))),
        "posting_part": narrowed(part[order]),
        "posting_entry": narrowed(entry[order]),
        "posting_class": harm_class[order],
    }


def narrowed(numbers: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return numbers, none below 0, in the smallest unsigned kind that holds them all."""
    highest = int(numbers.max()) if len(numbers) else 0
    kind = next(kind for kind in _WIDTHS if highest <= np.iinfo(kind).max)
    return numbers.astype(kind)


class Postings:
    """The postings of a piece, in memory or mapped.

    Args:
        arrays: with those of :func:`built_postings`.

    Attributes:
        part: (postings,) unsigned, which part of the piece each belongs to.
        entry: (postings,) unsigned, the entry's number in its bank.
        harm_class: (postings,) uint8, a place in ``HARM_CLASSES``.
        threshold: (postings,) unsigned, the largest distance at which each counts; None where no entry says.
    """

    def __init__(self, arrays: Arrays) -> None:
        self.part = arrays["posting_part"]
        self.entry = arrays["posting_entry"]
        self.harm_class: NDArray[np.uint8] = np.asarray(arrays["posting_class"], np.uint8)
        self.threshold = arrays.get("posting_threshold")
        self._starts = arrays["posting_starts"]

    def __len__(self) -> int:
        return len(self.part)

    def of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the postings of each row begin, and how many they are."""
        if not len(self._starts):
            return rows, np.ones(len(rows), np.int64)
        first: NDArray[np.int64] = self._starts[rows].astype(np.int64)
        return first, self._starts[rows + 1].astype(np.int64) - first

    def range_of(self, row: int) -> range:
        """Return the postings of one row."""
        return range(int(self._starts[row]), int(self._starts[row + 1])) if len(self._starts) else range(row, row + 1)
