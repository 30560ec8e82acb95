"""What a HEIF file (AVIF, HEIC) holds beside what its decoder shows: pictures, metadata, and bytes of no item.

Source: ISO/IEC 23008-12:2022 section 6.4 to 6.6 (thumbnails, auxiliary and derived pictures), annex A.2.1 (Exif items
begin with how many bytes stand before the block); ISO/IEC 14496-12:2022 section 8.11.6 (items that are packed).
"""

import zlib
from collections.abc import Iterator

from safehold.media.errors import OverLimitError
from safehold.media.heif import Container, as_primary, read_container, shown
from safehold.media.previews.search import View

_PLAIN_JPEG = b"jpeg"
_IN_FILE = 0
_MOST_STORES = 64
_LEAST_LOOSE_BYTES = 64
_MOST_UNPACKED_BYTES = 1 << 20
_PACKINGS = (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS)


def parts_of(data: bytes | memoryview, form: str, tails: list[memoryview]) -> Iterator[bytes | View]:
    """Yield the further pictures of a file, its metadata, and loose bytes.

    Args:
        data: the whole file.
        form: "avif" or "heic".
        tails: takes the boxes that are no part of the format.

    Raises:
        MediaError: the list, or an item, can't be read, or there is too much of it.
    """
    container = read_container(data)
    if len(container.stores) > _MOST_STORES:
        raise OverLimitError("a picture file has its bytes in too many boxes", advice="Save it again.")
    tails += container.others
    items, whole = container.items, memoryview(data)
    for item in items.parts(shown(form, container)):
        if items.kinds[item] == _PLAIN_JPEG:
            yield bytes(items.content(item, whole))
        else:
            yield View(as_primary(data, item, form), form)
    for item in items.metadata():
        yield from _described(items.kinds[item], bytes(items.content(item, whole)))
    for content in container.lists:
        yield bytes(content)  # boxes that are unknown there, and bytes of no item
    for start, end in _loose(container, len(whole)):
        yield bytes(whole[start:end])


def _described(kind: bytes, content: bytes) -> Iterator[bytes]:
    yield content[4 + int.from_bytes(content[:4], "big") :] if kind == b"Exif" else content
    if kind == b"mime" and not content.startswith(b"<"):
        for packing in _PACKINGS:
            try:
                yield zlib.decompressobj(packing).decompress(content, _MOST_UNPACKED_BYTES)
            except zlib.error:
                continue


def _loose(container: Container, size: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the bytes between the items' bytes; those of a sequence are taken for loose ones."""
    taken = sorted(
        (start, start + length if length else size)
        for pieces in container.items.extents.values()
        for place, start, length in pieces
        if place == _IN_FILE
    )
    for first, last in container.stores:
        at = first
        for start, end in (*taken, (last, last)):
            if min(start, last) - at >= _LEAST_LOOSE_BYTES:
                yield at, min(start, last)
            at = max(at, end)
