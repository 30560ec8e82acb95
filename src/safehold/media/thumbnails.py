"""The small picture that an EXIF block carries beside the one it describes: anything may be shown there.

Decided, and why: one that is stated and can't be opened is a gap like any other picture. Cameras and editors write
whole JPEGs there (a length of zero, or an offset to nothing, means that an editor took it out), so that a broken one is
rare and as suspect as any broken picture. What is in makers' notes and other private tags is not looked for.

Source: EXIF 3.0 (CIPA DC-008) section 4.5.8 and 4.6.2: the second directory, tags 0x0201 and 0x0202.
"""

import struct

from safehold.media.errors import UnsupportedFormatError

_EXIF = b"Exif\0\0"
_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_STRIPS, _OFFSET, _LENGTH = 0x0111, 0x0201, 0x0202
_SHORT = 3
_SOI = b"\xff\xd8\xff"


def thumbnail_of(block: bytes) -> bytes:
    """Return the bytes that an EXIF block states to be its thumbnail; b"" for none, and for a block that is damaged.

    Raises:
        UnsupportedFormatError: it is stored as bare pixels.
    """
    exif = block.removeprefix(_EXIF)
    order = _ORDERS.get(exif[:4])
    if order is None:
        return b""
    try:
        second = _after(exif, order, *struct.unpack_from(order + "I", exif, 4))
        tags = _directory(exif, order, second) if second else {}
    except struct.error:
        return b""
    if _STRIPS in tags and _OFFSET not in tags:
        raise UnsupportedFormatError("a thumbnail is no JPEG", advice="Take the EXIF data out and scan it again.")
    return _stated(exif, tags.get(_OFFSET, 0), tags.get(_LENGTH, 0))


def _stated(exif: bytes, offset: int, length: int) -> bytes:
    if not 0 < offset < len(exif):
        return b""
    if length:
        return exif[offset : offset + length]
    return exif[offset:] if exif.startswith(_SOI, offset) else b""


def _after(exif: bytes, order: str, directory: int) -> int:
    """Return where the directory after one begins; 0 for none."""
    (count,) = struct.unpack_from(order + "H", exif, directory)
    (following,) = struct.unpack_from(order + "I", exif, directory + 2 + 12 * count)
    return int(following)


def _directory(exif: bytes, order: str, at: int) -> dict[int, int]:
    """Return a directory's values by tag, as far as each fits in its entry."""
    (count,) = struct.unpack_from(order + "H", exif, at)
    tags: dict[int, int] = {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(order + "HH", exif, entry)
        (tags[tag],) = struct.unpack_from(order + ("H" if kind == _SHORT else "I"), exif, entry + 8)
    return tags
