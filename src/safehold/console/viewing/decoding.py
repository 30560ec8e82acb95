"""Decoding for eyes: a hostile file becomes a few small, plain pixels. Runs in the sandbox's child alone.

One picture of a file at a time, never more than `MOST_STILLS` of it: of an animation or a clip, stills.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safehold.media import Frame, Limits, MediaError, open_colour, open_image, open_video, sniff
from safehold.vocabulary import MediaKind

MOST_STILLS = 12
"""Stills of a clip: enough to see what happens in it, few enough to be looked at one by one. Ours."""

_FEW, _MOST_DIFFERENCE = (16, 16), 4.0
"""Pixels that previews are compared by, and how many levels of 256 they may differ on average. Ours."""

Pixels = NDArray[np.uint8]
"""``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8, C-contiguous."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of a file.

    Attributes:
        pixels: of which no side is longer than was asked for.
        number: which, from 0.
        count: of how many.
        is_whole: whether all of the file could be opened.
    """

    pixels: Pixels
    number: int
    count: int
    is_whole: bool


def open_still(data: bytes | memoryview, *, number: int, side: int, limits: Limits) -> Still:
    """Return one picture of a file, small.

    Args:
        data: the whole file.
        number: which still, from 0; of one that there is not, the last.
        side: the most pixels of a side, 1 or more.
        limits: what opening it may cost.

    Raises:
        MediaError: nothing of it can be opened.
    """
    grey, is_whole = _stills(data, side, limits)
    chosen = min(number, len(grey) - 1)
    pixels = grey[chosen]
    if chosen == 0 and sniff(data).kind is MediaKind.IMAGE:
        pixels = small(open_colour(data, limits, side_pixels=side), side)
    return Still(pixels, chosen, len(grey), is_whole=is_whole)


def _stills(data: bytes | memoryview, side: int, limits: Limits) -> tuple[list[Pixels], bool]:
    """Return the stills of a file in grey, and whether all of it could be opened.

    Raises:
        MediaError: nothing of it could.
    """
    is_clip = sniff(data).kind is MediaKind.VIDEO
    frames = _clip(data, limits) if is_clip else open_image(data, limits, open_clip=_clip)
    kept: dict[str, Pixels] = {}
    is_whole = True
    try:
        for frame in frames:
            pixels = small(frame.luma, side)
            if frame.place.startswith("preview") and any(_is_copy(pixels, known) for known in kept.values()):
                kept.pop(_place(frame), None)
            else:
                kept[_place(frame)] = pixels  # what is turned upright replaces what is stored
    except MediaError:
        is_whole = False
        if not kept:
            raise
    stills = list(kept.values())
    return [stills[place] for place in _spread(len(stills))], is_whole


def _clip(data: bytes | memoryview, limits: Limits) -> Iterator[Frame]:
    return open_video(data, limits, "keyframes")


def _is_copy(pixels: Pixels, known: Pixels) -> bool:
    """Return whether a preview shows what is shown anyway: both come down to about the same few pixels."""
    few = [np.asarray(Image.fromarray(one).resize(_FEW, Image.Resampling.BOX), np.int16) for one in (pixels, known)]
    return float(np.abs(few[0] - few[1]).mean()) < _MOST_DIFFERENCE


def _place(frame: Frame) -> str:
    return frame.place.removesuffix("upright").strip()


def _spread(count: int) -> Iterator[int]:
    """Yield at most so many places as there may be stills, evenly spread, the first and last included."""
    if count <= MOST_STILLS:
        yield from range(count)
        return
    for place in np.linspace(0, count - 1, MOST_STILLS):
        yield round(float(place))


def small(pixels: Pixels, side: int) -> Pixels:
    """Return pixels of which no side is longer than so many; smaller ones as they are."""
    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
