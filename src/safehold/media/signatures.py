"""Signatures: where pictures and clips begin among other bytes.

Makers' notes, boxes and sound are noise to a search, and three bytes of a signature turn up in any long file. So a
signature counts only with the structure that follows it. What is enciphered, packed or cut into pieces is not found.

    for start in starts(block):
        block[start:]

Source: ITU-T T.81 annex B (JPEG), TIFF 6.0 section 2, ISO/IEC 14496-12 section 4.3 (ftyp).
"""

import re
import struct
from collections.abc import Iterator
from heapq import merge

from safehold.media.errors import OverLimitError

_WHOLE = re.compile(
    rb".\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....(?:WEBP|AVI )|II[*+]\0|MM\0[*+]|....ftyp[ -~]{4}"
    rb"|\x1aE\xdf\xa3.{1,40}?(?:webm|matroska)|FLV\x01[\x01\x04\x05]\0\0\0\t|0&\xb2u\x8ef\xcf\x11"
    rb"|BM....\0\0\0\0..\0\0[(l|]\0\0\0|OggS\0\x02|8BPS\0[\x01\x02]\0{6}|\0\0\0\x0c(?:JXL|jP ) \r\n\x87\n",
    re.DOTALL,
)
RARE = {
    b"\xd8\xff": 1, b"\x89PNG": 0, b"GIF8": 0, b"RIFF": 0, b"II*\0": 0, b"MM\0*": 0, b"II+\0": 0, b"MM\0+": 0,
    b"ftyp": 4, b"\x1aE\xdf\xa3": 0, b"FLV\x01": 0, b"0&\xb2u\x8ef\xcf\x11": 0, b"BM": 0, b"OggS\0\x02": 0,
    b"8BPS\0": 0, b" \r\n\x87\n": 7,
}  # fmt: skip
"""What is searched for first, and how many bytes of the whole signature stand before it."""

_FRAME_STARTS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_FIRST_OF_TABLES_AND_PARTS = 0xC0
_ENDS = frozenset(range(0xD0, 0xDA))
_MOST_SEGMENTS = 64
_TABLES, _TABLE_BYTES = 0xDB, frozenset({2 + 65 * count for count in range(1, 5)})
_NAMES = (b"JFIF\0", b"JFXX\0", b"Exif\0", b"Adobe", b"Photoshop", b"http://", b"ICC_PROFILE")
_MOST_FTYP_BYTES = 1024
_MOST_PLACES, _BYTES_PER_PLACE = 500, 64
"""In noise, one place in some thousand bytes has the bytes that are searched for; in words, one in some hundred."""


def starts(data: bytes, at: int = 0) -> Iterator[int]:
    """Yield where a picture or clip seems to begin, in order; the caller passes over what lies within one.

    Args:
        data: any bytes.
        at: where to begin.

    Raises:
        OverLimitError: too much looks like the beginning of one; it takes time to see that it is none.
    """
    there = [rare for rare in RARE if rare in data]
    found = [_places(data, rare, at) for rare in there if data.find(rare, at + RARE[rare]) >= 0]
    most = _MOST_PLACES + len(data) // _BYTES_PER_PLACE
    for number, start in enumerate(merge(*found) if found else ()):
        if number == most:
            raise OverLimitError("a file has too many beginnings of pictures", advice="Drop the record.")
        if is_start(data, start):
            yield start


def is_start(data: bytes, start: int) -> bool:
    """Return whether a picture or clip seems to begin here.

    The first byte of a JPEG need not be its own: some cameras of Minolta's change it in the previews that they store.
    """
    found = _WHOLE.match(data, start)
    if found is None:
        return False
    signature = found[0]
    if signature[1:3] == b"\xd8\xff":
        return _is_jpeg(data, start)
    if signature[:2] in {b"II", b"MM"}:
        return _is_tiff(data, start)
    if signature[4:8] == b"ftyp":
        return 8 <= int.from_bytes(signature[:4], "big") < _MOST_FTYP_BYTES
    return True


def _places(data: bytes, rare: bytes, at: int) -> Iterator[int]:
    before = RARE[rare]
    found = data.find(rare, at + before)
    while found >= 0:
        yield found - before
        found = data.find(rare, found + 1)


def _is_jpeg(data: bytes, start: int) -> bool:
    """Follow the segments to the one that states the picture's size, or to the end of what there is."""
    at, is_known = start + 2, False
    for _ in range(_MOST_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if at + 4 > len(data):
            return is_known
        marker, length = data[at : at + 2], int.from_bytes(data[at + 2 : at + 4], "big")
        is_known = is_known or data.startswith(_NAMES, at + 4) or (marker[1] == _TABLES and length in _TABLE_BYTES)
        if marker[0] != 0xFF or marker[1] < _FIRST_OF_TABLES_AND_PARTS or marker[1] in _ENDS or length < 2:
            return False
        if marker[1] in _FRAME_STARTS:
            bits, components = data[at + 4 : at + 5], data[at + 9] if at + 9 < len(data) else 0
            return bits in {b"\x08", b"\x0c"} and 0 < components <= 4 and length == 8 + 3 * components
        at += 2 + length
    return True  # so long a chain is no accident


def _is_tiff(data: bytes, start: int) -> bool:
    """Look whether the first directory begins as a picture's does."""
    order = "<" if data[start] == ord("I") else ">"
    wide = data[start + 2 : start + 4].strip(b"\0") == b"+"
    try:
        (at,) = struct.unpack_from(order + ("Q" if wide else "I"), data, start + (8 if wide else 4))
        count, tag, kind = struct.unpack_from(order + ("QHH" if wide else "HHH"), data, start + at)
    except (struct.error, OverflowError):  # no byte has such a place
        return False
    return bool(0 < count < 512 and 254 <= tag <= 330 and 0 < kind <= 18)
