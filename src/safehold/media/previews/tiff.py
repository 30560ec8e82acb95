"""What a TIFF holds beside the pictures of its chain of directories, which are what decoders show.

Its parts stand in any order, so that it has no end to look behind. Directories below a directory (reduced copies, or
the picture itself in raw files) are opened as if they were the first; what other tags hold is searched like any block,
and bytes that nothing refers to like what follows a picture. Layers that an editor keeps are a gap.

Source: TIFF 6.0 section 2; Adobe TIFF Technical Note 1 (SubIFDs) and 3 (layers, tag 37724); EXIF 3.0 section 4.6.3
(pointers to directories); the BigTIFF design document.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from safehold.media.errors import OverLimitError, UnreadableMediaError, UnsupportedFormatError
from safehold.media.previews.search import View

_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Type of a value to its bytes."""
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_BELOW, _POINTERS = 330, frozenset({34665, 34853, 40965})
_STRIPS, _TILES, _JPEG = (273, 279), (324, 325), (513, 514)
"""Tags of where strips, tiles and a JPEG as TIFF 6.0 put it begin, and of how long they are."""
_NUMBER_TAGS = frozenset({*_STRIPS, *_TILES, *_JPEG, _BELOW, *_POINTERS})
_TABLES, _LAYERS = 347, 37724
_MOST_NUMBERS = 1 << 20
_MOST_DIRECTORIES = 1024
_MOST_ENTRIES = 1 << 16
"""In all directories together: 64 in each, where cameras write 20 to 50. Directories that overlap are read again."""
_LEAST_BYTES = 128
_LONGEST_HEADER_BYTES = 24
"""BigTIFF's header and what aligns it: writers leave a header before each picture that they add to a file."""


def parts_of(data: bytes | memoryview, tails: list[memoryview]) -> Iterator[bytes | View]:
    """Yield the pictures below others, and what the tags hold; a broken chain was judged by its decoder.

    Args:
        data: the whole file.
        tails: takes the bytes that nothing refers to.

    Raises:
        UnsupportedFormatError: it holds layers.
        UnreadableMediaError: a directory below another is not where it should be.
        OverLimitError: it states more parts than anybody needs.
    """
    view = memoryview(data)
    file = _File(view)
    file.read()
    at = 8
    for start, end in [*sorted(file.spans), (len(view), len(view))]:
        if start - at > _LONGEST_HEADER_BYTES:
            tails.append(view[at:start])
        at = max(at, end)
    for place in file.below:
        yield View(file.beginning_with(place), "tiff")
    for start, end in file.blocks:
        yield bytes(view[start:end])
    if file.is_broken:
        raise UnreadableMediaError("a part of a TIFF is not where it says", advice="Save its pictures one by one.")
    if file.has_layers:
        raise UnsupportedFormatError("a TIFF holds an editor's layers", advice="Save its pictures one by one.")


@dataclass(slots=True)
class _File:
    """A TIFF as it is read.

    Attributes:
        view: its bytes.
        spans: start and end of its directories and of all that they refer to.
        below: where directories below others begin.
        blocks: start and end of what tags hold, of any size that could be a picture's.
        has_layers: an editor keeps layers in it.
        is_broken: a directory below another can't be read.
        entries: how many were read in all directories.
    """

    view: memoryview
    spans: list[tuple[int, int]] = field(default_factory=list)
    below: list[int] = field(default_factory=list)
    blocks: list[tuple[int, int]] = field(default_factory=list)
    has_layers: bool = False
    is_broken: bool = False
    entries: int = 0

    @property
    def order(self) -> str:
        """Return the order of bytes, as `struct` names it."""
        return "<" if bytes(self.view[:1]) == b"I" else ">"

    @property
    def is_big(self) -> bool:
        """Return whether places have 8 bytes."""
        return bool(struct.unpack_from(self.order + "H", self.view, 2)[0] == 43)

    def beginning_with(self, place: int) -> bytes:
        """Return the file with another directory as its first."""
        copy = bytearray(self.view)
        struct.pack_into(self.order + ("Q" if self.is_big else "I"), copy, 8 if self.is_big else 4, place)
        return bytes(copy)

    def read(self) -> None:
        """Read every directory."""
        waiting = [(self._first(), False)]
        seen = {0}
        while waiting:
            at, is_below = waiting.pop()
            if at in seen:
                continue
            seen.add(at)
            if len(seen) > _MOST_DIRECTORIES:
                raise OverLimitError("a TIFF has too many directories", advice="Save its pictures one by one.")
            try:
                told, following = self._directory(at)
            except (struct.error, OverflowError):  # no byte has such a place
                self.is_broken |= is_below
                continue
            if is_below and any(tags[0] in told for tags in (_STRIPS, _TILES, _JPEG)):
                self.below.append(at)
            waiting.append((following, is_below))
            waiting += [(place, True) for tag in (_BELOW, *_POINTERS) for place in told.get(tag, ())]

    def _first(self) -> int:
        offset = self.order + ("Q" if self.is_big else "I")
        try:
            return int(struct.unpack_from(offset, self.view, 8 if self.is_big else 4)[0])
        except struct.error:
            return 0

    def _directory(self, at: int) -> tuple[dict[int, tuple[int, ...]], int]:
        """Return a directory's numbers by tag and where the next one is; note what it refers to."""
        entry, count, offset = (20, "Q", "Q") if self.is_big else (12, "H", "I")
        (entries,) = struct.unpack_from(self.order + count, self.view, at)
        first = at + struct.calcsize(self.order + count)
        last = first + entries * entry
        self.entries += min(entries, len(self.view) // entry)
        if self.entries > _MOST_ENTRIES:
            raise OverLimitError("a TIFF has too many entries", advice="Save its pictures one by one.")
        self.spans.append((at, last + struct.calcsize(self.order + offset)))
        told: dict[int, tuple[int, ...]] = {}
        for place in range(first, min(last, len(self.view)), entry):
            tag, numbers = self._entry(place, self.order + offset)
            if numbers:
                told[tag] = numbers
        for starts, lengths in (_STRIPS, _TILES, _JPEG):
            for start, length in zip(told.get(starts, ()), told.get(lengths, ()), strict=False):
                self.spans.append((start, start + length))
                if starts == _JPEG[0] and _STRIPS[0] not in told:
                    self.blocks.append((start, start + length))
        return told, int(struct.unpack_from(self.order + offset, self.view, last)[0])

    def _entry(self, place: int, form: str) -> tuple[int, tuple[int, ...]]:
        """Return an entry's tag, and its numbers if they say where something is."""
        tag, kind = struct.unpack_from(form[0] + "HH", self.view, place)
        (count,) = struct.unpack_from(form, self.view, place + 4)
        wide, size = struct.calcsize(form), count * _WIDTHS.get(kind, 1)
        start = place + 4 + wide
        if size > wide:
            (start,) = struct.unpack_from(form, self.view, start)
            self.spans.append((start, start + size))
        self.has_layers |= tag == _LAYERS
        if tag in _NUMBER_TAGS and kind in _NUMBERS:
            if count > _MOST_NUMBERS:
                raise OverLimitError("a TIFF has too many parts", advice="Save it again.")
            return tag, struct.unpack_from(f"{form[0]}{count}{_NUMBERS[kind]}", self.view, start)
        if size >= _LEAST_BYTES and tag not in {_TABLES, *_NUMBER_TAGS}:
            self.blocks.append((start, start + size))
        return tag, ()
