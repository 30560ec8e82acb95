"""The search for previews in one block of a file: what it states to have, what it has in bytes, what it has in text.

Each is found once, whichever way it is met first.

    for found in search(block):
        ...
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from safehold.media.errors import OverLimitError
from safehold.media.previews import exif, pixels, texts
from safehold.media.previews.extents import end_of_file
from safehold.media.signatures import starts

_EXIF = b"Exif\0\0"
_LEAST_BYTES = 96
"""The least that any picture of 8 x 8 pixels takes, with what says where it is."""
_MOST_HEADERS = 16
_MOST_REMEMBERED_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class View:
    """A file of which the first picture alone is meant.

    Attributes:
        data: the file.
        form: its format.
        is_swapped: red and blue are changed over.
    """

    data: bytes
    form: str
    is_swapped: bool = False


Found = bytes | View | Image.Image
"""A file of its own, a part of one, or pixels."""


def search(block: bytes) -> Iterator[Found]:
    """Yield the pictures of a block; a clip's file is yielded like a picture's.

    Raises:
        MediaError: it states what is not there, or more than anybody writes; what was yielded is good.
    """
    if len(block) < _LEAST_BYTES:
        return
    if len(block) > _MOST_REMEMBERED_BYTES or block.startswith(_EXIF) or not _is_empty(block):
        yield from _found(block)


def files_in(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of the pictures and clips that follow each other among other bytes.

    Raises:
        OverLimitError: too much looks like the beginning of one.
    """
    end = 0
    for start in starts(data):
        if start >= end:
            end = end_of_file(data, start)
            yield start, end


@lru_cache(maxsize=256)
def _is_empty(block: bytes) -> bool:
    """Return whether nothing is in a block: the same colour profiles come with picture after picture."""
    return next(_found(block), None) is None


def _found(block: bytes) -> Iterator[Found]:
    headers = [at for at in (0, len(_EXIF)) if exif.begins_exif(block, at) and block[:at] in {b"", _EXIF}]
    known: set[int] = set()
    end = 0
    for start in starts(block, headers[0] + 1 if headers else 0):
        if start < end:
            continue
        if exif.begins_exif(block, start):
            headers.append(start)
            if len(headers) > _MOST_HEADERS:
                raise OverLimitError("a block has too many EXIF blocks within it", advice="Take it out and scan again.")
            continue
        end = end_of_file(block, start)
        known.add(start)
        yield b"\xff" + block[start + 1 : end] if block.startswith(b"\xd8\xff", start + 1) else block[start:end]
    for header in headers:
        yield from _stated(block, header, known)
    yield from pixels.drawn(block)
    yield from (View(data, "jpeg", is_swapped=True) for data in pixels.swapped(block))
    yield from texts.carried(block)


def _stated(block: bytes, header: int, known: set[int]) -> Iterator[Found]:
    own = block[header:]
    directories = exif.directories_of(own)
    for start, end in exif.stated(own, directories):
        if header + start not in known:
            yield own[start:end]
    yield from (View(data, "tiff") for data in exif.drawn(own, directories))
