"""Whether two fingerprints are near enough: the one place that compares a distance with a threshold.

Rules: the threshold is included, so that 31 finds a distance of 31. For a cryptographic hash the threshold is 0.
Everything else in this room only narrows down candidates and asks here.

    within(np.array([30, 31, 32]), Bits(31))   # [True, True, False]
"""

import numpy as np
from numpy.typing import NDArray

from safehold.vocabulary import Bits


def within(distances: NDArray[np.uint16], threshold: Bits | NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Return which distances count as a match.

    Args:
        distances: Hamming distances in bits.
        threshold: the largest distance that still counts, included; one for all, or one for each.
    """
    return distances <= np.uint16(threshold)


def distances(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Return the Hamming distances between the rows of two arrays of words.

    Args:
        left: (..., words) uint64.
        right: an array that broadcasts against it.
    """
    total: NDArray[np.uint16] = np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.uint16)
    return total
