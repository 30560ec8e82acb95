"""Where a picture or clip ends that stands among other bytes, by its own structure; else where these end."""

from safehold.media.appended import jpeg_end
from safehold.media.containers import tail_of
from safehold.media.ends import end_of
from safehold.media.kinds import HEAD_BYTES, sniff

_BOXED = frozenset({"mp4", "mov", "m4a", "avif", "heic", "jxl", "jp2"})
_KNOWN_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"meta", b"moof", b"free", b"skip", b"wide", b"uuid", b"udta"})
_WITH_PARTS = frozenset({"webm", "mkv", "avi", "ogg"})


def end_of_file(data: bytes, start: int) -> int:
    """Return where the file that begins at a place ends; beyond its start and within the data."""
    rest = memoryview(data)[start:]
    form = sniff(rest[:HEAD_BYTES]).format
    if form == "jpeg":
        size, _ = jpeg_end(rest)
    elif form in _BOXED:
        size = _end_of_boxes(rest)
    elif form in _WITH_PARTS:
        size = len(rest) - len(tail_of(rest, form))
    else:
        size = end_of(rest, form)
    return start + size if 0 < size <= len(rest) else len(data)


def _end_of_boxes(rest: memoryview) -> int:
    """Return the end of the boxes that follow each other; one that goes beyond the data is none if nobody knows it."""
    at = 0
    while at + 8 <= len(rest):
        size, name = int.from_bytes(rest[at : at + 4], "big"), bytes(rest[at + 4 : at + 8])
        if size == 1:
            size = int.from_bytes(rest[at + 8 : at + 16], "big")
        if size == 0 and name in _KNOWN_BOXES:
            return len(rest)
        if size < 8 or (at + size > len(rest) and name not in _KNOWN_BOXES):
            return at
        at += size
    return at
