"""Pictures and clips among the bytes of sound: covers that no demuxer showed, and what was put behind the sound.

Sound is noise to a search, and three bytes of a signature turn up in any long recording. So a signature counts only
with the structure that follows it; what is enciphered, packed or cut into pieces is not found.

Source: ITU-T T.81 annex B (JPEG), TIFF 6.0 section 2, ID3v2.2 to 2.4 (PIC, APIC), "VorbisComment" of Xiph.org
(METADATA_BLOCK_PICTURE, and COVERART before it).
"""

import re
import struct
from collections.abc import Sequence

_CANDIDATE = re.compile(
    rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....(?:WEBP|AVI )|II\*\0|MM\0\*|ftyp[ -~]{4}"
    rb"|\x1aE\xdf\xa3.{1,40}?(?:webm|matroska)|FLV\x01[\x01\x04\x05]\0\0\0\t|0&\xb2u\x8ef\xcf\x11|BM....\0\0\0\0..\0\0[(l|]\0\0\0"
    rb"|OggS\0\x02",
    re.DOTALL,
)
_NAMED = re.compile(rb"(?i:METADATA_BLOCK_PICTURE=|COVERART=)")
_FRAMES = {2: re.compile(rb"PIC\0"), 3: re.compile(rb"APIC"), 4: re.compile(rb"APIC")}
"""How a picture's frame begins in each version of ID3v2."""
_FRAME_STARTS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_MOST_SEGMENTS = 64
"""A longer chain of segments, each where the one before says, is no accident."""
_OWN_BYTES = 8
"""What a container begins with itself."""
_SIZE_BYTES = 4
_TAG_BYTES = 10
_MOST_FTYP_BYTES = 1024


def holds_media(data: bytes | memoryview, form: str, covers: Sequence[bytes] = ()) -> bool:
    """Return whether sound holds a picture or clip beside the covers that are known.

    Args:
        data: the whole file.
        form: its sniffed format.
        covers: the bytes of each picture that was examined.
    """
    view = memoryview(data)
    if len(_NAMED.findall(view)) + _frames(view) > len(covers):
        return True
    at = _OWN_BYTES
    while found := _CANDIDATE.search(view, at):
        at = found.start() + 1
        start = found.start() - (_SIZE_BYTES if found[0].startswith(b"ftyp") else 0)
        known = next((cover for cover in covers if view[start : start + len(cover)] == cover), None)
        if known is not None:
            at = start + len(known)
        elif _is_plausible(view[start:], found[0], form):
            return True
    return False


def _frames(view: memoryview) -> int:
    """Return how many pictures the ID3 tag at the start has frames for."""
    if bytes(view[:3]) != b"ID3" or len(view) < _TAG_BYTES:
        return 0
    size = sum((view[6 + place] & 127) << 7 * (3 - place) for place in range(4))
    frame = _FRAMES.get(view[3], _FRAMES[4])
    return len(frame.findall(view[_TAG_BYTES : _TAG_BYTES + size]))


def _is_plausible(rest: memoryview, signature: bytes, form: str) -> bool:
    if signature.startswith(b"\xff\xd8"):
        return _is_jpeg(rest)
    if signature[:2] in {b"II", b"MM"}:
        return _is_tiff(rest, "<" if signature.startswith(b"II") else ">")
    if signature.startswith(b"ftyp"):
        return 8 <= int.from_bytes(rest[:_SIZE_BYTES], "big") < _MOST_FTYP_BYTES
    return form != "ogg" or not signature.startswith(b"OggS")


def _is_jpeg(rest: memoryview) -> bool:
    """Follow the segments to the one that states the picture's size."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        marker, length = bytes(rest[at : at + 2]), int.from_bytes(rest[at + 2 : at + 4], "big")
        if len(marker) < 2 or marker[0] != 0xFF or marker[1] < 0xC0 or length < 2:
            return False
        if marker[1] in _FRAME_STARTS:
            bits, components = bytes(rest[at + 4 : at + 5]), bytes(rest[at + 9 : at + 10])
            return (
                bits in {b"\x08", b"\x0c"} and 0 < int.from_bytes(components) <= 4 and length == 8 + 3 * components[0]
            )
        at += 2 + length
    return True


def _is_tiff(rest: memoryview, order: str) -> bool:
    """Look whether the first directory begins as a picture's does."""
    try:
        (at,) = struct.unpack_from(order + "I", rest, 4)
        count, tag, kind = struct.unpack_from(order + "HHH", rest, at)
    except struct.error:
        return False
    return bool(0 < count < 512 and 254 <= tag <= 330 and 0 < kind <= 18)
