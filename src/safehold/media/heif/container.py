"""What a file in an HEIF container (AVIF, HEIC) holds, read before any decoder is given it.

A decoder shows one picture of such a file; the container may hold more. So what it holds is listed here: thumbnails and
other pictures, a sequence beside the picture, boxes that nobody shows. Sizes are those that the container states, which
decoders compare with what they find.

The HEVC decoder fills up what it misses without a word, so that its units are counted too: a tile that is cut short is
noticed. A unit that states less than it had, in a file whose every length was set anew, can't be told from a short one.

    container = read_container(data)
    container.most_pixels, container.items
"""

from dataclasses import dataclass

from safehold.media.errors import MediaError, TruncatedMediaError
from safehold.media.heif.boxes import boxes
from safehold.media.heif.items import Items, read_items

_HEVC = frozenset({b"hvc1", b"hev1"})
_LISTS = frozenset({b"meta", b"moov"})
_OPENED = frozenset({b"ftyp", b"mdat"})
"""Boxes that the decoders read."""

_LONG = b"\0\0\0\x01"
_PARAMETERS = 32
"""HEVC units from this type on hold no pixels. Source: H.265, table 7-1."""


@dataclass(frozen=True, slots=True)
class Container:
    """What a file holds.

    Attributes:
        most_pixels: width times height of the largest picture that it states; 0 when it states none.
        items: the pictures and other parts that it lists.
        sequences: how many picture tracks it has.
        others: the content of boxes that are no part of the format as known here, and a file that begins after it.
        lists: the content of the boxes that list what there is.
        stores: start and end of the boxes that hold the items' bytes.
        fault: what is wrong after the part that could be read; None if nothing is.
    """

    most_pixels: int
    items: Items
    sequences: int
    others: tuple[memoryview, ...]
    lists: tuple[memoryview, ...]
    stores: tuple[tuple[int, int], ...]
    fault: MediaError | None


def read_container(data: bytes | memoryview) -> Container:
    """Return what a file holds; bytes that are missing or are no box are its fault, and not raised.

    Raises:
        UnreadableMediaError: a box contradicts the one that holds it.
    """
    view = memoryview(data)
    items, sequences = Items(), 0
    fault: MediaError | None = None
    others: list[memoryview] = []
    lists: list[memoryview] = []
    stores: list[tuple[int, int]] = []
    end = 0
    try:
        for kind, content in boxes(view, is_whole_file=True):
            start, end = end, end + (16 if bytes(view[end : end + 4]) == _LONG else 8) + len(content)
            if kind == b"ftyp" and start:  # another file begins here
                others.append(view[start:])
                break
            if kind in _LISTS:
                lists.append(content)
            if kind == b"meta":
                read_items(content, items)
            elif kind == b"moov":
                sequences += sum(_is_picture_track(track) for name, track in boxes(content) if name == b"trak")
            elif kind == b"mdat":
                stores.append((end - len(content), end))
            elif kind not in _OPENED | _LISTS:
                others.append(content)
    except TruncatedMediaError as error:
        fault = error
    fault = fault or _fault_of_units(items, view)
    return Container(
        most_pixels=max(items.pixels, default=0),
        items=items,
        sequences=sequences,
        others=tuple(others),
        lists=tuple(lists),
        stores=tuple(stores),
        fault=fault,
    )


def _is_picture_track(track: memoryview) -> bool:
    for kind, content in boxes(track):
        if kind == b"mdia":
            return any(name == b"hdlr" and bytes(body[8:12]) == b"pict" for name, body in boxes(content))
    return False


def _fault_of_units(items: Items, file: memoryview) -> MediaError | None:
    """Return what is wrong if an HEVC picture or tile is not made of whole units."""
    try:
        coded = [items.content(item, file) for item, kind in items.kinds.items() if kind in _HEVC]
    except MediaError as error:
        return error
    widths = items.length_bytes or {4}
    if len(widths) == 1 and all(_is_whole(one, *widths) for one in coded):
        return None
    return TruncatedMediaError("a part of a HEIC picture ends too early", advice="Fetch the file again.")


def _is_whole(units: bytes | memoryview, wide: int) -> bool:
    """Whether bytes are HEVC units, each after its length, to their end, with pixels in at least one of them."""
    content, at, has_pixels = memoryview(units), 0, False
    while at + wide < len(content):
        length = int.from_bytes(content[at : at + wide], "big")
        at += wide
        has_pixels |= content[at] >> 1 & 63 < _PARAMETERS
        at += length
        if not length:
            return False
    return has_pixels and at == len(content)
