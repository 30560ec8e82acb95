"""PDQ: a 256-bit fingerprint of a picture that survives scaling, recompression and small changes.

Two prints within 31 of 256 bits are taken for the same picture; where that line is drawn is policy, not ours. A print
of quality below 50 says little, and so does the print of a picture that varies along one axis only (stripes): it is
zero, while the reference answers with float noise. Prints here are bit-identical on every machine: see ADR 0002.

    (print_,) = pdq(luma, {PdqFlavour.FULL})
    print_.value.hex(), print_.quality
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache, partial
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from safehold.native import kernels
from safehold.signals import pdq_native
from safehold.signals import pdq_transform as transform
from safehold.signals.errors import UnhashablePictureError, UnusablePlaneError
from safehold.signals.pdq_operator import LONGEST_SIDE, NEAREST_SIDE
from safehold.signals.pdq_reduction import reduce
from safehold.vocabulary import GapReason, PdqFlavour

SHORTEST_SIDE = 5
"""Source: ``MIN_HASHABLE_DIM`` in the C++ reference's ``pdqhashing.h``, which answers zeros below; we refuse."""


_BYTES = 32


class Turn(Enum):
    """How a picture was turned or mirrored before it was hashed. Quarter turns are anticlockwise."""

    NONE = "none"
    QUARTER = "quarter"
    HALF = "half"
    THREE_QUARTERS = "three_quarters"
    UPSIDE_DOWN = "upside_down"
    MIRRORED = "mirrored"
    TRANSPOSED = "transposed"
    ANTITRANSPOSED = "antitransposed"


_STARTS = {turn: _BYTES * number for number, turn in enumerate(Turn)}
"""Where the print of each form stands among all eight."""


@dataclass(frozen=True, slots=True)
class Print:
    """One PDQ value.

    Attributes:
        flavour: FULL or NEAREST_512.
        value: 32 bytes, most significant first, as the usual 64 hexadecimal digits.
        quality: 0..100; below 50 the picture has too little structure to be told apart.
        turn: of which turned picture.
    """

    flavour: PdqFlavour
    value: bytes
    quality: int
    turn: Turn = Turn.NONE


def pdq(luma: NDArray[np.uint8], flavours: Collection[PdqFlavour]) -> tuple[Print, ...]:
    """Fingerprint a picture, once per flavour, in one pass over it.

    Args:
        luma: ``(height, width)``, ITU-R BT.601 luma, 0 black. Need not be contiguous.
        flavours: FULL and/or NEAREST_512; UNKNOWN stands for both, because nobody knows which to look for.

    Returns:
        One print per flavour, FULL first. Up to 512 x 512 both have the same value.

    Raises:
        UnhashablePictureError: a side is shorter than 5 or longer than 65,536 pixels.
        UnusablePlaneError: not two-dimensional uint8, or no flavour: examining nothing must not look like a result.
    """
    return tuple(Print(flavour, values, quality) for flavour, values, quality in _examine(luma, flavours, turns=False))


def dihedral(
    luma: NDArray[np.uint8], flavours: Collection[PdqFlavour], turns: Collection[Turn] = tuple(Turn)
) -> tuple[Print, ...]:
    """Fingerprint a picture and its seven turned and mirrored forms, in one pass over it.

    The forms are those of the *reduced* picture, as in the reference: on large pictures they are a few bits off the
    print of the turned picture itself.

    Args:
        luma: as for `pdq`.
        flavours: as for `pdq`.
        turns: which of the eight forms are wanted.

    Returns:
        One print per flavour and wanted form, FULL first, in the order of Turn.

    Raises:
        UnhashablePictureError: as `pdq`.
    """
    wanted = _starts(tuple(turns))
    return tuple(
        Print(flavour, values[start : start + _BYTES], quality, turn)
        for flavour, values, quality in _examine(luma, flavours, turns=True)
        for turn, start in wanted
    )


@lru_cache(maxsize=64)
def _starts(turns: tuple[Turn, ...]) -> tuple[tuple[Turn, int], ...]:
    """Return the wanted forms in their order, each with where its print stands; worked out once, not a picture."""
    return tuple((turn, start) for turn, start in _STARTS.items() if turn in turns)


def _examine(
    luma: NDArray[np.uint8], flavours: Collection[PdqFlavour], *, turns: bool
) -> Iterator[tuple[PdqFlavour, bytes, int]]:
    """Yield each wanted flavour with its values, one or eight of them one behind the other, and its quality."""
    wanted = _distinct(flavours)
    made = wanted if max(_checked_shape(luma)) > NEAREST_SIDE else (PdqFlavour.FULL,)
    native = kernels()
    prints = prints_by_numpy if native is None else partial(pdq_native.prints, native)
    for flavour, (values, quality) in zip(wanted, cycle(prints(luma, made, turns=turns)), strict=False):
        yield flavour, values, quality


def prints_by_numpy(
    luma: NDArray[np.uint8], flavours: tuple[PdqFlavour, ...], *, turns: bool
) -> Iterator[tuple[bytes, int]]:
    """Yield for each flavour what `pdq_native.prints` returns; this is the specification that it has to meet."""
    for picture in reduce(luma, flavours):
        frequency = transform.frequencies(picture, _matrix())
        forms = _turned(frequency) if turns else (frequency,)
        yield b"".join(transform.bits(form) for form in forms), transform.quality(picture)


def _distinct(flavours: Collection[PdqFlavour]) -> tuple[PdqFlavour, ...]:
    both = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
    wanted = both if PdqFlavour.UNKNOWN in flavours else tuple(flavour for flavour in both if flavour in flavours)
    if not wanted:
        raise UnusablePlaneError("no PDQ flavour was asked for")
    return wanted


def _checked_shape(luma: NDArray[np.uint8]) -> tuple[int, int]:
    if luma.ndim != 2 or luma.dtype != np.uint8:
        raise UnusablePlaneError(f"a luma plane is two-dimensional uint8, not {luma.ndim}-dimensional {luma.dtype}")
    height, width = luma.shape
    if min(height, width) < SHORTEST_SIDE:
        raise UnhashablePictureError(
            f"a picture of {width} x {height} pixels is too small to fingerprint", reason=GapReason.TOO_SMALL
        )
    if max(height, width) > LONGEST_SIDE:
        raise UnhashablePictureError(
            f"a picture of {width} x {height} pixels is too long to fingerprint", reason=GapReason.OVER_LIMIT
        )
    return height, width


@lru_cache(maxsize=1)
def _matrix() -> NDArray[np.float64]:
    matrix = transform.cosine_matrix()
    matrix.flags.writeable = False
    return matrix


def _turned(frequency: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Turn the picture in the frequency domain, in the order of Turn.

    Mirroring flips the sign of every odd number of half-waves along that axis.
    """
    sign = np.where(np.arange(transform.SIDE) % 2, 1.0, -1.0)
    rows, columns = sign[:, None], sign[None, :]
    yield frequency
    yield (frequency * columns).T
    yield frequency * rows * columns
    yield (frequency * rows).T
    yield frequency * rows
    yield frequency * columns
    yield frequency.T
    yield (frequency * rows * columns).T
