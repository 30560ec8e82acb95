"""Rows: fingerprints of one algorithm with what is said of them, in columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from safehold.matching.hits import HARM_CLASSES
from safehold.vocabulary import Algorithm, HarmClass

NO_CLASS = 255
"""Says that an entry has the class of its bank."""


NO_THRESHOLD = 256
"""The distance of PDQ values that differ in every bit: says that an entry leaves it to its bank and the policy."""

_CODES = {harm_class: code for code, harm_class in enumerate(HARM_CLASSES)}


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one algorithm, in columns.

    Attributes:
        algorithm: of all of them.
        values: (n, width) uint8, one fingerprint a row.
        harm_class: (n,) uint8, a place in ``HARM_CLASSES``, or ``NO_CLASS``.
        note: what the source says; for a withdrawal, the reason.
        source_id: what the source calls the entry, or "".
        entry: (n,) int64, the entry's number in its bank.
        threshold: (n,) uint16, for PDQ, the largest distance at which each counts, or ``NO_THRESHOLD``; None where no
            row says.
    """

    algorithm: Algorithm
    values: NDArray[np.uint8]
    harm_class: NDArray[np.uint8]
    note: pa.LargeStringArray
    source_id: pa.LargeStringArray
    entry: NDArray[np.int64]
    threshold: NDArray[np.uint16] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def taken(self, places: NDArray[np.int64]) -> "Rows":
        """Return the rows at these places."""
        numbers = arrow_numbers(places)
        return Rows(
            self.algorithm,
            self.values[places],
            self.harm_class[places],
            self.note.take(numbers),
            self.source_id.take(numbers),
            self.entry[places],
            None if self.threshold is None else self.threshold[places],
        )

    def thresholds(self) -> NDArray[np.uint16]:
        """Return the threshold of each row, also where none says."""
        return np.full(len(self), NO_THRESHOLD, np.uint16) if self.threshold is None else self.threshold

    def labelled(self, source_id: pa.LargeStringArray) -> "Rows":
        """Return the rows with other source ids."""
        return replace(self, source_id=source_id)

    def explained(self, note: str) -> "Rows":
        """Return the rows with one note for all."""
        return replace(self, note=pa.array([note] * len(self), pa.large_string()))

    def numbered(self, first: int) -> "Rows":
        """Return the rows with entry numbers from ``first`` on."""
        return replace(self, entry=np.arange(first, first + len(self), dtype=np.int64))


def concatenated(parts: Sequence[Rows]) -> Rows:
    """Return several rows of one algorithm as one."""
    if len(parts) == 1:
        return parts[0]
    return Rows(
        parts[0].algorithm,
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.harm_class for part in parts]),
        pa.concat_arrays([part.note for part in parts]),
        pa.concat_arrays([part.source_id for part in parts]),
        np.concatenate([part.entry for part in parts]),
        np.concatenate([part.thresholds() for part in parts]) if any(map(has_thresholds, parts)) else None,
    )


def has_thresholds(rows: Rows) -> bool:
    """Whether some row says how near a value must be."""
    return rows.threshold is not None


def class_code(harm_class: HarmClass | None) -> int:
    """Return the number that stands for a class in columns."""
    return NO_CLASS if harm_class is None else _CODES[harm_class]


def class_of(code: int) -> HarmClass | None:
    """Return the class that a number stands for."""
    return None if code == NO_CLASS else HARM_CLASSES[code]


def arrow_numbers(numbers: NDArray[np.int64]) -> pa.Int64Array:
    """Return numbers to Arrow; not by `pa.array`, which loads numpy's masked arrays first: a hundredth of a second."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])
