"""Whether this machine computes PDQ exactly: the engine in use against whole-number arithmetic that needs no BLAS.

ADR 0002 proves that no partial sum can lose a digit in IEEE 754 arithmetic. A library that calculates in a narrower
format behind our back (some offer that for speed) would break the proof without an error. The test signature doesn't
show it: its frequencies are so far from the median that an error of one percent changes none of its bits (measured).

    >>> is_exact()
    True
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from safehold.native import kernels
from safehold.signals import pdq_native
from safehold.signals import pdq_transform as transform
from safehold.signals.pdq_operator import WEIGHT_BITS, Band, reduction
from safehold.signals.pdq_reduction import reduce
from safehold.vocabulary import PdqFlavour

Reduce = Callable[[NDArray[np.uint8], tuple[PdqFlavour, ...]], list[NDArray[np.int32]]]
Transform = Callable[[NDArray[np.int32], NDArray[np.float64]], NDArray[np.float64]]

_SHAPES = ((64, 96), (1100, 700), (2100, 330))
"""One for each way in which rows are grouped into products, wide and high, small enough to take milliseconds."""


def is_exact(*, reduce_with: Reduce | None = None, transform_with: Transform | None = None) -> bool:
    """Return whether pictures of noise, at the ends of the range above all, come out to the last digit.

    Args:
        reduce_with: makes the 64 x 64 picture; the engine in use by default.
        transform_with: makes the frequencies; likewise.
    """
    native = kernels()
    if native is None:
        return _is_exact(reduce_with or reduce, transform_with or transform.frequencies)
    return _is_exact(
        reduce_with or partial(pdq_native.reduce, native),
        transform_with or (lambda reduced, _matrix: pdq_native.frequencies(native, reduced)),
    )


def _is_exact(reduce_with: Reduce, transform_with: Transform) -> bool:
    matrix = transform.cosine_matrix()
    for number, shape in enumerate(_SHAPES):
        noise = np.random.default_rng(number).integers(-128, 384, shape)
        luma = np.clip(noise, 0, 255).astype(np.uint8)
        (reduced,) = reduce_with(luma, (PdqFlavour.FULL,))
        if not np.array_equal(reduced, _reduced(luma)):
            return False
        loud = np.where(noise[:64, :64] > 128, 255 << transform.LUMA_BITS, 0).astype(np.int32)
        for picture in (reduced, loud):
            if not np.array_equal(transform_with(picture, matrix), _frequencies(picture, matrix)):
                return False
    return True


def _reduced(luma: NDArray[np.uint8]) -> NDArray[np.int64]:
    height, width = luma.shape
    rows = _products(luma.astype(np.int64), _bands(height))
    whole = _products(rows.T, _bands(width)).T
    dropped = 2 * WEIGHT_BITS - transform.LUMA_BITS
    return (whole + (1 << (dropped - 1))) >> dropped


def _bands(size: int) -> Sequence[Band]:
    return reduction(size, (PdqFlavour.FULL,), rows=1, double=True)


def _products(samples: NDArray[np.int64], bands: Sequence[Band]) -> NDArray[np.int64]:
    return np.concatenate([band.weights.astype(np.int64) @ samples[band.start : band.stop] for band in bands])


def _frequencies(reduced: NDArray[np.int32], matrix: NDArray[np.float64]) -> NDArray[np.int64]:
    whole = matrix.astype(np.int64)
    return whole @ (reduced.astype(np.int64) - (128 << transform.LUMA_BITS)) @ whole.T
