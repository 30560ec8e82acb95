"""Hostile and odd media, made by code: each function is named by its fault. All pictures are noise and fields."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(width: int = 640, height: int = 480, seed: int = 3) -> Image.Image:
    """A soft, colourful, structured picture: its PDQ quality is 100."""
    fields = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(fields).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def jpeg(**options: object) -> bytes:
    return encoded(picture(), "JPEG", quality=90, **options)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, bits: int = 1, pixels: bytes = b"", extra: bytes = b"") -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
    return PNG_SIGNATURE + header + extra + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


@cache
def png_that_unpacks_to_pixels(side: int) -> bytes:
    """A black 1-bit square of so many pixels a side, some kilobytes small."""
    packer, row = zlib.compressobj(9), bytes(1 + (side + 7) // 8)
    return png(side, side, pixels=b"".join(packer.compress(row) for _ in range(side)) + packer.flush())


@cache
def png_with_text_that_unpacks() -> bytes:
    text = png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(64 << 20), 9))
    return png(1, 1, bits=8, pixels=zlib.compress(b"\0\0"), extra=text)


@cache
def png_with_international_text_that_unpacks() -> bytes:
    text = png_chunk(b"iTXt", b"k\0\x01\0\0\0" + zlib.compress(bytes(64 << 20), 9))
    return png(1, 1, bits=8, pixels=zlib.compress(b"\0\0"), extra=text)


@cache
def png_with_profile_that_unpacks() -> bytes:
    profile = png_chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(64 << 20), 9))
    return png(1, 1, bits=8, pixels=zlib.compress(b"\0\0"), extra=profile)


def png_that_claims_two_thousand_million_pixels_a_side() -> bytes:
    return png(0x7FFFFFFF, 0x7FFFFFFF, pixels=zlib.compress(b"\0"))


def png_with_no_width() -> bytes:
    return png(0, 5, pixels=zlib.compress(b"\0"))


def jpeg_that_claims_its_largest_size() -> bytes:
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = b"\xff\xdc\xff\xdc"
    return bytes(data)


def webp_that_claims_its_largest_canvas() -> bytes:
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + b"\xff\x3f\0" + b"\xff\x3f\0"
    return b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas


def gif_of_frames(count: int, side: int, *, distinct: bool) -> bytes:
    """An animation of flat frames, each of another grey (256 at most) or all alike, without encoding each."""
    first = encoded(Image.new("P", (side, side)), "GIF")
    start = first.index(b"\x2c", 13 + 3 * (2 << (first[10] & 7)))
    head, frame = first[:start], first[start:-1]
    palettes = (bytes([number % 256] * 6) for number in range(count))
    if not distinct:
        return head + frame * count + b";"
    local = frame[10:]
    return head + b"".join(frame[:9] + b"\x80" + colours + local for colours in palettes) + b";"


def html_that_calls_itself_jpeg() -> bytes:
    return b"<html><body>not here</body></html>" * 50


def jpeg_followed_by_a_page() -> bytes:
    """A polyglot: a whole JPEG, then a page. The picture is examined; the rest is no picture."""
    return jpeg() + html_that_calls_itself_jpeg()


def page_with_a_picture_inside() -> bytes:
    return b"<!-- " + jpeg() + b" -->"


def jpeg_with_damaged_middle() -> bytes:
    data = bytearray(jpeg())
    data[len(data) // 2 : len(data) // 2 + 2] = b"\xff\x3e"
    return bytes(data)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _coded(levels: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]", across: int, down: int) -> bytes:
    """Code blocks of one level each: 12 DC codes of 4 bits, and "no more" as the only AC code, of 1 bit."""
    bits, before = [], 0
    for y in range(0, levels.shape[0], down):
        for x in range(0, levels.shape[1], across):
            for level in levels[y : y + down, x : x + across].ravel():
                step = int(level) - 128 - before
                before, size = int(level) - 128, abs(step).bit_length()
                bits.append(
                    f"{size:04b}" + (f"{step if step > 0 else step + (1 << size) - 1:0{size}b}" if size else "") + "0"
                )
            bits.append("00000" * 2)
    joined = "".join(bits)
    joined += "1" * (-len(joined) % 8)
    return int(joined, 2).to_bytes(len(joined) // 8, "big").replace(b"\xff", b"\xff\0")


def jpeg_with_subsampling(levels: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]", across: int, down: int) -> bytes:
    """A grey picture in colour, of flat blocks of 8 x 8, with chroma stored once for `across` x `down` of them."""
    height, width = (8 * side for side in levels.shape)
    components = bytes((1, across << 4 | down, 0, 2, 0x11, 0, 3, 0x11, 0))
    parts = [
        b"\xff\xd8",
        _segment(0xDB, b"\0" + b"\x08" * 64),
        _segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + components),
        _segment(0xC4, b"\0" + bytes((0, 0, 0, 12)) + bytes(12) + bytes(range(12))),
        _segment(0xC4, b"\x10" + bytes((1,)) + bytes(15) + b"\0"),
        _segment(0xDA, b"\x03\x01\0\x02\0\x03\0\0\x3f\0"),
        _coded(levels, across, down),
        b"\xff\xd9",
    ]
    return b"".join(parts)
