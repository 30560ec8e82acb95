"""Pictures in colour, for classifiers: the first frame, upright, perhaps smaller than it is stored.

Never for fingerprints: those are made from `image.open_image`, which keeps every pixel.
"""

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from safehold.media.image import admit
from safehold.media.jpeg import exif_block, is_colour, translate_fault
from safehold.media.limits import Limits
from safehold.media.orientation import UPRIGHT, orientation_of, read_orientation, turn_upright
from safehold.media.raster import open_raster, to_rgb

DEFAULT_SIDE_PIXELS = 512
"""Below this no side is reduced; the classifiers at hand take 224 to 448 pixels."""


def open_colour(
    data: bytes | memoryview, limits: Limits, *, side_pixels: int = DEFAULT_SIDE_PIXELS
) -> NDArray[np.uint8]:
    """Return a picture's first frame as ``(height, width, 3)`` uint8 RGB, C-contiguous, upright.

    Args:
        data: the whole file.
        limits: what it may cost.
        side_pixels: a JPEG may be decoded at a reduced scale, as long as both sides keep so many pixels.

    Raises:
        MediaError: as `open_image` does.
    """
    form = admit(data, limits)
    if form == "jpeg" and is_colour(data, limits):
        try:
            pixels = simplejpeg.decode_jpeg(data, "RGB", min_height=side_pixels, min_width=side_pixels)
        except (ValueError, MemoryError) as error:
            raise translate_fault(error) from error
        block = exif_block(data)
        return turn_upright(pixels, read_orientation(block) if block else UPRIGHT)
    picture = next(open_raster(data, form, limits))
    return turn_upright(np.array(to_rgb(picture)), orientation_of(picture))
