"""PDQ's reduction of a picture to 64 x 64: rows, then columns, as two narrow matrix products in whole numbers.

The picture is read once, whatever the number of flavours. Each product's bound is proven where it stands; that is why
no BLAS, thread count or processor can change a bit.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safehold.signals.pdq_operator import LONGEST_SIDE, SAMPLES, WEIGHT_BITS, Band, reduction
from safehold.signals.pdq_transform import LUMA_BITS
from safehold.vocabulary import PdqFlavour

_BAND_ROWS = ((768, 4), (2048, 2), (LONGEST_SIDE, 1))
"""Up to which height how many samples share a product: measured; it changes the speed and never a bit."""

_BAND_COLUMNS = 8


def reduce(luma: NDArray[np.uint8], flavours: tuple[PdqFlavour, ...]) -> list[NDArray[np.int32]]:
    """Return one ``(64, 64)`` reduced picture per flavour, in units of 1 / 2 ** LUMA_BITS of a luma step.

    Args:
        luma: ``(height, width)``, each side 1 to LONGEST_SIDE.
        flavours: FULL, NEAREST_512 or both.
    """
    height, width = luma.shape
    per_band = next(rows for most, rows in _BAND_ROWS if height <= most)
    rows = _reduce_rows(luma, reduction(height, flavours, rows=per_band, double=False), len(flavours))
    return [
        _reduce_columns(own, reduction(width, (flavour,), rows=_BAND_COLUMNS, double=True))
        for own, flavour in zip(rows, flavours, strict=True)
    ]


def _reduce_rows(luma: NDArray[np.uint8], bands: Sequence[Band], flavours: int) -> NDArray[np.float32]:
    """Return ``(flavours, bands, samples of a band, width)`` column sums, whole numbers; a view, not contiguous.

    Bound: weights are not negative and add up to 2**16; times 255 that is below 2**24, within which float32 holds every
    integer. So each partial sum is exact, and the order of adding does not matter.
    """
    width = luma.shape[1]
    sums = np.empty((len(bands), len(bands[0].weights), width), np.float32)
    slab = np.empty((max(band.stop - band.start for band in bands), width), np.float32)
    for band, out in zip(bands, sums, strict=True):
        stretch = slab[: band.stop - band.start]
        stretch[...] = luma[band.start : band.stop]
        np.matmul(band.weights, stretch, out=out)
    return sums.reshape(len(bands), flavours, -1, width).swapaxes(0, 1)


def _reduce_columns(sums: NDArray[np.float32], bands: Sequence[Band]) -> NDArray[np.int32]:
    """Return the ``(64, 64)`` reduced picture from one flavour's column sums.

    Bound: sums are below 2**24, weights add up to 2**16, so that every partial sum is below 2**40 and exact in float64.
    The shift rounds to the nearest, halves up.
    """
    exact = sums.astype(np.float64, order="C").reshape(SAMPLES, -1)
    whole = np.empty((SAMPLES, SAMPLES), np.float64)
    columns = SAMPLES // len(bands)
    for number, band in enumerate(bands):
        out = whole[:, number * columns : (number + 1) * columns]
        np.matmul(exact[:, band.start : band.stop], band.weights.T, out=out)
    dropped = 2 * WEIGHT_BITS - LUMA_BITS
    return np.asarray((whole.astype(np.int64) + (1 << (dropped - 1))) >> dropped, np.int32)
