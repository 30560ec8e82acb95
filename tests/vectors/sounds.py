"""Small sounds of soft noise, with or without a cover; made by the library that opens them."""

import base64
import io
import struct
from functools import cache

import av
import numpy as np

_RATE = 48_000


@cache
def sound(form: str, codec: str, **comments: str) -> bytes:
    """Return a tenth of a second of noise in a container ("ipod" is M4A, "adts" raw AAC)."""
    out = io.BytesIO()
    with av.open(out, "w", format=form) as container:
        container.metadata.update(comments)
        stream = container.add_stream(codec, rate=_RATE)
        for number in range(5):
            noise = np.random.default_rng(number).standard_normal((1, 1024)).astype(np.float32) / 10
            frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
            frame.sample_rate = _RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def id3(cover: bytes) -> bytes:
    """Return an ID3v2.3 tag with one picture."""
    frame = b"APIC" + struct.pack(">IH", len(cover) + 14, 0) + b"\0image/jpeg\0\x03\0" + cover
    size = bytes(len(frame) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + frame


def flac(cover: bytes) -> bytes:
    """Return a FLAC with a picture block after its first block."""
    data, block = sound("flac", "flac"), _block(cover)
    return data[:42] + b"\x06" + len(block).to_bytes(3, "big") + block + data[42:]


def opus(cover: bytes) -> bytes:
    """Return an Opus in Ogg with a picture block in its comments."""
    return sound("ogg", "libopus", METADATA_BLOCK_PICTURE=base64.b64encode(_block(cover)).decode())


def _block(cover: bytes) -> bytes:
    return struct.pack(">II", 3, 10) + b"image/jpeg" + struct.pack(">6I", 0, 0, 0, 0, 0, len(cover)) + cover


def wav(cover: bytes) -> bytes:
    """Return a WAV with a tag chunk at its end."""
    tag = id3(cover)
    data = sound("wav", "pcm_s16le") + b"id3 " + struct.pack("<I", len(tag)) + tag + bytes(len(tag) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def m4a(cover: bytes) -> bytes:
    """Return an M4A whose last box, made for the purpose, is the metadata with a cover."""
    data = sound("ipod", "aac")
    item = _box(b"covr", _box(b"data", struct.pack(">II", 13, 0) + cover))
    handler = _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    extra = _box(b"udta", _box(b"meta", bytes(4) + handler + _box(b"ilst", item)))
    at = data.rindex(b"moov") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    return data[:at] + struct.pack(">I", size + len(extra)) + data[at + 4 : at + size] + extra + data[at + size :]


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body
