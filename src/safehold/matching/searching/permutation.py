"""A fixed random order of the 256 bits of a perceptual hash, applied alike to entries and queries.

The distance of two values doesn't change when both are permuted, but their 16-bit words do: neighbouring bits of
a picture's hash depend on each other, and flat pictures have words of zeros, so that unpermuted words fill a few
buckets and leave others empty. Measured on clustered hashes, the permutation saves 5 to 30 %
(`docs/adr/0003-index.md`).

    permuted = permute(values)
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safehold.native import kernels

PERMUTATION = "lcg-fisher-yates-256/1"
"""Names the order in the manifest of a segment: a segment with another one must be rebuilt."""

_BITS = 256
_ROWS_A_BLOCK = 1 << 15
# Source: D. E. Knuth, The Art of Computer Programming, volume 2, section 3.3.4, table 1, line 26 (MMIX).
_MULTIPLIER, _INCREMENT, _MODULUS_BITS = 6364136223846793005, 1442695040888963407, 64


@lru_cache(maxsize=1)
def bit_order() -> NDArray[np.uint8]:
    """Return for each new bit the place that it comes from.

    Worked out here rather than by a library's generator, so that no upgrade can change files that exist.
    """
    order, state = list(range(_BITS)), 1
    for last in range(_BITS - 1, 0, -1):
        state = (state * _MULTIPLIER + _INCREMENT) % (1 << _MODULUS_BITS)
        other = (state >> 33) % (last + 1)
        order[last], order[other] = order[other], order[last]
    places = np.array(order, np.uint8)
    places.flags.writeable = False
    return places


def permute(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the values, (n, 32) uint8, with their bits in the fixed order."""
    order, permuted = bit_order(), np.empty((len(values), _BITS // 8), np.uint8)
    native = kernels()
    if native is not None:
        native.hamming_permute(np.ascontiguousarray(values), order, permuted)
        return permuted
    for first in range(0, len(values), _ROWS_A_BLOCK):
        bits = np.unpackbits(values[first : first + _ROWS_A_BLOCK], axis=1)
        permuted[first : first + _ROWS_A_BLOCK] = np.packbits(np.take(bits, order, axis=1), axis=1)
    return permuted
