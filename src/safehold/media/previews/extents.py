"""Where a picture or clip ends that stands among other bytes, by its own structure; else where these end."""

from safehold.media.appended import jpeg_end
from safehold.media.containers import tail_of
from safehold.media.ends import end_of
from safehold.media.kinds import HEAD_BYTES, sniff

_BOXED = frozenset({"mp4", "mov", "m4a", "avif", "heic", "jxl", "jp2"})
_WITH_PARTS = frozenset({"webm", "mkv", "avi", "ogg"})


def end_of_file(data: bytes, start: int) -> int:
    """Return where the file that begins at a place ends; beyond its start and within the data."""
    rest = memoryview(data)[start:]
    form = sniff(rest[:HEAD_BYTES]).format
    if form == "jpeg":
        size = jpeg_end(rest)
    elif form in _BOXED:
        size = _end_of_boxes(rest)
    elif form in _WITH_PARTS:
        size = len(rest) - len(tail_of(rest, form))
    else:
        size = end_of(rest, form)
    return start + size if 0 < size <= len(rest) else len(data)


def _end_of_boxes(rest: memoryview) -> int:
    """Return the end of the boxes that follow each other; what has no name of four letters is none."""
    at = 0
    while at + 8 <= len(rest) and all(0x20 <= letter < 0x7F or letter == 0xA9 for letter in rest[at + 4 : at + 8]):
        size = int.from_bytes(rest[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(rest[at + 8 : at + 16], "big")
        if size < 8:
            return len(rest) if size == 0 else at
        at += size
    return at
