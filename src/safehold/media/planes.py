"""Planes: the luma of a decoded frame, without copying it where the decoder keeps 8-bit luma in a plane of its own.

The samples are taken as they are. Most clips store luma in 16..235 (limited range), which a player stretches to
0..255; PDQ compares frequencies with each other, so stretching changes rounding and nothing else. Only the quality is
lower by up to 14 % (219/255) than that of the stretched picture. docs/video.md says what was measured.
"""

from typing import TYPE_CHECKING

import numpy as np

from safehold.media.frame import Luma

if TYPE_CHECKING:
    import av

_PROBED_EVERY = 16


def luma_of(picture: "av.VideoFrame") -> Luma:
    """Return the luma of a frame, read-only; formats that have no such plane (10 bits, RGB, palettes) are converted.

    The rows are views of the decoder's buffer, which lives as long as they do.
    """
    plane = picture.planes[0]
    if not _has_luma_plane(picture.format) or plane.line_size < picture.width:
        picture = picture.reformat(format="gray")
        plane = picture.planes[0]
    rows: Luma = np.frombuffer(memoryview(plane), np.uint8, picture.height * plane.line_size)
    luma = rows.reshape(picture.height, plane.line_size)[:, : picture.width]
    luma.flags.writeable = False
    return luma


def is_same(first: Luma, second: Luma) -> bool:
    """Return whether two frames have the same samples; most differ in a few of them, which are compared first."""
    if first.shape != second.shape:
        return False
    few = slice(None, None, _PROBED_EVERY)
    return np.array_equal(first[few, few], second[few, few]) and np.array_equal(first, second)


def _has_luma_plane(form: "av.VideoFormat") -> bool:
    """Whether the first plane is luma with 8 bits a sample: planar YUV, its half-planar variants, and grey."""
    is_planar = form.name.startswith(("yuv", "nv")) and len(form.components) > 1 and form.is_planar
    return (is_planar or form.name == "gray") and form.components[0].bits == 8
