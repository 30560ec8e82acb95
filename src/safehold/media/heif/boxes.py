"""Boxes: the parts that files of the ISO base media family are made of, walked without believing their sizes.

Source: ISO/IEC 14496-12:2022, section 4.2.
"""

from collections.abc import Iterator

from safehold.media.errors import TruncatedMediaError, UnreadableMediaError

Box = tuple[bytes, memoryview]


def boxes(content: memoryview, *, is_whole_file: bool = False) -> Iterator[Box]:
    """Yield type and content of the boxes that follow each other; a few zeros at the end are padding.

    Raises:
        TruncatedMediaError: a box goes beyond the file.
        UnreadableMediaError: a box goes beyond the one that holds it, or is smaller than its own head.
    """
    at = 0
    while at < len(content):
        if len(content) - at < 8:
            if not any(content[at:]):
                return
            raise _cut(is_whole_file)
        size, kind, head = number(content, at, 4), bytes(content[at + 4 : at + 8]), 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        elif size == 0:  # to the end
            size = len(content) - at
        if size < head:
            raise UnreadableMediaError("a box is smaller than its own head", advice="Drop the record.")
        if at + size > len(content):
            raise _cut(is_whole_file)
        yield kind, content[at + head : at + size]
        at += size


def _cut(is_whole_file: bool) -> TruncatedMediaError | UnreadableMediaError:
    if is_whole_file:
        return TruncatedMediaError("a picture file is shorter than its boxes say", advice="Fetch the file again.")
    return UnreadableMediaError("a box is larger than the box that holds it", advice="Drop the record.")


def version(body: memoryview) -> int:
    """Return the version of a full box."""
    return number(body, 0, 1)


def number(body: memoryview, at: int, wide: int) -> int:
    """Return the number of so many bytes that stands there; 0 of no bytes.

    Raises:
        UnreadableMediaError: the box ends before.
    """
    if at + wide > len(body):
        raise UnreadableMediaError("a box ends too early", advice="Drop the record.")
    return int.from_bytes(body[at : at + wide], "big")
