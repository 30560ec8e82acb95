"""What a TIFF holds beside the pictures of its chain of directories, which are what decoders show.

Its parts stand in any order, so that it has no end to look behind. Directories below a directory (tag SubIFDs: reduced
copies, or the picture itself in raw files) and media in bytes that no directory of the chain refers to are a gap.

Source: TIFF 6.0 section 2; Adobe TIFF Technical Note 1 (SubIFDs); the BigTIFF design document.
"""

import struct
from collections.abc import Iterator

from safehold.media.appended import holds_media
from safehold.media.errors import MediaError, OverLimitError, UnsupportedFormatError

_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Type of a value to its bytes."""
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_BELOW = 330
_STARTS_AND_LENGTHS = ((273, 279), (324, 325), (513, 514))
"""Tags of strips, of tiles, and of a JPEG as TIFF 6.0 put it."""
_MOST_NUMBERS = 1 << 20
_LONGEST_HEADER_BYTES = 24
"""BigTIFF's header and what aligns it: writers leave a header before each picture that they add to a file."""

_Span = tuple[int, int]


def require_seen(data: bytes | memoryview) -> None:
    """Refuse a TIFF with more than what its chain of directories shows; one that is broken was judged by its decoder.

    Raises:
        UnsupportedFormatError: it holds further pictures, or other media.
        OverLimitError: it states more parts than anybody needs.
    """
    view = memoryview(data)
    try:
        spans = sorted(_spans(view))
    except (struct.error, OverflowError):  # no byte has such a place
        spans = []
    at = 8
    for start, end in [*spans, (len(view), len(view))]:
        if start - at > _LONGEST_HEADER_BYTES and holds_media(view[at:start]):
            raise _unseen()
        at = max(at, end)


def _unseen() -> MediaError:
    return UnsupportedFormatError(
        "a TIFF holds pictures or media that its directories don't show", advice="Save its pictures one by one."
    )


def _spans(view: memoryview) -> Iterator[_Span]:
    """Yield start and end of what the chain's directories are and refer to."""
    order = "<" if bytes(view[:1]) == b"I" else ">"
    is_big = struct.unpack_from(order + "H", view, 2)[0] == 43
    entry, count, offset = (20, "Q", "Q") if is_big else (12, "H", "I")
    at = struct.unpack_from(order + offset, view, 8 if is_big else 4)[0]
    seen: set[int] = set()
    while at and at not in seen:
        seen.add(at)
        (entries,) = struct.unpack_from(order + count, view, at)
        first = at + struct.calcsize(count)
        last = first + entries * entry
        yield at, last + struct.calcsize(offset)
        yield from _of_directory(view, range(first, min(last, len(view)), entry), order + offset)
        (at,) = struct.unpack_from(order + offset, view, last)


def _of_directory(view: memoryview, entries: range, form: str) -> Iterator[_Span]:
    wide = struct.calcsize(form)
    told: dict[int, tuple[int, ...]] = {}
    for entry in entries:
        tag, kind = struct.unpack_from(form[0] + "HH", view, entry)
        (count,) = struct.unpack_from(form, view, entry + 4)
        size = count * _WIDTHS.get(kind, 1)
        start = entry + 4 + wide
        if size > wide:
            (start,) = struct.unpack_from(form, view, start)
            yield start, start + size
        if tag == _BELOW:
            raise _unseen()
        if any(tag in pair for pair in _STARTS_AND_LENGTHS) and kind in _NUMBERS:
            if count > _MOST_NUMBERS:
                raise OverLimitError("a TIFF has too many parts", advice="Save it again.")
            told[tag] = struct.unpack_from(f"{form[0]}{count}{_NUMBERS[kind]}", view, start)
    for starts, lengths in _STARTS_AND_LENGTHS:
        for start, length in zip(told.get(starts, ()), told.get(lengths, ()), strict=False):
            yield start, start + length
