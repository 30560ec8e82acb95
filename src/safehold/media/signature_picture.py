"""The test signature: a harmless picture whose fingerprints are in the built-in `test` bank.

Whoever runs Safehold can scan it to prove end to end that detection works, with nothing harmful at hand. The file
is written byte by byte, with stored (uncompressed) deflate blocks, so that it is the same on every machine and with
every version of every library; its digests are therefore fixed.

    write_test_signature(Path("signature.png"))
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIDE_PIXELS = 512
_CELL_PIXELS = 64
_STORED_BLOCK_BYTES = 65535
_BLACK, _WHITE = 0, 255
_LINES = (("SAFEHOLD", 10, 64), ("TEST SIGNATURE", 5, 192), ("A HARMLESS PICTURE", 4, 384))
"""Text, size of a font pixel, first row."""

# Each letter is seven rows of five pixels, the most significant bit on the left.
_FONT = {
    " ": (0, 0, 0, 0, 0, 0, 0),
    "A": (0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001),
    "C": (0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110),
    "D": (0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110),
    "E": (0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111),
    "F": (0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000),
    "G": (0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110),
    "H": (0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001),
    "I": (0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110),
    "L": (0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111),
    "M": (0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001),
    "N": (0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001),
    "O": (0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110),
    "P": (0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000),
    "R": (0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001),
    "S": (0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110),
    "T": (0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100),
    "U": (0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110),
}


def write_test_signature(path: Path) -> None:
    """Write the picture to a file, replacing what is there."""
    path.write_bytes(test_signature_png())


def test_signature_png() -> bytes:
    """Return the picture as a PNG file: 512 x 512, 8-bit grey, the same bytes always."""
    pixels = test_signature_luma()
    rows = np.zeros((SIDE_PIXELS, SIDE_PIXELS + 1), np.uint8)  # each row begins with its filter type, 0 for none
    rows[:, 1:] = pixels
    header = struct.pack(">IIBBBBB", SIDE_PIXELS, SIDE_PIXELS, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", _store(rows.tobytes())) + _chunk(b"IEND", b"")
    )


# pytest would take functions of this name for tests, wherever they are imported.
test_signature_png.__test__ = False  # type: ignore[attr-defined]


def test_signature_luma() -> NDArray[np.uint8]:
    """Return the picture's pixels, ``(512, 512)`` uint8: grey fields with three lines of text on black bands."""
    pixels = _fields()
    for text, scale, top in _LINES:
        pixels[top : top + 9 * scale] = _BLACK
        line = np.kron(_letters(text), np.ones((scale, scale), np.uint8)) * np.uint8(_WHITE)
        left = (SIDE_PIXELS - line.shape[1]) // 2
        pixels[top + scale : top + scale + line.shape[0], left : left + line.shape[1]] = line
    return pixels


test_signature_luma.__test__ = False  # type: ignore[attr-defined]


def _fields() -> NDArray[np.uint8]:
    """Return a chequer of fields in sixteen greys, in the fixed order of a small linear congruence."""
    count = SIDE_PIXELS // _CELL_PIXELS
    state, greys = 2024, []
    for _ in range(count * count):
        state = (state * 1103515245 + 12345) % (1 << 31)
        greys.append((state >> 16) % 16 * 17)
    return np.kron(np.array(greys, np.uint8).reshape(count, count), np.ones((_CELL_PIXELS, _CELL_PIXELS), np.uint8))


def _letters(text: str) -> NDArray[np.uint8]:
    """Return a line of text as ``(7, 6 * len(text))`` of 0 and 1."""
    columns = [[[row >> bit & 1 for bit in (4, 3, 2, 1, 0)] + [0] for row in _FONT[letter]] for letter in text]
    return np.concatenate(np.array(columns, np.uint8), axis=1)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _store(data: bytes) -> bytes:
    """Return a zlib stream of stored blocks.

    Source: RFC 1950 section 2.2, RFC 1951 section 3.2.4.
    """
    blocks = [data[at : at + _STORED_BLOCK_BYTES] for at in range(0, len(data), _STORED_BLOCK_BYTES)]
    stream = bytearray(b"\x78\x01")
    for number, block in enumerate(blocks):
        stream += struct.pack("<BHH", number == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
    return bytes(stream + struct.pack(">I", zlib.adler32(data)))
