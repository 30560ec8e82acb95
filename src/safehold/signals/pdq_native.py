"""PDQ through the native extension: the operator of each size is handed over once; results are numpy's, bit for bit.

prints(native, luma, (PdqFlavour.FULL,), turns=False)
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safehold.native import Kernels
from safehold.signals.pdq_operator import Band, reduction
from safehold.signals.pdq_transform import SIDE
from safehold.vocabulary import PdqFlavour

HandOver = Callable[[int, NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32]], object]
"""What `Kernels.pdq_axis` is."""

_KEPT_SIDE = 4096
_KEPT_AXES = 256


def prints(
    native: Kernels, luma: NDArray[np.uint8], flavours: tuple[PdqFlavour, ...], *, turns: bool
) -> tuple[tuple[bytes, int], ...]:
    """Return for each flavour its prints, 32 bytes each, and its quality.

    Args:
        native: the extension.
        luma: ``(height, width)``, each side 1 to LONGEST_SIDE.
        flavours: FULL, NEAREST_512 or both, in the order wanted.
        turns: whether all eight turned and mirrored forms are wanted, in the order of Turn, rather than the first.
    """
    plane = _with_rows(luma)
    height, width = plane.shape
    return native.pdq(plane, _axes(native, height, flavours), _axes(native, width, flavours), turns)


def reduce(native: Kernels, luma: NDArray[np.uint8], flavours: tuple[PdqFlavour, ...]) -> list[NDArray[np.int32]]:
    """Return one ``(64, 64)`` reduced picture per flavour, as `pdq_reduction.reduce` does."""
    plane = _with_rows(luma)
    height, width = plane.shape
    made = []
    for flavour in flavours:
        reduced = np.empty((64, 64), np.int32)
        native.pdq_reduce(plane, _axes(native, height, (flavour,)), _axes(native, width, (flavour,)), reduced)
        made.append(reduced)
    return made


def frequencies(native: Kernels, reduced: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the ``(16, 16)`` frequencies of a reduced picture, as `pdq_transform.frequencies` does."""
    made = np.empty((SIDE, SIDE), np.float64)
    native.pdq_transform(np.ascontiguousarray(reduced), made)
    return made


def _with_rows(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the plane with the pixels of a row side by side; rows may be any distance apart."""
    return luma if luma.strides[1] == 1 else np.ascontiguousarray(luma)


def _axes(native: Kernels, size: int, flavours: tuple[PdqFlavour, ...]) -> tuple[object, ...]:
    return (_axes_of if size > _KEPT_SIDE else _kept_axes)(native.pdq_axis, size, flavours)


def _axes_of(hand_over: HandOver, size: int, flavours: tuple[PdqFlavour, ...]) -> tuple[object, ...]:
    """Hand over the reductions of an axis; what is kept of one is about 30 bytes a sample of the axis."""
    return tuple(hand_over(size, *_listed(reduction(size, (flavour,), rows=1, double=True))) for flavour in flavours)


# A dataset repeats few sizes, and handing one over costs more than hashing a picture.
_kept_axes = lru_cache(maxsize=_KEPT_AXES)(_axes_of)


def _listed(bands: Sequence[Band]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32]]:
    """Return where each sample's weights end, the places that they belong to, and the weights; zeros are left out."""
    touched = [np.flatnonzero(band.weights[0]) for band in bands]
    places = np.concatenate([band.start + own for band, own in zip(bands, touched, strict=True)])
    weights = np.concatenate([band.weights[0, own] for band, own in zip(bands, touched, strict=True)])
    ends = np.cumsum([len(own) for own in touched])
    return ends.astype(np.int32), places.astype(np.int32), weights.astype(np.uint32)
