"""EXIF orientation: which way up a picture is shown.

Source: EXIF 3.0 (CIPA DC-008), tag 0x0112 Orientation; 1 is upright, 2 to 8 are the other mirrorings and turns.
"""

import struct
import warnings
from collections.abc import Callable

import numpy as np
from PIL import Image

from safehold.media.frame import Luma

_TAG = 0x0112
UPRIGHT = 1
_FAULTS = (OSError, SyntaxError, ValueError, LookupError, TypeError, AttributeError, struct.error, ArithmeticError)


def read_orientation(block: bytes) -> int:
    """Return the orientation 1..8 that an EXIF block states; 1 when it states none or can't be read.

    A damaged block costs nothing of the examination: the stored pixels are fingerprinted in any case.
    """

    def read() -> Image.Exif:
        exif = Image.Exif()
        exif.load(block)
        return exif

    return _ask(read)


def orientation_of(picture: Image.Image) -> int:
    """Return the orientation 1..8 of an opened picture, from EXIF or XMP; 1 when it states none."""
    return _ask(picture.getexif)


def _ask(read: Callable[[], Image.Exif]) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they quote the file
        try:
            return _valid(read().get(_TAG))
        except _FAULTS:
            return UPRIGHT


def _valid(value: object) -> int:
    return value if isinstance(value, int) and UPRIGHT <= value <= 8 else UPRIGHT


def turn_upright(luma: Luma, orientation: int) -> Luma:
    """Return the pixels as they are meant to be seen; works on ``(h, w)`` and ``(h, w, 3)`` alike."""
    turned = np.swapaxes(luma, 0, 1) if orientation >= 5 else luma
    if orientation in {3, 4, 7, 8}:
        turned = turned[::-1]
    if orientation in {2, 3, 6, 7}:
        turned = turned[:, ::-1]
    return np.ascontiguousarray(turned)
