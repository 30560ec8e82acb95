"""Segments of a JPEG that may hold a picture: what cameras and editors write beside the picture itself.

Most pictures have none of more than a few bytes. What is longer than a segment is spread over several, which are
joined here by the rules of who writes them; those of unknown writers are joined in their order.

Source: ITU-T T.81 (1992) B.1.1; CIPA DC-008 4.7.2 (Exif); XMP Specification Part 3 (2020) 1.1.3.1 (extended XMP);
ISO/IEC 18477-3 B.2 (boxes in APP11, as C2PA uses them); ICC.1:2022 B.4; FlashPix Extensions 1.0 (FPXR). That of FLIR
is from ExifTool's description.
"""

from collections.abc import Iterator, Sequence

from safehold.media.appended import markers
from safehold.media.errors import OverLimitError

Segment = tuple[int, int, int]
"""Marker, start of the content, and its end."""

_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_END = 0xD9
_SCAN_OR_END = frozenset({0xDA, _END})
_MOST_LATE = 1024
_FIRST_APPLICATION, _APP1, _BOXES = 0xE0, 0xE1, 0xEB
_MOST_PLAIN_BYTES = 32
"""What is shorter holds no picture, and no orientation: an EXIF block that states one has 34 bytes with its length."""
_DRAWING = {0xDB: 2 + 4 * 65, 0xC4: 2 + 2 * (17 + 12) + 2 * (17 + 162)}
"""Segments of tables, and how long those of nearly all pictures are at most; others that pictures need are short."""
_EXIF, _EXTENDED = b"Exif\0\0", b"http://ns.adobe.com/xmp/extension/\0"
_HEAD_BYTES = {b"Exif\0": 6, b"ICC_PROFILE\0": 14, b"FPXR\0": 13, b"FLIR\0": 8, _EXTENDED: 75}
"""What begins a segment, and how much of it is no content; else it is the name alone."""
_BOXES_HEAD_BYTES, _BOX_HEAD_BYTES = 8, 8
_NUMBERED = frozenset({b"Exif\0", b"JFIF\0", b"JFXX\0"})
_ALONE = (b"Exif\0\0II", b"Exif\0\0MM", b"JFIF\0", b"JFXX\0")
"""What begins anew, even after another segment of the same name."""
_MOST_NAME_BYTES = 80


def segments_of(picture: bytes | memoryview) -> list[Segment]:
    """Return the segments before the first scan that could hold something beside what the picture is drawn with.

    One plain loop, since every picture goes through it; it stops quietly at anything odd.
    """
    found: list[Segment] = []
    at, last = 2, len(picture) - 4
    while at <= last and picture[at] == 0xFF:
        marker = picture[at + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _SCAN_OR_END:
            break
        length = picture[at + 2] << 8 | picture[at + 3]
        if length > _MOST_PLAIN_BYTES and (marker >= _FIRST_APPLICATION or length > _DRAWING.get(marker, 0)):
            found.append((marker, at + 4, at + 2 + length))
        at += 2 + max(length, 2)
    return found


def late_segments_of(picture: bytes | memoryview, first: int) -> list[Segment]:
    """Return the segments from a place on, up to the picture's end, that could hold something.

    Raises:
        OverLimitError: there are more than anybody writes.
    """
    found: list[Segment] = []
    for marker, at in markers(picture, first):
        if marker == _END:
            break
        length = int.from_bytes(picture[at : at + 2], "big")
        if length > _MOST_PLAIN_BYTES and (marker >= _FIRST_APPLICATION or length > _DRAWING.get(marker, 0)):
            found.append((marker, at + 2, at + length))
        if len(found) > _MOST_LATE:
            raise OverLimitError("a JPEG has too many segments in its scans", advice="Drop the record.")
    return found


def exif_of(picture: bytes | memoryview, segments: Sequence[Segment]) -> bytes:
    """Return a picture's own EXIF block, which is the first; b"" when there is none."""
    for marker, start, end in segments:
        if marker == _APP1 and picture[start : start + len(_EXIF)] == _EXIF:
            return bytes(picture[start:end])
    return b""


def blocks_of(picture: bytes | memoryview, segments: Sequence[Segment]) -> Iterator[bytes]:
    """Yield what the segments hold, each that is spread over several as one; a block alone keeps its name."""
    groups: dict[tuple[int, bytes, int], list[bytes]] = {}
    number = 0
    for marker, start, end in segments:
        content = bytes(picture[start:end])
        number += content.startswith(_ALONE)
        name = _name_of(marker, content)
        groups.setdefault((marker, name, number if name in _NUMBERED else 0), []).append(content)
    for (marker, name, _), parts in groups.items():
        yield parts[0] if len(parts) == 1 else b"".join(_joined(marker, name, parts))


def _name_of(marker: int, content: bytes) -> bytes:
    if marker == _BOXES:
        return content[:4]
    name = content[: content.find(b"\0", 0, _MOST_NAME_BYTES) + 1]
    return name if name[:-1].isascii() and name[:-1].decode("ascii").isprintable() else b""


def _joined(marker: int, name: bytes, parts: list[bytes]) -> Iterator[bytes]:
    """Yield the contents in their order; those that state a place have it where they begin."""
    if marker == _BOXES or name == _EXTENDED:
        parts = sorted(parts)
    for number, part in enumerate(parts):
        if marker == _BOXES:
            yield part[_BOXES_HEAD_BYTES + (_BOX_HEAD_BYTES if number else 0) :]
        else:
            yield part[_HEAD_BYTES.get(name, len(name)) if number or name == _EXTENDED else 0 :]
