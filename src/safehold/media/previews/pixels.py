"""Previews that are bare pixels: of JFIF segments and of Photoshop's resources.

Source: JFIF 1.02 (ECMA TR/98, 2009) sections 10.1 to 10.5 (thumbnails of RGB pixels, of a palette; extension codes);
Adobe Photoshop File Formats Specification (2019), "Image Resource Blocks" 1033 and 1036 (thumbnail resources).
"""

import re
from collections.abc import Iterator

import numpy as np
from PIL import Image

from safehold.media.errors import TruncatedMediaError

_JFIF, _JFXX = b"JFIF\0", b"JFXX\0"
_JFIF_SIZE, _JFIF_HEAD_BYTES = slice(12, 14), 14
_JFXX_SIZE, _JFXX_HEAD_BYTES, _PALETTE_BYTES = slice(6, 8), 8, 768
_OF_PALETTE, _OF_COLOURS = 0x11, 0x13
_NAME = b"8BIM"
_RESOURCE = re.compile(rb"8BIM\x04([\x09\x0c])")
_RAW = 0
_RESOURCE_HEAD_BYTES = 28
_SWAPPED = b"\x09"
"""Photoshop 4's thumbnails have red and blue changed over."""


def drawn(block: bytes) -> Iterator[Image.Image]:
    """Yield the previews of a block that are bare pixels, in colour.

    Raises:
        TruncatedMediaError: one has fewer pixels than it states.
    """
    if block.startswith(_JFIF) and len(block) > _JFIF_HEAD_BYTES:
        width, height = block[_JFIF_SIZE]
        yield from _colours(width, height, block[_JFIF_HEAD_BYTES:])
    elif block.startswith(_JFXX) and len(block) > _JFXX_HEAD_BYTES:
        yield from _of_extension(block)
    for found in _RESOURCE.finditer(block) if _NAME in block else ():
        yield from _of_resource(block, found.end())


def swapped(block: bytes) -> Iterator[bytes]:
    """Yield the files of those previews of a block whose colours are changed over."""
    for found in _RESOURCE.finditer(block) if _NAME in block else ():
        if found[1] == _SWAPPED:
            start, size = _place(block, found.end())
            yield block[start + _RESOURCE_HEAD_BYTES : start + size]


def _of_extension(block: bytes) -> Iterator[Image.Image]:
    width, height = block[_JFXX_SIZE]
    rest = block[_JFXX_HEAD_BYTES:]
    if block[5] == _OF_COLOURS:
        yield from _colours(width, height, rest)
    elif block[5] == _OF_PALETTE:
        palette = np.frombuffer(rest[:_PALETTE_BYTES].ljust(_PALETTE_BYTES, b"\0"), np.uint8).reshape(256, 3)
        places = np.frombuffer(rest[_PALETTE_BYTES:], np.uint8)
        yield from _colours(width, height, palette[places].tobytes())


def _of_resource(block: bytes, at: int) -> Iterator[Image.Image]:
    start, _ = _place(block, at)
    numbers = [int.from_bytes(block[start + place : start + place + 4], "big") for place in (0, 4, 8, 12)]
    form, width, height, row_bytes = numbers
    if form != _RAW or not 0 < 3 * width <= row_bytes:
        return
    rest = block[start + _RESOURCE_HEAD_BYTES :]
    rows = np.frombuffer(rest[: height * row_bytes], np.uint8)
    if height and rows.size < height * row_bytes:
        raise _cut()
    yield from _colours(width, height, rows.reshape(height, row_bytes)[:, : 3 * width].tobytes())


def _place(block: bytes, at: int) -> tuple[int, int]:
    """Return start and length of a resource, which follow its name: a length, so many bytes, and an even end."""
    named = block[at] if at < len(block) else 0
    at += (1 + named + 1) // 2 * 2
    return at + 4, int.from_bytes(block[at : at + 4], "big")


def _colours(width: int, height: int, pixels: bytes) -> Iterator[Image.Image]:
    if not width * height:
        return
    if len(pixels) < 3 * width * height:
        raise _cut()
    yield Image.frombytes("RGB", (width, height), pixels[: 3 * width * height])


def _cut() -> TruncatedMediaError:
    return TruncatedMediaError("a preview has fewer pixels than it states", advice="Take it out and scan it again.")
