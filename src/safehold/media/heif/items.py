"""Items: the pictures and other parts that a HEIF file lists, how they belong together and where their bytes are.

Source: ISO/IEC 14496-12:2022 section 8.11 (pitm, iloc, iinf, iref), ISO/IEC 23008-12:2022 (ispe, thmb, auxl, dimg,
hidden items).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from safehold.media.errors import UnreadableMediaError
from safehold.media.heif.boxes import boxes, number, version

_NO_PICTURES = frozenset({b"Exif", b"mime", b"uri ", b"tmap"})
"""Item types that show nothing of their own; a tone map (tmap) shows the picture that it is made from."""

_BELONGS_TO = frozenset({b"thmb", b"auxl"})
"""References that an item makes to the picture it belongs to: thumbnails; alpha, depth and gain maps."""

_IN_FILE, _IN_META = 0, 1


@dataclass(slots=True)
class Items:
    """What a file lists.

    Attributes:
        primary: the item that a viewer shows first; -1 if none is named.
        kinds: item to type.
        hidden: items that are not to be shown by themselves.
        belonging: thumbnails, alpha and the like.
        derived: item to those that it is made from, such as the tiles of a grid.
        pixels: width times height of every size that is stated.
        extents: item to where its bytes are: whether in the file or in `inner`, start, and length.
        inner: the bytes that stand inside the list itself.
        length_bytes: how wide the lengths before HEVC units are.
    """

    primary: int = -1
    kinds: dict[int, bytes] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    belonging: set[int] = field(default_factory=set)
    derived: dict[int, set[int]] = field(default_factory=dict)
    pixels: list[int] = field(default_factory=list)
    extents: dict[int, list[tuple[int, int, int]]] = field(default_factory=dict)
    inner: memoryview = field(default_factory=lambda: memoryview(b""))
    length_bytes: set[int] = field(default_factory=set)

    def pictures(self) -> set[int]:
        """Return the items that are pictures, whole ones or not."""
        return {item for item, kind in self.kinds.items() if kind not in _NO_PICTURES}

    def listed(self) -> set[int]:
        """Return the pictures that are neither hidden nor belong to another: what a viewer may list."""
        return self.pictures() - self.belonging - self.hidden

    def parts(self, shown: set[int]) -> list[int]:
        """Return the pictures that are no part of those that are shown, each without the parts that it is made from."""
        left = self.pictures() - self._with_parts(shown)
        roots = left - {part for item in left for part in self._made_from(item)}
        return sorted(left if left - self._with_parts(roots) else roots)  # what is made from itself is none's part

    def _with_parts(self, items: set[int]) -> set[int]:
        found, waiting = set[int](), list(items)
        while waiting:
            if (item := waiting.pop()) not in found:
                found.add(item)
                waiting.extend(self._made_from(item))
        return found

    def _made_from(self, item: int) -> set[int]:
        """Return an item's parts, all of which are shown where it is."""
        return self.derived.get(item, set()) if self.kinds.get(item) not in _NO_PICTURES else set()

    def metadata(self) -> list[int]:
        """Return the items that are no pictures."""
        return sorted(self.kinds.keys() - self.pictures())

    def content(self, item: int, file: memoryview) -> bytes | memoryview:
        """Return an item's bytes.

        Raises:
            UnreadableMediaError: they are not all there, or stand in an unknown place.
        """
        pieces, left = [], len(file)
        for place, start, length in self.extents.get(item, []):
            within = {_IN_FILE: file, _IN_META: self.inner}.get(place, memoryview(b""))
            pieces.append(within[start : start + length] if length else within[start:])
            left -= len(pieces[-1])
            if len(pieces[-1]) < length or left < 0:  # nor are bytes used again and again
                raise UnreadableMediaError("a part of a picture file is not where it says", advice="Drop the record.")
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_items(meta: memoryview, items: Items) -> None:
    """Add what the content of a meta box lists.

    Raises:
        UnreadableMediaError: its boxes contradict each other, or are of a version that is not known.
    """
    for kind, body in boxes(meta[4:]):
        match kind:
            case b"pitm":
                items.primary = number(body, 4, 4 if version(body) else 2)
            case b"iinf":
                _read_kinds(body, items)
            case b"iref":
                _read_references(body, items)
            case b"iloc":
                items.extents.update(_places(body))
            case b"idat":
                items.inner = body
            case b"iprp":
                for name, properties in boxes(body):
                    if name == b"ipco":
                        _read_properties(properties, items)
            case _:
                pass


