"""PDQ's reduction of one picture axis to 64 samples, as integer weights.

PDQ smooths each axis with two passes of a box filter and keeps 64 of the results. Both steps are linear, so an
axis of ``size`` samples is reduced by a fixed ``64 x size`` matrix: row ``r`` is a tent of about ``size / 32``
weights around sample ``(r + 1/2) * size / 64``, lopsided at the border, where the boxes are clipped. The
NEAREST_512 flavour first picks 512 samples; picking composes into the same matrix.

Weights are integers that add up to exactly ``2 ** WEIGHT_BITS``. They are made with integers only, so that every
machine has the same ones, and are kept as bands: a few rows over the stretch of the axis that they touch.

    reduction(1024, (PdqFlavour.FULL,), rows=2, double=False)

Source: Facebook, "PDQ & TMK + PDQF" (2019), "PDQ: image-domain downsampling"; the window and centre rules, which
that text leaves open, are those of the C++ reference's ``downscaling.cpp``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safehold.vocabulary import PdqFlavour

SAMPLES = 64
"""How many samples an axis is reduced to. Source: as above."""

NEAREST_SIDE = 512
"""What NEAREST_512 resamples larger pictures to. Source: ``DOWNSAMPLE_DIMS`` in the C++ reference's ``pdqio.cpp``."""

WEIGHT_BITS = 16
"""Each sample's weights add up to ``2 ** WEIGHT_BITS``: the most that keeps a weighted sum of 8-bit values below
2 ** 24, within which float32 holds every integer."""

LONGEST_SIDE = 1 << 16
"""The longest axis: what JPEG can hold, and what keeps memory small when a hostile picture is one long line."""

_UNIT_BITS = 32
_KEPT_SIDE = 2048
_KEPT_REDUCTIONS = 256


@dataclass(frozen=True, slots=True)
class Band:
    """A few rows of a reduction.

    Attributes:
        start: first sample of the axis that any of the rows touches.
        stop: the sample after the last.
        weights: ``(rows, stop - start)``, whole numbers; flavour by flavour, first sample first.
    """

    start: int
    stop: int
    weights: NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class _Tent:
    """The weights of one sample: ``weights[i]`` belongs to sample ``start + i`` of the axis."""

    start: int
    weights: NDArray[np.int64]


def reduction(size: int, flavours: tuple[PdqFlavour, ...], *, rows: int, double: bool) -> tuple[Band, ...]:
    """Return the reduction of an axis to 64 samples, as ``64 / rows`` bands of ``rows`` samples per flavour.

    Args:
        size: samples on the axis, 1 to LONGEST_SIDE.
        flavours: FULL, NEAREST_512 or both, stacked in each band in this order. NEAREST_512 resamples whatever the
            size: a picture is resampled on both axes as soon as one is longer than 512.
        rows: samples per band, a divisor of 64.
        double: whether the whole numbers are stored as float64, for a product that needs it, rather than float32.
    """
    kind = "float64" if double else "float32"
    return (_bands if size > _KEPT_SIDE else _kept_bands)(size, flavours, rows, kind)


def _bands(size: int, flavours: tuple[PdqFlavour, ...], rows: int, kind: str) -> tuple[Band, ...]:
    tents = [_resampled_tents(size) if flavour is PdqFlavour.NEAREST_512 else _tents(size) for flavour in flavours]
    return tuple(
        _band([tent for own in tents for tent in own[first : first + rows]], kind) for first in range(0, SAMPLES, rows)
    )


# Pure, small, and costly next to hashing one small picture; a dataset repeats few sizes.
_kept_bands = lru_cache(maxsize=_KEPT_REDUCTIONS)(_bands)


def _band(tents: list[_Tent], kind: str) -> Band:
    start = min(tent.start for tent in tents)
    stop = max(tent.start + len(tent.weights) for tent in tents)
    weights = np.zeros((len(tents), stop - start), kind)
    for row, tent in zip(weights, tents, strict=True):
        row[tent.start - start :][: len(tent.weights)] = tent.weights
    weights.flags.writeable = False
    return Band(start, stop, weights)


def _resampled_tents(size: int) -> list[_Tent]:
    """Compose picking 512 samples (number ``floor(i * size / 512)`` for each i) with the tents over 512 samples."""
    picked = np.arange(NEAREST_SIDE, dtype=np.int64) * size // NEAREST_SIDE
    return [_moved(tent, picked) for tent in _tents(NEAREST_SIDE)]


def _moved(tent: _Tent, picked: NDArray[np.int64]) -> _Tent:
    places = picked[tent.start :][: len(tent.weights)]
    weights = np.zeros(int(places[-1] - places[0]) + 1, np.int64)
    np.add.at(weights, places - places[0], tent.weights)  # below 512 samples, one is picked more than once
    return _Tent(int(places[0]), weights)


def _tents(size: int) -> list[_Tent]:
    return list(_each_tent(size))


def _each_tent(size: int) -> Iterator[_Tent]:
    """Yield the 64 tents of an axis; the many that no border clips share their weights."""
    window = -(-size // (2 * SAMPLES))
    ahead = (window + 2) // 2  # a box at i covers [i + ahead - window, i + ahead), clipped to the axis
    whole = _tent_weights(np.arange(window), np.arange(window) + window)
    for sample in range(SAMPLES):
        centre = (2 * sample + 1) * size // (2 * SAMPLES)
        boxes = np.arange(max(centre + ahead - window, 0), min(centre + ahead, size), dtype=np.int64)
        starts = np.maximum(boxes + ahead - window, 0)
        stops = np.minimum(boxes + ahead, size)
        clipped = len(boxes) < window or stops[0] - starts[0] < window or stops[-1] - starts[-1] < window
        first = int(starts[0])
        yield _Tent(first, _tent_weights(starts - first, stops - first) if clipped else whole)


def _tent_weights(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.int64]:
    """Average boxes that are averages themselves: return integer weights that add up to ``2 ** WEIGHT_BITS``.

    Cumulative shares are rounded rather than weights: so the sum is exact and no rounding error builds up.

    Bound: at most 2**9 boxes (LONGEST_SIDE / 128) of 2**32 units each make a total of at most 2**41; times
    2 ** (WEIGHT_BITS + 1) that is 2**58, and int64 holds it.
    """
    share = (1 << _UNIT_BITS) // (stops - starts)
    slope = np.zeros(int(stops[-1]) + 1, np.int64)
    np.add.at(slope, starts, share)
    np.subtract.at(slope, stops, share)
    shares = np.cumsum(np.cumsum(slope)[:-1])
    total = int(shares[-1])
    rounded = ((shares << (WEIGHT_BITS + 1)) + total) // (2 * total)
    return np.diff(rounded, prepend=0)
