"""PDQ from the reduced 64 x 64 picture on: quality, cosine transform, median, bits. All in whole numbers.

Source: Facebook, "PDQ & TMK + PDQF" (2019); the quality's constants and the median's choice for ties are those of
the C++ reference's ``pdqhashing.cpp`` and ``torben.cpp``.
"""

import math

import numpy as np
from numpy.typing import NDArray

SIDE = 16
"""Frequencies kept per axis: 1 to 16 half-waves."""

LUMA_BITS = 8
"""The reduced picture is in units of 1 / 2 ** LUMA_BITS of a luma step."""

MOST_QUALITY = 100

_MATRIX_BITS = 16
_QUALITY_DIVISOR = 90


def cosine_matrix() -> NDArray[np.float64]:
    """Return the ``(16, 64)`` cosine transform, scaled by 2 ** 16 to whole numbers.

    Rounding keeps the symmetries of cosines: rows add up to zero, so that a plain picture has no frequencies at all,
    and mirror exactly, so that a mirrored picture has the same frequencies but for their sign.
    """
    angles = np.outer(np.arange(1, SIDE + 1), 2 * np.arange(64) + 1) * (math.pi / 128)
    return np.asarray(np.rint(math.sqrt(2 / 64) * np.cos(angles) * (1 << _MATRIX_BITS)), np.float64)


def frequencies(reduced: NDArray[np.int32], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ``(16, 16)`` frequencies of a reduced picture, whole numbers.

    Bound: a row of the matrix has absolute values that add up to less than 7.3 * 2**16, and the centred picture is
    within 2**15. So no partial sum, in whatever order, exceeds 2**15 * (7.3 * 2**16) ** 2 < 2**53, within which float64
    holds every integer: the result does not depend on who adds up, or how.
    """
    centred = np.subtract(reduced, 128 << LUMA_BITS, dtype=np.float64)
    return matrix @ centred @ matrix.T


def bits(frequency: NDArray[np.float64]) -> bytes:
    """Return 256 bits, one a frequency: whether it exceeds the lower median. The last frequency comes first."""
    flat = frequency.ravel()
    median = np.partition(flat, 127)[127]
    return np.packbits((flat > median)[::-1]).tobytes()


def quality(reduced: NDArray[np.int32]) -> int:
    """Return how much structure there is to tell pictures apart by, 0 to 100: large steps between neighbours, counted.

    Bound: a step is below 2**16, times 100 below 2**23: int32 holds it.
    """
    down, across = reduced[1:] - reduced[:-1], reduced[:, 1:] - reduced[:, :-1]
    return min((_large_steps(down) + _large_steps(across)) // _QUALITY_DIVISOR, MOST_QUALITY)


def _large_steps(differences: NDArray[np.int32]) -> int:
    """Sum the differences in whole percent of the luma range, each rounded towards zero."""
    return int((np.abs(differences) * 100 // (255 << LUMA_BITS)).sum())
