"""JPEG straight to luma: the Y plane as the decoder has it, without chroma and without colour conversion.

The full inverse DCT is used: the fast one changes luma by up to 2 levels (measured), and strict fingerprints must
not depend on such a switch.

Every warning of the decoder is an error, so that a file which loses even its last byte is reported as truncated. What
that means for oddities, tried with generated files (`tests/unit/media/test_oddities.py`):

    accepted    bytes after the end (see :mod:`safehold.media.appended`), fill bytes before any marker, bytes between
                the last block and the end marker, two JFIF segments
    TRUNCATED   no end marker, though the scan may be complete: of a progressive file nothing shows that no scan is
                lost, and an end marker put after a cut scan is found out likewise
    UNREADABLE  bytes between header segments, restart markers that are missing or out of order, a JFIF revision that
                nobody published, bytes before the start

The last line holds harmless files back as well; a decoder that forgave them would also forgive damage, since it
reports one warning and not all.
"""

from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from safehold.media.errors import MediaError, OverLimitError, TruncatedMediaError, UnreadableMediaError
from safehold.media.frame import Luma
from safehold.media.limits import Limits

_LUMA_SPACES = frozenset({"Gray", "YCbCr"})
_MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_APP1, _SCAN_OR_END = 0xE1, frozenset({0xDA, 0xD9})


@dataclass(frozen=True, slots=True)
class Header:
    """What a JPEG says of itself before anything is decoded: pixels, and the colour space as the decoder names it."""

    height: int
    width: int
    space: str


def read_header(data: bytes | memoryview) -> Header | None:
    """Return a JPEG's header, or None if the decoder doesn't know its chroma subsampling; those are left to Pillow.

    Raises:
        MediaError: the header is damaged.
    """
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError as error:
        if "subsampling" in str(error):
            return None
        raise translate_fault(error) from error
    except KeyError:
        return None
    return Header(height, width, space)


def decode_luma(data: bytes | memoryview, header: Header, limits: Limits) -> Luma:
    """Decode a JPEG's luma as stored, orientation not applied.

    YCbCr and grey files give their Y plane; RGB, CMYK and YCCK files are converted by Pillow's rules, with inverted
    CMYK (the convention of Adobe, which every known writer follows).

    Args:
        data: the file.
        header: what `read_header` returned of it.
        limits: what it may cost.

    Raises:
        MediaError: the file is damaged, cut short, or larger than the limits.
    """
    _require_within(header, limits)
    try:
        if header.space in _LUMA_SPACES:
            pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(data, "GRAY")
            return pixels.reshape(header.height, header.width)
        return _convert(simplejpeg.decode_jpeg(data, "RGB" if header.space == "RGB" else "CMYK"))
    except (ValueError, MemoryError) as error:
        raise translate_fault(error) from error


def is_colour(data: bytes | memoryview, limits: Limits) -> bool:
    """Whether the decoder can give a JPEG's colours itself.

    Raises:
        MediaError: the header is damaged, or the picture larger than the limits.
    """
    header = read_header(data)
    if header is None:
        return False
    _require_within(header, limits)
    return header.space in {"Gray", "YCbCr", "RGB"}


def _require_within(header: Header, limits: Limits) -> None:
    if header.height * header.width > limits.pixels:
        raise OverLimitError("a JPEG has too many pixels", advice="Raise the policy's media limit for pixels.")


def _convert(pixels: NDArray[np.uint8]) -> Luma:
    if pixels.shape[2] == 4:
        picture = Image.fromarray(np.invert(pixels), mode="CMYK").convert("RGB")
    else:
        picture = Image.fromarray(pixels)
    return np.array(picture.convert("L"))


def translate_fault(error: ValueError | MemoryError) -> MediaError:
    """Return the media error that a fault of the decoder is."""
    if isinstance(error, MemoryError):
        return OverLimitError("a JPEG needs too much memory", advice="Raise the memory limit.")
    if "premature end" in str(error).lower():
        return TruncatedMediaError("a JPEG ends too early", advice="Fetch the file again.")
    return UnreadableMediaError("a JPEG is damaged", advice="Fetch the file again, or drop the record.")


def exif_block(data: bytes | memoryview) -> bytes:
    """Return the EXIF block of a JPEG without its marker, or b"" when there is none before the first scan.

    One plain loop, since every picture goes through it; it stops quietly at anything odd.
    """
    at, last = 2, len(data) - 4
    while at <= last and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _MARKERS_WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _SCAN_OR_END:
            break
        length = data[at + 2] << 8 | data[at + 3]
        if marker == _APP1 and data[at + 4 : at + 10] == b"Exif\x00\x00":
            return bytes(data[at + 4 : at + 2 + length])
        at += 2 + max(length, 2)
    return b""
