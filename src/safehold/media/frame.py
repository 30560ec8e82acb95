"""Frames: decoded pictures as luma, in the form that fingerprints are computed from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safehold.vocabulary import Seconds

Luma = NDArray[np.uint8]
"""``(height, width)`` uint8, the samples of a row side by side, ITU-R BT.601 weights (a JPEG's Y plane), 0 is black."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture.

    Attributes:
        luma: its pixels.
        place: which part of the content it is: "" for the picture as stored, "upright" for the same picture turned
            as its EXIF orientation says, "frame 12" in an animation, "frame 12 @ 3.200 s" in a clip.
        at: the time in a clip; None for pictures and animations.
    """

    luma: Luma
    place: str
    at: Seconds | None = None
