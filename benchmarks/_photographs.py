"""PDQ values of natural pictures and of their variants: lists as they are, where copies of a picture lie together.

Windows are cut out of the photographs that scikit-image carries, and each is fingerprinted in five forms: as it is,
brighter, noisy, blurred and cut two pixels aside. Beyond so many values, each stands for others some 8 bits away.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures import Picture, photographs
from safehold.signals import pdq
from safehold.vocabulary import PdqFlavour

Values = NDArray[np.uint8]

FINGERPRINTED = 200_000
"""How many values are made of pictures, half a minute's work; what is beyond has FLIPS bits of one of them flipped."""
FLIPS = 8
FORMS = 5
SIDES = (64, 192)
"""The least side of a window in pixels, and the one that none reaches."""
ASIDE = 2
_LUMA = np.array([0.299, 0.587, 0.114])


def photograph_values(count: int, *, seed: int) -> Values:
    """Return (count, 32) uint8, the same for the same arguments."""
    generator = np.random.default_rng(seed)
    planes = [_luma(picture) for picture in photographs()]
    if not planes:
        raise SystemExit("there are no photographs: install scikit-image, which the extra bench brings")
    windows = -(-min(count, FINGERPRINTED) // FORMS)
    made = [pdq(form, (PdqFlavour.FULL,))[0].value for _ in range(windows) for form in _forms(planes, generator)]
    real = np.frombuffer(b"".join(made), np.uint8).reshape(-1, 32)
    values = np.resize(real, (count, 32))
    later = np.arange(len(real), count)
    for _ in range(FLIPS if len(later) else 0):
        bit = np.uint8(1) << generator.integers(0, 8, len(later), np.uint8)
        values[later, generator.integers(0, 32, len(later))] ^= bit
    return values


def _forms(planes: list[Picture], generator: np.random.Generator) -> Iterator[Picture]:
    """Yield the forms of a window, anywhere in one of the pictures."""
    plane = planes[generator.integers(len(planes))]
    height, width = (int(generator.integers(*SIDES)) for _ in range(2))
    top, left = (
        int(generator.integers(0, length - side - ASIDE))
        for length, side in zip(plane.shape, (height, width), strict=True)
    )
    window = np.ascontiguousarray(plane[top : top + height, left : left + width])
    wide = window.astype(np.int16)
    yield window
    yield _clipped(wide * 9 // 8)
    yield _clipped(wide + generator.integers(-6, 7, window.shape, np.int16))
    yield _clipped((wide + np.roll(wide, 1, 0) + np.roll(wide, 1, 1) + np.roll(wide, (1, 1), (0, 1))) // 4)
    yield np.ascontiguousarray(plane[top + ASIDE : top + ASIDE + height, left + ASIDE : left + ASIDE + width])


def _clipped(samples: NDArray[np.int16]) -> Picture:
    return np.clip(samples, 0, 255).astype(np.uint8)


def _luma(picture: Picture) -> Picture:
    return picture if picture.ndim == 2 else (picture[:, :, :3] @ _LUMA).astype(np.uint8)