def name_primary(meta: memoryview, item: int) -> None:
    """Change a list in its place: an item is shown first, is not hidden, and belongs to no other.

    Raises:
        UnreadableMediaError: no primary item is named, or not in a way in which this one can be.
    """
    is_named = False
    for kind, body in boxes(meta[4:]):
        if kind == b"pitm":
            wide = 4 if version(body) else 2
            is_named = item < 1 << 8 * wide and len(body) >= 4 + wide
            body[4 : 4 + wide] = item.to_bytes(4, "big")[-wide:]
        elif kind == b"iref":
            wide = 4 if version(body) else 2
            for name, reference in boxes(body[4:]):
                if name in _BELONGS_TO and number(reference, 0, wide) == item:
                    reference[:wide] = b"\xff" * wide
        elif kind == b"iinf":
            for _, info in boxes(body[8 if version(body) else 6 :]):
                if number(info, 4, 4 if version(info) > 2 else 2) == item:
                    info[3] &= 0xFE
    if not is_named:
        raise UnreadableMediaError("a picture file names no primary part", advice="Drop the record.")


def _read_kinds(body: memoryview, items: Items) -> None:
    for kind, info in boxes(body[8 if version(body) else 6 :]):
        if kind != b"infe" or version(info) < 2:  # older ones name no type
            raise UnreadableMediaError("a picture file lists its parts in an unknown way", advice="Drop the record.")
        wide = 4 if version(info) > 2 else 2
        item = number(info, 4, wide)
        items.kinds[item] = bytes(info[4 + wide + 2 : 4 + wide + 6])
        if number(info, 1, 3) & 1:
            items.hidden.add(item)


def _read_references(body: memoryview, items: Items) -> None:
    wide = 4 if version(body) else 2
    for kind, reference in boxes(body[4:]):
        if kind in _BELONGS_TO:
            items.belonging.add(number(reference, 0, wide))
        elif kind == b"dimg":
            targets = reference[wide + 2 :]
            parts = {number(targets, at, wide) for at in range(0, len(targets), wide)}
            items.derived.setdefault(number(reference, 0, wide), set()).update(parts)


def _read_properties(properties: memoryview, items: Items) -> None:
    for kind, body in boxes(properties):
        if kind == b"ispe":
            items.pixels.append(number(body, 4, 4) * number(body, 8, 4))
        elif kind == b"hvcC":
            items.length_bytes.add((number(body, 21, 1) & 3) + 1)


def _places(body: memoryview) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
    """Yield each item with the place, start and length of its pieces."""
    form = version(body)
    widths = number(body, 4, 2)
    offset_wide, length_wide, base_wide = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
    index_wide = widths & 15 if form else 0
    wide = 4 if form == 2 else 2
    count, at = number(body, 6, wide), 6 + wide
    for _ in range(count):
        item, at = number(body, at, wide), at + wide
        place, at = (number(body, at, 2) & 15, at + 2) if form else (_IN_FILE, at)
        base, pieces, at = number(body, at + 2, base_wide), number(body, at + 2 + base_wide, 2), at + 4 + base_wide
        if pieces > 1 and not offset_wide + length_wide:  # it would cost nothing to state any number of them
            raise UnreadableMediaError("a picture file has parts without a place", advice="Drop the record.")
        extents = []
        for _ in range(pieces):
            at += index_wide
            start, length = base + number(body, at, offset_wide), number(body, at + offset_wide, length_wide)
            extents.append((place, start, length))
            at += offset_wide + length_wide
        yield item, extents
