"""AVIF and HEIC files, put together box by box, so that containers can lie. All pictures are noise and fields."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from PIL import Image
from tests.vectors.media import encoded, picture

_PROFILE = slice(3, 15)
"""Where profile, tier and level stand in a sequence parameter set (H.265 section 7.3.2.2)."""

_ESSENTIAL = frozenset({b"hvcC", b"av1C", b"irot", b"imir"})


def box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *contents: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *contents)


@dataclass(frozen=True)
class Item:
    """A part of a file: its type, its bytes and its properties."""

    kind: bytes
    data: bytes
    properties: tuple[bytes, ...]
    refers: tuple[tuple[bytes, tuple[int, ...]], ...] = ()
    is_hidden: bool = False


def container(brand: bytes, *items: Item, primary: int = 1, brands: bytes = b"", more: bytes = b"") -> bytes:
    """A file of items, numbered from 1; `more` stands after them."""
    head = box(b"ftyp", brand, bytes(4), brands or brand + b"mif1")
    blank = _meta(items, primary, [0] * len(items))
    at, starts = len(head) + len(blank) + 8, []
    for item in items:
        starts.append(at)
        at += len(item.data)
    return head + _meta(items, primary, starts) + box(b"mdat", *(item.data for item in items)) + more


def _meta(items: tuple[Item, ...], primary: int, starts: list[int]) -> bytes:
    numbered = list(enumerate(items, start=1))
    infos = [
        full(b"infe", struct.pack(">HH", n, 0), item.kind, _names(item), version=2, flags=int(item.is_hidden))
        for n, item in numbered
    ]
    places = [
        struct.pack(">HHHII", n, 0, 1, start, len(item.data)) for (n, item), start in zip(numbered, starts, strict=True)
    ]
    properties = list(dict.fromkeys(one for item in items for one in item.properties))
    owned = [
        struct.pack(">HB", n, len(item.properties))
        + bytes(1 + properties.index(one) | 0x80 * (one[4:8] in _ESSENTIAL) for one in item.properties)
        for n, item in numbered
    ]
    references = [
        box(kind, struct.pack(">HH", n, len(targets)), *(struct.pack(">H", one) for one in targets))
        for n, item in numbered
        for kind, targets in item.refers
    ]
    return full(
        b"meta",
        full(b"hdlr", bytes(4), b"pict", bytes(13)),
        full(b"pitm", struct.pack(">H", primary)),
        full(b"iloc", b"\x44\0", struct.pack(">H", len(items)), *places),
        full(b"iinf", struct.pack(">H", len(items)), *infos),
        full(b"iref", *references) if references else b"",
        box(b"iprp", box(b"ipco", *properties), full(b"ipma", struct.pack(">I", len(items)), *owned)),
    )


def _names(item: Item) -> bytes:
    return b"\0application/rdf+xml\0" if item.kind == b"mime" else b"\0"


def extent(width: int, height: int) -> bytes:
    return full(b"ispe", struct.pack(">II", width, height))


def coded(image: Image.Image) -> Item:
    """An AV1 picture, taken out of a file that Pillow wrote."""
    file = encoded(image, "AVIF", quality=75)
    settings = file[(at := file.index(b"av1C") - 4) : at + int.from_bytes(file[at : at + 4], "big")]
    pixels = file[file.index(b"mdat") + 4 :]
    return Item(b"av01", pixels, (extent(*image.size), full(b"pixi", b"\3\x08\x08\x08"), settings))


def moving(*images: Image.Image) -> bytes:
    return encoded(images[0], "AVIF", save_all=True, append_images=list(images[1:]), duration=100, quality=75)


def grid(parts: int, width: int, height: int) -> bytes:
    """What a picture made of a row of others holds."""
    return struct.pack(">BBBBHH", 0, 0, 0, parts - 1, width, height)


@cache
def _hevc(seed: int, width: int, height: int) -> tuple[bytes, ...]:
    """The units of a picture coded by x265, which comes with the library for clips."""
    import av  # an extra

    coder: Any = av.codec.CodecContext.create("libx265", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = width, height, "yuv420p", Fraction(1, 25)
    coder.options = {"x265-params": "log-level=none:pools=none:frame-threads=1:keyint=1:info=0:crf=12"}
    pixels = np.asarray(picture(width, height, seed))
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)])
    return tuple(unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1") if unit.strip(b"\0"))


def hevc(seed: int = 3, width: int = 320, height: int = 240) -> Item:
    """A picture coded as HEVC, the settings apart from the pixels as HEIC wants it."""
    units = _hevc(seed, width, height)
    settings = [unit for unit in units if unit[0] >> 1 & 63 in {32, 33, 34}]
    profile = next(unit for unit in settings if unit[0] >> 1 & 63 == 33)[_PROFILE]
    arrays = [struct.pack(">BHH", 0x80 | unit[0] >> 1 & 63, 1, len(unit)) + unit for unit in settings]
    configuration = box(b"hvcC", b"\1", profile, b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f", bytes([len(arrays)]), *arrays)
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit not in settings)
    return Item(b"hvc1", data, (extent(width, height), configuration))


def heic(*items: Item, **more: Any) -> bytes:
    return container(b"heic", *(items or (hevc(),)), **more)


def avif(*items: Item, **more: Any) -> bytes:
    return container(b"avif", *(items or (coded(picture(320, 240)),)), **more)
