"""Featureless values: PDQ values that stand for no picture in particular, but for any that has little in it.

A PDQ value is a 16 x 16 table of frequencies above the median. A picture that varies along one axis only (plain,
striped, a gradient) has none off the first row or column, so that all its frequencies tie and no bit is set: every such
picture has the same value. One box or a chessboard repeats a few rows of bits. A list that holds such a value holds
every picture like it. Quality doesn't tell: stripes have 100.

Measured with `safehold.signals.pdq`, as distinct rows of 16: plain, stripes, gradients, halves 1 (no bit set); a box, a
frame, chessboards 2 to 6; slanted stripes 11 and 15; noise, text, a disc, blocks of random grey 15 and 16. A value made
of random bits has at most 8 less than once in 10**20.

Digests of no bytes at all stand for no picture either: every file whose download failed has them.
"""

import numpy as np
from numpy.typing import NDArray

from safehold.vocabulary import DIGESTS_OF_NOTHING, Algorithm

_ROWS = 16
_MOST_DISTINCT = 8
"""Rows that differ in a value that is still taken for featureless."""

_FEWEST_BITS = 32
"""A value with fewer bits set is as near to a plain picture's as two values of one picture are: within 31 of 256.

Source: Facebook, "PDQ & TMK + PDQF" (2019), on the threshold.
"""


def stands_for_nothing(algorithm: Algorithm, values: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which values of a list say nothing: featureless ones, and digests of no bytes.

    Args:
        algorithm: of the values.
        values: (n, width) uint8.
    """
    if algorithm is Algorithm.PDQ:
        return is_featureless(values)
    nothing: NDArray[np.bool_] = (values == np.frombuffer(DIGESTS_OF_NOTHING[algorithm], np.uint8)).all(axis=1)
    return nothing


def is_featureless(values: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which values are those of pictures without features, or of their negatives.

    Args:
        values: (n, 32) uint8, PDQ.
    """
    set_bits = np.bitwise_count(values).sum(axis=1, dtype=np.int64)
    few_bits = np.minimum(set_bits, 8 * values.shape[1] - set_bits) < _FEWEST_BITS
    rows = np.sort(np.ascontiguousarray(values).view("<u2").reshape(-1, _ROWS), axis=1)
    distinct = 1 + np.count_nonzero(rows[:, 1:] != rows[:, :-1], axis=1)
    featureless: NDArray[np.bool_] = few_bits | (distinct <= _MOST_DISTINCT)
    return featureless
