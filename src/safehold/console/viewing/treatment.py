"""Treatment: plain pixels and samples become what a browser gets. Nothing sharp leaves before a reveal.

Covered, a picture is a handful of grey patches: whether it is light or dark, and no more. Revealed, it is small and
grey unless colour is asked for, and says across it who looks at it and when. Files are made here, of numbers, so that
no byte of what somebody uploaded ever reaches a browser's decoders.
"""

import io
import wave

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from safehold.console.viewing.decoding import Pixels
from safehold.console.viewing.sampling import RATE, Samples

COVERED_SIDE = 96
PATCHES = 6
"""Patches along the longer side of a covered picture: a face, a body or a letter needs several times as many."""

GREYS = 5
QUALITY = 80
_MARK_SIZE = 13
_MARK_STRENGTH = 88
"""How opaque the mark is, of 255: it stays legible on light and dark, and leaves the picture so. Ours."""

_WINDOW, _STEP, _BINS = 256, 128, 96
_FLOOR_DB, _TOP_DB = -70.0, 0.0
_SPECTROGRAM_WIDTH = 640


def covered(pixels: Pixels) -> bytes:
    """Return a picture as grey patches, PNG."""
    grey = Image.fromarray(pixels).convert("L")
    width, height = grey.size
    longer = max(width, height)
    few = (max(1, round(PATCHES * width / longer)), max(1, round(PATCHES * height / longer)))
    patches = np.asarray(grey.resize(few, Image.Resampling.BOX)).astype(np.float64)
    levels = np.rint(patches / 255 * (GREYS - 1)) * (255 / (GREYS - 1))
    size = (max(1, round(COVERED_SIDE * width / longer)), max(1, round(COVERED_SIDE * height / longer)))
    shown = Image.fromarray(levels.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    return _png(shown.filter(ImageFilter.GaussianBlur(COVERED_SIDE / PATCHES / 2)))


def revealed(pixels: Pixels, *, in_colour: bool, mark: str) -> bytes:
    """Return a picture as it is looked at, JPEG.

    Args:
        pixels: small.
        in_colour: whether colours are shown, where there are any.
        mark: who looks and when; written across it.
    """
    picture = Image.fromarray(pixels).convert("RGB" if in_colour else "L").convert("RGB")
    marked = Image.alpha_composite(picture.convert("RGBA"), _mark(picture.size, mark)).convert("RGB")
    told = io.BytesIO()
    marked.save(told, "JPEG", quality=QUALITY)
    return told.getvalue()


def _mark(size: tuple[int, int], mark: str) -> Image.Image:
    """Return the mark, repeated, as a layer of a size."""
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    pen, font = ImageDraw.Draw(layer), ImageFont.load_default(_MARK_SIZE)
    across, down = round(pen.textlength(mark, font)) + 40, _MARK_SIZE * 5
    for row, top in enumerate(range(4, size[1], down)):
        for left in range(-across // 2 * (row % 2) + 4, size[0], across):
            pen.text((left + 1, top + 1), mark, (0, 0, 0, _MARK_STRENGTH), font)
            pen.text((left, top), mark, (255, 255, 255, _MARK_STRENGTH), font)
    return layer


def spectrogram(samples: Samples) -> bytes:
    """Return how loud which pitch is when, PNG: time from left to right, low pitches below, loud is light."""
    if samples.size < _WINDOW:
        samples = np.pad(samples, (0, _WINDOW - samples.size))
    loudness = _loudness(samples)
    scaled = (np.clip(loudness, _FLOOR_DB, _TOP_DB) - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB)
    picture = Image.fromarray(np.ascontiguousarray((scaled.T[::-1] * 255).astype(np.uint8)))
    return _png(picture.resize((_SPECTROGRAM_WIDTH, picture.height), Image.Resampling.BOX))


def _loudness(samples: Samples) -> NDArray[np.float64]:
    """Return ``(windows, _BINS)`` decibels below full scale, low pitches first."""
    scaled = samples.astype(np.float64) / 32768
    windows = np.lib.stride_tricks.sliding_window_view(scaled, _WINDOW)[::_STEP]
    strength = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW), axis=1))[:, :_BINS] / (_WINDOW / 4)
    return np.asarray(20 * np.log10(np.maximum(strength, 1e-6)))


def sound(samples: Samples) -> bytes:
    """Return a sound as it is listened to, WAV: quiet, one channel."""
    told = io.BytesIO()
    with wave.open(told, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples // 2).astype("<i2").tobytes())
    return told.getvalue()


def _png(picture: Image.Image) -> bytes:
    told = io.BytesIO()
    picture.save(told, "PNG")
    return told.getvalue()
