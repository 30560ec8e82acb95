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

    rest = []
    for picture in pictures(data, "jpeg", rest):
        decode_luma(picture, read_header(picture), limits)
"""

import re
from collections.abc import Iterator

from safehold.media.ends import end_of
from safehold.media.errors import UnreadableMediaError
from safehold.media.kinds import sniff
from safehold.native import kernels

_ZEROS = re.compile(rb"\0*")
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""A marker within a scan: 0xFF, then neither a stuffed zero, a restart marker nor a fill byte.

Source: ITU-T T.81 (1992), B.1.1.2 to B.1.1.5."""

_WITHOUT_LENGTH = frozenset({0x01, 0xD8})
_END = 0xD9
_MEDIA = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|WEBPVP8|II\*\0|MM\0\*|ftyp|\x1aE\xdf\xa3|AVI LIST|FLV\x01|OggS"
)


def pictures(data: bytes | memoryview, form: str, rest: list[memoryview]) -> Iterator[memoryview]:
    """Yield the pictures of a file, each from its start to the file's end; decoders stop at a picture's own end.

    Decode each one before asking for the next: a damaged picture's end is not looked for.

    Args:
        data: the whole file.
        form: its sniffed format, which is that of all the pictures.
        rest: takes what follows them, if anything does.

    Raises:
        UnreadableMediaError: a JPEG's end can't be found; what follows it was not seen.
    """
    left = memoryview(data)
    while True:
        yield left
        left = left[_end(left) if form == "jpeg" else end_of(left, form) :]
        zeros = _ZEROS.match(left)
        following = left[zeros.end() if zeros else 0 :]
        if not following or sniff(following).format != form:
            break
        left = following
    if following:
        rest.append(left)  # zeros and all: a clip begins with some


def holds_media(data: bytes | memoryview) -> bool:
    """Whether bytes hold the signature of a picture or clip anywhere."""
    return _MEDIA.search(data) is not None


def _end(picture: memoryview) -> int:
    """Return where a JPEG ends, its end marker included."""
    end = jpeg_end(picture)
    if end < 0:
        raise UnreadableMediaError(
            "the end of a JPEG can't be found", advice="Fetch the file again, or drop the record."
        )
    return end


def jpeg_end(picture: bytes | memoryview) -> int:
    """Return where a JPEG ends, its end marker included, or -1."""
    native = kernels()
    return end_by_python(picture) if native is None else native.jpeg_end(picture)


def end_by_python(picture: bytes | memoryview) -> int:
    """Return where a JPEG ends, or -1; the specification of what the native extension does."""
    at = 2
    while found := _MARKER.search(picture, at):
        marker, at = picture[found.end() - 1], found.end()
        if marker == _END:
            return at
        if marker not in _WITHOUT_LENGTH:
            at += int.from_bytes(picture[at : at + 2], "big")
    return -1
