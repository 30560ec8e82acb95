"""Where a picture ends within its file, found by its own structure and never by searching for an end mark.

Viewers stop there, so that what follows is looked at separately (:mod:`safehold.media.appended`). A structure that is
broken has no end before the file's: its decoder judges it.

Source: PNG (W3C, 2025) section 5.3; GIF89a sections 15 to 27; RFC 9649 (WebP) section 2.4; Microsoft
BITMAPINFOHEADER.
"""

from collections.abc import Iterator

_PNG_SIGNATURE_BYTES = 8
_PNG_CHUNK_BYTES = 12
EXTENSION, IMAGE, TRAILER, LOOSE = 0x21, 0x2C, 0x3B, 0x00
"""What a block of a GIF begins with; the last stands for bytes that begin none."""
_SHORT_HEADER_BYTES = 12
_STORED_PLAIN = frozenset({0, 3, 6})
"""BMP compressions that leave the size of the pixels to the header: none, and none with masks."""


def end_of(picture: memoryview, form: str) -> int:
    """Return how many bytes a picture has; never 0.

    Args:
        picture: the bytes from the picture's first to the file's last.
        form: "png", "gif", "webp" or "bmp"; of other formats all bytes belong to the picture.
    """
    match form:
        case "png":
            end = _end_of_png(picture)
        case "gif":
            end = _end_of_gif(picture)
        case "webp":
            end = 8 + _little(picture, 4, 4)
            end += end % 2
        case "bmp":
            end = _end_of_bmp(picture)
        case _:
            end = len(picture)
    return min(end, len(picture))


def _end_of_png(picture: memoryview) -> int:
    at = _PNG_SIGNATURE_BYTES
    while at + _PNG_CHUNK_BYTES <= len(picture):
        is_last = bytes(picture[at + 4 : at + 8]) == b"IEND"
        at += _PNG_CHUNK_BYTES + int.from_bytes(picture[at : at + 4], "big")
        if is_last:
            return at
    return len(picture)


def _end_of_gif(picture: memoryview) -> int:
    return next((end for kind, _, end in gif_blocks(picture) if kind == TRAILER), len(picture))


def gif_blocks(picture: memoryview) -> Iterator[tuple[int, int, int]]:
    """Yield what each block begins with, its start and end; as the decoder does, step over bytes that begin none."""
    at = 13 + colours(picture[10]) if len(picture) > 10 else len(picture)
    while at < len(picture):
        kind, start = picture[at], at
        if kind == EXTENSION:
            at = _after_parts(picture, at + 2)
        elif kind == IMAGE and at + 9 < len(picture):
            at = _after_parts(picture, at + 11 + colours(picture[at + 9]))
        else:
            kind = TRAILER if kind == TRAILER else LOOSE
            at += 1
        yield kind, start, at


def joined(parts: bytes) -> bytes:
    """Return the content of parts without their lengths."""
    at, content = 0, []
    while at < len(parts) and parts[at]:
        content.append(parts[at + 1 : at + 1 + parts[at]])
        at += 1 + parts[at]
    return b"".join(content)


def colours(flags: int) -> int:
    """Return the bytes of the colour table that flags announce."""
    return 3 * (2 << (flags & 7)) if flags & 0x80 else 0


def _after_parts(picture: memoryview, at: int) -> int:
    while at < len(picture) and picture[at]:
        at += 1 + picture[at]
    return at + 1


def _end_of_bmp(picture: memoryview) -> int:
    """Return the end of the pixels: the size that the file states may count what follows in."""
    start, header = _little(picture, 10, 4), _little(picture, 14, 4)
    if header == _SHORT_HEADER_BYTES:
        width, height, bits, packing = (*(_little(picture, at, 2) for at in (18, 20, 24)), 0)
    else:
        width, height, bits, packing = (_little(picture, at, wide) for at, wide in ((18, 4), (22, 4), (28, 2), (30, 4)))
        height = min(height, (1 << 32) - height)  # counted downwards where it is negative
    if packing in _STORED_PLAIN:
        return max(start, _SHORT_HEADER_BYTES) + (width * bits + 31) // 32 * 4 * height
    return max(start, _SHORT_HEADER_BYTES) + _little(picture, 34, 4)


def _little(picture: memoryview, at: int, wide: int) -> int:
    return int.from_bytes(picture[at : at + wide], "little")
