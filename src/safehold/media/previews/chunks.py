"""Chunks of a PNG or WebP, blocks of a GIF and what stands before a BMP's pixels; coded pixels for what is behind them.

A chunk that every decoder knows is searched like any other: they pass over what it holds beyond its own size, and over
one that the picture does not use.

Source: PNG (W3C, 2025) sections 5.3 and 11.3; ImageMagick's "Raw profile type" keywords, which carry profiles as
hexadecimal digits; RFC 9649 (WebP) section 2.4 to 2.7; GIF89a sections 23 to 26; Microsoft BITMAPFILEHEADER.
"""

import zlib
from collections.abc import Iterator
from contextlib import suppress

from safehold.media.ends import EXTENSION, IMAGE, TRAILER, colours, end_of, gif_blocks, joined
from safehold.media.errors import OverLimitError
from safehold.media.previews.coded import Coded

_PNG_SIGNATURE_BYTES, _RIFF_HEAD_BYTES = 8, 12
_LEAST_BYTES = 32
"""A chunk that is shorter holds no picture."""
_PNG_PIXELS = {b"IDAT": 0, b"fdAT": 4}
"""Chunks of coded pixels, and what stands before these."""
_WEBP_PIXELS = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_FRAME, _FRAME_HEAD_BYTES = b"ANMF", 16
_MOST_UNPACKED_BYTES = 1 << 20
"""Pillow's own limit of a chunk's text."""
_PIECE_BYTES = 1024
_MOST_CHUNKS = 4096
_RAW_PROFILE = b"Raw profile type "
_BMP_HEAD_BYTES, _GIF_HEAD_BYTES = 14, 13
_RUN_LENGTHS = frozenset({1, 2})
"""BMP compressions whose pixels end with a code of their own."""
_WITHOUT_LENGTHS = b"\x0bXMP Data"


def blocks_of(picture: memoryview, form: str) -> Iterator[bytes | Coded]:
    """Yield what a picture holds beside its pixels, and its coded pixels.

    Args:
        picture: the bytes from its first on; what follows its end is not looked at.
        form: "png", "webp", "gif" or "bmp"; other formats have none here.

    Raises:
        OverLimitError: it has too many chunks, or one unpacks to too much.
    """
    match form:
        case "png":
            yield from _of_png(picture)
        case "webp":
            yield from _of_webp(picture[: 8 + int.from_bytes(picture[4:8], "little")], _RIFF_HEAD_BYTES)
        case "gif":
            yield from _of_gif(picture)
        case "bmp":
            start = int.from_bytes(picture[10:14], "little")
            yield bytes(picture[_BMP_HEAD_BYTES:start])
            if int.from_bytes(picture[30:34], "little") in _RUN_LENGTHS:
                yield Coded(bytes(picture[start : end_of(picture, form)]))
        case _:
            pass


def _of_png(picture: memoryview) -> Iterator[bytes | Coded]:
    at, chunks = _PNG_SIGNATURE_BYTES, 0
    pixels: dict[bytes, list[memoryview]] = {kind: [] for kind in _PNG_PIXELS}
    kind = b""
    while at + 12 <= len(picture) and kind != b"IEND":
        length, kind = int.from_bytes(picture[at : at + 4], "big"), bytes(picture[at + 4 : at + 8])
        content = picture[at + 8 : at + 8 + length]
        if kind in _PNG_PIXELS:
            pixels[kind].append(content[_PNG_PIXELS[kind] :])
        elif length >= _LEAST_BYTES:
            chunks += 1
            _require_few(chunks)
            yield _plain(kind, bytes(content))
        at += 12 + length
    for contents in pixels.values():
        yield Coded(b"".join(contents))


def _of_webp(picture: memoryview, at: int) -> Iterator[bytes | Coded]:
    is_frame, chunks = at == _FRAME_HEAD_BYTES, 0
    while at + 8 <= len(picture):
        kind, length = bytes(picture[at : at + 4]), int.from_bytes(picture[at + 4 : at + 8], "little")
        content = picture[at + 8 : at + 8 + length]
        if kind == _FRAME and not is_frame:
            yield from _of_webp(content, _FRAME_HEAD_BYTES)
        elif kind in _WEBP_PIXELS:
            yield Coded(bytes(content))
        elif length >= _LEAST_BYTES:
            chunks += 1
            _require_few(chunks)
            yield bytes(content)
        at += 8 + length + length % 2


def _of_gif(picture: memoryview) -> Iterator[bytes | Coded]:
    if len(picture) > _GIF_HEAD_BYTES:
        yield bytes(picture[_GIF_HEAD_BYTES : _GIF_HEAD_BYTES + colours(picture[10])])
    is_loose = False
    for kind, start, end in gif_blocks(picture):
        match kind:
            case _ if kind == TRAILER:
                return
            case _ if kind == EXTENSION:
                whole = bytes(picture[start + 2 : end])
                yield whole if whole.startswith(_WITHOUT_LENGTHS) else joined(whole)
            case _ if kind == IMAGE:
                first = start + 10 + colours(picture[start + 9])
                yield bytes(picture[start + 10 : first])
                yield Coded(joined(bytes(picture[first + 1 : end])))
            case _ if not is_loose:
                is_loose = True
                yield Coded(bytes(picture[start:]))
            case _:
                pass


def _plain(kind: bytes, content: bytes) -> bytes:
    """Return a chunk's content unpacked, and its digits as what they stand for."""
    keyword, _, rest = content.partition(b"\0")
    match kind:
        case b"zTXt" | b"iCCP":
            content = rest = _unpacked(rest[1:])
        case b"iTXt":
            packed, _, _, rest = rest[:1], *rest[2:].partition(b"\0")
            rest = rest.partition(b"\0")[2]
            content = rest = _unpacked(rest) if packed == b"\1" else rest
        case _:
            pass
    return _of_digits(rest) if keyword.startswith(_RAW_PROFILE) else content


def _unpacked(packed: bytes) -> bytes:
    """Unpack as much as is whole; the picture's decoder judges what is damaged."""
    unpacker, parts, left = zlib.decompressobj(), [], _MOST_UNPACKED_BYTES
    with suppress(zlib.error):
        for at in range(0, len(packed), _PIECE_BYTES):
            parts.append(unpacker.decompress(packed[at : at + _PIECE_BYTES], left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise OverLimitError("a picture's text unpacks to more than is allowed", advice="Drop the record.")
    return b"".join(parts)


def _of_digits(text: bytes) -> bytes:
    """Return a raw profile: a line with its name, one with its length, then digits."""
    digits = b"".join(text.split()[2:])
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return text


def _require_few(chunks: int) -> None:
    if chunks > _MOST_CHUNKS:
        raise OverLimitError("a picture has too many chunks", advice="Drop the record.")
