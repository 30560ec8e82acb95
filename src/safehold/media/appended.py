"""What follows a picture in the same file: further pictures, or bytes that are none.

Phones and stereo cameras write several JPEGs after each other (MPO, CIPA DC-007; gain maps), and anybody can append
anything to any picture, since every viewer stops at the first picture's end. The rules:

    - a picture of the same format that follows, after zeros at most, is a picture of this file like the first;
    - bytes that hold the signature of a picture or clip (a motion photo's MP4, say) are a gap: they could be opened,
      and were not examined;
    - other bytes (a page, padding, a maker's notes, an archive) hide no media that we could know, and are passed over.

What stands within a picture (a PNG's text, a profile, a maker's notes) is not searched. TIFF, whose parts may stand in
any order, has rules of its own (:mod:`safehold.media.tiff`), and so have AVIF and HEIC (:mod:`safehold.media.heif`).

The MPO index is not read: it can claim anything, while the decoder's own end of a picture can't be argued with.

    for picture in pictures(data, "jpeg"):
        decode_luma(picture, read_header(picture), limits)
"""

import re
from collections.abc import Iterator

from safehold.media.ends import end_of
from safehold.media.errors import UnreadableMediaError, UnsupportedFormatError
from safehold.media.kinds import IMAGE_FORMATS, VIDEO_FORMATS, sniff
from safehold.native import kernels

_OPENED = IMAGE_FORMATS | VIDEO_FORMATS
_ZEROS = re.compile(rb"\0*")
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""A marker within a scan: 0xFF, then neither a stuffed zero, a restart marker nor a fill byte.

Source: ITU-T T.81 (1992), B.1.1.2 to B.1.1.5."""

_WITHOUT_LENGTH = frozenset({0x01, 0xD8})
_END = 0xD9
_MEDIA = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|WEBPVP8|II\*\0|MM\0\*|ftyp|\x1aE\xdf\xa3|AVI LIST|FLV\x01|OggS"
)


def pictures(data: bytes | memoryview, form: str) -> Iterator[memoryview]:
    """Yield the pictures of a file, each from its start to the file's end; decoders stop at a picture's own end.

    Decode each one before asking for the next: a damaged picture's end is not looked for.

    Args:
        data: the whole file.
        form: its sniffed format, which is that of all the pictures.

    Raises:
        UnreadableMediaError: a JPEG's end can't be found; what follows it was not seen.
        UnsupportedFormatError: other media follow.
    """
    rest = memoryview(data)
    while True:
        yield rest
        rest = rest[_end(rest) if form == "jpeg" else end_of(rest, form) :]
        if not rest:
            return
        zeros = _ZEROS.match(rest)
        rest = rest[zeros.end() if zeros else 0 :]
        follows = sniff(rest).format
        if follows != form:
            break
    if follows in _OPENED or holds_media(rest):
        raise UnsupportedFormatError(
            "a picture is followed by other media in the same file", advice="Take the file apart, and scan the parts."
        )


def holds_media(data: bytes | memoryview) -> bool:
    """Whether bytes hold the signature of a picture or clip anywhere."""
    return _MEDIA.search(data) is not None


def _end(picture: memoryview) -> int:
    """Return where a JPEG ends, its end marker included."""
    native = kernels()
    end = end_by_python(picture) if native is None else native.jpeg_end(picture)
    if end < 0:
        raise UnreadableMediaError(
            "the end of a JPEG can't be found", advice="Fetch the file again, or drop the record."
        )
    return end


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
