"""Small files, made by code that no library has a hand in, and the digest of what examining each of them gives.

A changed digest means that old scans would be decided on as if the present code had made them: raise `SCAN_FORMAT` in
`safehold.datasets.scan.settings`, then write the digests anew with ``python -m tests.vectors.observed``.
"""

import hashlib
import json
import struct
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.vectors.media import PNG_SIGNATURE, jpeg_with_subsampling, png_chunk

from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import tabulate
from safehold.datasets.scan.settings import SCAN_FORMAT, ScanSettings
from safehold.datasets.sources import Member, Record, Text
from safehold.media import Limits
from safehold.signals import Variant
from safehold.vocabulary import PdqFlavour

DIGESTS = Path(__file__).with_name("observed.json")
SETTINGS = ScanSettings(
    Limits(),
    (PdqFlavour.FULL, PdqFlavour.NEAREST_512),
    ("cls",),
    variants=tuple(sorted(Variant, key=lambda v: v.value)),
)


def digest_of(name: str) -> str:
    """Return the digest of everything that an examination tells of a file, as hex."""
    member = Member(name, name.partition(".")[2], memoryview(files()[name]))
    record = Record(name, (member,), (Text("txt", "a field of colours"),), None, {"punsafe": 0.5})
    told = tabulate([examine(record, SETTINGS)]).to_pylist()
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=bytes.hex).encode()).hexdigest()


def stored() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(DIGESTS.read_text())
    return told


@cache
def files() -> dict[str, bytes]:
    """Return the files by name."""
    soft = jpeg_with_subsampling(_levels(1), 2, 2)
    turned = soft[:2] + b"\xff\xe1" + struct.pack(">H", len(_TURNED) + 2) + _TURNED + soft[2:]
    thumbnail = _CARRIED + jpeg_with_subsampling(_levels(4), 1, 1)
    thumbnail = thumbnail.replace(b"SIZE", struct.pack("<I", len(thumbnail) - len(_CARRIED)))
    small = jpeg_with_subsampling(_levels(5), 1, 1)
    grey = np.repeat(np.repeat(_levels(2), 4, 0), 4, 1)
    return {
        "soft.jpg": soft,
        "turned.jpg": turned,
        "thumbnail.jpg": soft[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + soft[2:],
        "within.jpg": soft[:2] + _unnamed(small) + soft[2:-2] + _unnamed(small[:-9]) + b"\xff\xd9" + b"notes" + small,
        "cut.jpg": soft[: len(soft) // 2],
        "two.jpg": soft + jpeg_with_subsampling(_levels(3), 1, 1),
        "empty.jpg": b"",
        "colour.png": _png(np.dstack([grey, grey.T, 255 - grey]), 2),
        "clear.png": _png(np.dstack([grey, grey.T]), 4),
        "palette.png": _png(grey, 3, extra=png_chunk(b"PLTE", bytes(range(256)) * 3)),
        "sixteen.png": _png(grey.astype(">u2") * 257, 0),
        "large.png": _png(np.repeat(np.repeat(grey, 9, 0), 9, 1)[:600, :560], 0),
        "two.png": _png(grey, 0) + bytes(3) + _png(255 - grey, 0),
        "followed.gif": _gif([grey]) + soft,
        "tiny.png": _png(grey[:3, :3], 0),
        "moving.gif": _gif([grey, grey.T, grey, 255 - grey]),
        "plain.bmp": _bmp(grey),
        "clip.avi": _avi([jpeg_with_subsampling(_levels(number), 2, 2) for number in range(6)]),
        "silent.mid": b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0",
        "covered.mid": b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0" + soft,
        "unknown.xyz": b"who knows what this is",
        "inert.cls": b"7",
    }


def _unnamed(content: bytes) -> bytes:
    return b"\xff\xe9" + struct.pack(">H", len(content) + 2) + content


_TURNED = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
"""An EXIF block that says: turn a quarter to be upright."""


_CARRIED = (
    b"Exif\0\0II*\0\x08\0\0\0"
    + struct.pack("<HIHHHIIHHI", 0, 14, 2, 0x0201, 4, 1, 44, 0x0202, 4, 1)
    + b"SIZE"
    + bytes(4)
)
"""An EXIF block that states nothing of its picture, and where its thumbnail is."""


def _levels(seed: int) -> NDArray[np.uint8]:
    """Return 16 x 16 levels of grey from a congruential generator, the same for ever."""
    levels, state = [], seed
    for _ in range(256):
        state = (1_103_515_245 * state + 12_345) % (1 << 31)
        levels.append(state >> 23)
    return np.array(levels, np.uint8).reshape(16, 16)


def _png(pixels: NDArray[Any], kind: int, *, extra: bytes = b"") -> bytes:
    """Write pixels as they are, in stored blocks, so that no compressor has a say."""
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8 * pixels.dtype.itemsize, kind, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    blocks = [rows[at : at + 65_535] for at in range(0, len(rows), 65_535)]
    stored_blocks = b"".join(
        struct.pack("<BHH", at == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
        for at, block in enumerate(blocks)
    )
    body = b"\x78\x01" + stored_blocks + struct.pack(">I", zlib.adler32(rows))
    chunks = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
    return PNG_SIGNATURE + chunks


def _gif(frames: list[NDArray[np.uint8]]) -> bytes:
    """Write frames of 128 greys, each pixel as a code of its own: a clear code comes before codes would widen."""
    height, width = frames[0].shape
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF6, 0, 0)
    out += b"".join(bytes((2 * grey,) * 3) for grey in range(128))
    for frame in frames:
        codes = bytearray()
        for at, grey in enumerate((frame >> 1).ravel().tolist()):
            codes += (b"\x80" if at % 100 == 0 else b"") + bytes((grey,))
        codes += b"\x81"
        parts = [bytes(codes[at : at + 255]) for at in range(0, len(codes), 255)]
        out += b"\x21\xf9\x04\0\x0a\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x07"
        out += b"".join(bytes((len(part),)) + part for part in parts) + b"\0"
    return out + b";"


def _bmp(grey: NDArray[np.uint8]) -> bytes:
    body = np.dstack([grey, grey, grey])[::-1].tobytes()
    header = struct.pack("<IiiHHIIiiII", 40, grey.shape[1], grey.shape[0], 1, 24, 0, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, 54) + header + body


def _avi(pictures: list[bytes]) -> bytes:
    """Write JPEGs as a clip of four frames a second, without an index."""
    side, count = 128, len(pictures)
    main = struct.pack("<14I", 250_000, 0, 0, 0, count, 0, 1, 0, side, side, 0, 0, 0, 0)
    stream = b"vidsMJPG" + struct.pack("<IHHIIIIIIII4H", 0, 0, 0, 0, 1, 4, 0, count, 0, 0, 0, 0, 0, side, side)
    form = struct.pack("<IiiHH4sIiiII", 40, side, side, 1, 24, b"MJPG", 3 * side * side, 0, 0, 0, 0)
    streams = _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", form))
    movie = _list(b"movi", b"".join(_chunk(b"00dc", picture) for picture in pictures))
    return _chunk(b"RIFF", b"AVI " + _list(b"hdrl", _chunk(b"avih", main) + streams) + movie)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _list(name: bytes, body: bytes) -> bytes:
    return _chunk(b"LIST", name + body)


if __name__ == "__main__":
    made = {name: digest_of(name) for name in files()}
    DIGESTS.write_text(json.dumps({"format": SCAN_FORMAT, "observations": made}, indent=1) + "\n")
