"""What follows a picture in the same file: further pictures, or bytes that are none.

Phones and stereo cameras write several JPEGs after each other (MPO, CIPA DC-007; gain maps), or a clip (motion photos),
and anybody can append anything to any picture, since every viewer stops at the first picture's end. The rules:

    - a picture of the same format that follows, after zeros at most, is a picture of this file like the first;
    - what else follows is searched for files of pictures and clips, which are opened (`safehold.media.previews`), and
      the signature of one anywhere else in it is a gap;
    - other bytes (a page, padding, a maker's notes, an archive) hide no media that we could know, and are passed over.

TIFF, whose parts may stand in any order, has rules of its own (:mod:`safehold.media.tiff`), and so have AVIF and HEIC
(:mod:`safehold.media.heif`).

The MPO index is not read: it can claim anything, while the decoder's own end of a picture can't be argued with.

    rest = Rest()
    for picture in pictures(data, "jpeg", rest):
        decode_luma(picture, read_header(picture), limits)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from safehold.media.ends import end_of
from safehold.media.errors import UnreadableMediaError
from safehold.media.kinds import sniff
from safehold.native import kernels

_ZEROS = re.compile(rb"\0*")
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""A marker within a scan: 0xFF, then neither a stuffed zero, a restart marker nor a fill byte.

Source: ITU-T T.81 (1992), B.1.1.2 to B.1.1.5."""

_WITHOUT_LENGTH = frozenset({0x01, 0xD8})
_END, _SCAN = 0xD9, 0xDA
_PASSED_OVER = frozenset({*range(0xE0, 0xF0), 0xFE, 0xDC})
"""An application's, a comment, or the number of lines: decoders pass over whatever these hold."""
_MEDIA = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"WEBPVP8", b"II*\0", b"MM\0*", b"ftyp",
    b"\x1aE\xdf\xa3", b"AVI LIST", b"FLV\x01", b"OggS",
)  # fmt: skip


@dataclass(slots=True)
class Rest:
    """What was met after pictures.

    Attributes:
        tails: what follows the last picture of a file.
        late: JPEGs with segments after the start of a scan, and where the first is.
    """

    tails: list[memoryview] = field(default_factory=list)
    late: list[tuple[memoryview, int]] = field(default_factory=list)


def pictures(data: bytes | memoryview, form: str, rest: Rest) -> Iterator[memoryview]:
    """Yield the pictures of a file, each from its start to the file's end; decoders stop at a picture's own end.

    Decode each one before asking for the next: a damaged picture's end is not looked for.

    Args:
        data: the whole file.
        form: its sniffed format, which is that of all the pictures.
        rest: takes what is met after them, if anything is.

    Raises:
        UnreadableMediaError: a JPEG's end can't be found; what follows it was not seen.
    """
    left = memoryview(data)
    while True:
        yield left
        left = left[_end(left, rest) if form == "jpeg" else end_of(left, form) :]
        zeros = _ZEROS.match(left)
        following = left[zeros.end() if zeros else 0 :]
        if not following or sniff(following).format != form:
            break
        left = following
    if following:
        rest.tails.append(left)  # zeros and all: a clip begins with some


def holds_media(data: bytes | memoryview) -> bool:
    """Whether bytes hold the signature of a picture or clip anywhere."""
    whole = bytes(data)
    return any(signature in whole for signature in _MEDIA)


def _end(picture: memoryview, rest: Rest) -> int:
    """Return where a JPEG ends, its end marker included."""
    end, late = jpeg_end(picture)
    if late:
        rest.late.append((picture, late))
    if end < 0:
        raise UnreadableMediaError(
            "the end of a JPEG can't be found", advice="Fetch the file again, or drop the record."
        )
    return end


def jpeg_end(picture: bytes | memoryview) -> tuple[int, int]:
    """Return where a JPEG ends, its end marker included, or -1.

    Beside it, where its first late segment is, or 0: one of an application, a comment or a number of
    lines, after the start of a scan.
    """
    native = kernels()
    return end_by_python(picture) if native is None else native.jpeg_end(picture)


def end_by_python(picture: bytes | memoryview) -> tuple[int, int]:
    """Return where a JPEG ends and its first late segment; the specification of what the native extension does."""
    is_in_scan, late = False, 0
    for marker, at in markers(picture):
        if marker == _END:
            return at, late
        is_in_scan |= marker == _SCAN
        if is_in_scan and not late and marker in _PASSED_OVER:
            late = at - 2
    return -1, late


def markers(picture: bytes | memoryview, at: int = 2) -> Iterator[tuple[int, int]]:
    """Yield the markers of a JPEG from a place on, each with where it ends; what has a length is stepped over."""
    while found := _MARKER.search(picture, at):
        marker, at = picture[found.end() - 1], found.end()
        yield marker, at
        if marker not in _WITHOUT_LENGTH:
            at += int.from_bytes(picture[at : at + 2], "big")
