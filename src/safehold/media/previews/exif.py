"""What an EXIF block states to be a picture: the thumbnail of its second directory, and pixels in any other.

Decided, and why: one that is stated and can't be opened is a gap like any other picture. Cameras and editors write
whole JPEGs there (a length of zero, or an offset to nothing, means that an editor took it out), so that a broken one is
rare and as suspect as any broken picture. Previews in makers' notes stand in directories that no standard describes;
they are found by their bytes (:mod:`safehold.media.previews.search`).

Source: EXIF 3.0 (CIPA DC-008) section 4.5.8 and 4.6.2: the second directory, tags 0x0201 and 0x0202, or strips; TIFF
6.0 section 2; Adobe TIFF Technical Note 1 (0x014A, directories below a directory).
"""

import struct
from collections.abc import Iterator, Sequence

from safehold.media.errors import OverLimitError

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_BELOW, _OFFSET, _LENGTH = 0x014A, 0x0201, 0x0202
_PIXELS = ((0x0111, 0x0117), (0x0144, 0x0145))
"""Where strips and tiles begin, and how long they are."""
_READ = frozenset({_BELOW, _OFFSET, _LENGTH, *(tag for pair in _PIXELS for tag in pair)})
_WIDTHS = {3: (2, "H"), 4: (4, "I"), 13: (4, "I")}
_MOST_DIRECTORIES = 32
_MOST_ENTRIES = 8192
_MOST_VALUES = 1024
_SOI = b"\xff\xd8\xff"

Tags = dict[int, tuple[int, ...]]
Directory = tuple[int, Tags]
"""Where a directory begins, and its numbers by tag."""


def begins_exif(block: bytes, at: int = 0) -> bool:
    """Return whether an EXIF block's own header stands here, after the name that JPEG gives it."""
    return block[at : at + 4] in _ORDERS


def stated(exif: bytes, directories: Sequence[Directory]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each picture that a block states to have as a file of its own.

    Args:
        exif: from its header on, whatever follows.
        directories: what `directories_of` returned of it.
    """
    for _, tags in directories:
        span = _span(exif, tags.get(_OFFSET, (0,))[0], tags.get(_LENGTH, (0,))[0])
        if span[0] < span[1]:
            yield span


def drawn(exif: bytes, directories: Sequence[Directory]) -> Iterator[bytes]:
    """Yield a TIFF for each directory that has bare pixels, which are all there; its first picture is they."""
    for place, tags in directories:
        if _OFFSET not in tags and any(_are_there(exif, tags, *pair) for pair in _PIXELS):
            yield exif[:4] + struct.pack(_ORDERS[exif[:4]] + "I", place) + exif[8:]


def _are_there(exif: bytes, tags: Tags, starts: int, sizes: int) -> bool:
    """Return whether pixels are in the block; an editor that copies the tags of a TIFF leaves its pixels behind."""
    spans = tuple(zip(tags.get(starts, ()), tags.get(sizes, ()), strict=False))
    return bool(spans) and all(0 < start < start + size <= len(exif) for start, size in spans)


def _span(exif: bytes, offset: int, length: int) -> tuple[int, int]:
    if not 0 < offset < len(exif) or not (length or exif.startswith(_SOI, offset)):
        return 0, 0
    return offset, min(offset + length, len(exif)) if length else len(exif)


def directories_of(exif: bytes) -> list[Directory]:
    """Return the directories of the chain and below, of each its place and tags; a damaged one is as good as none.

    Raises:
        OverLimitError: there are more than any camera writes.
    """
    order = _ORDERS[exif[:4]]
    waiting, found = [_number(exif, order, 4)], list[Directory]()
    seen = {0}
    while waiting:
        if (at := waiting.pop(0)) in seen:
            continue
        if len(seen) > _MOST_DIRECTORIES:
            raise OverLimitError("an EXIF block has too many directories", advice="Take it out and scan it again.")
        seen.add(at)
        try:
            tags, following = _directory(exif, order, at)
        except struct.error:
            continue
        waiting += [following, *tags.get(_BELOW, ())]
        found.append((at, tags))
    return found


def _number(exif: bytes, order: str, at: int) -> int:
    return int(struct.unpack_from(order + "I", exif, at)[0]) if at + 4 <= len(exif) else 0


def _directory(exif: bytes, order: str, at: int) -> tuple[Tags, int]:
    """Return a directory's numbers by tag, and the place of the next directory."""
    (count,) = struct.unpack_from(order + "H", exif, at)
    tags: Tags = {}
    last = min(at + 2 + 12 * min(count, _MOST_ENTRIES), len(exif) - 11)
    for entry in range(at + 2, last, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", exif, entry)
        if tag in _READ and kind in _WIDTHS and values:
            wide, form = _WIDTHS[kind]
            start = entry + 8 if wide * values <= 4 else _number(exif, order, entry + 8)
            values = min(values, _MOST_VALUES)
            if start + wide * values <= len(exif):
                tags[tag] = struct.unpack_from(f"{order}{values}{form}", exif, start)
    return tags, _number(exif, order, at + 2 + 12 * count)
