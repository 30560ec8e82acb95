"""Harmless generated pictures: coloured clouds with the spectrum of photographs, the same for the same seed."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

_STEEPNESS = 1.1  # amplitude falls with frequency as in photographs. Source: Field, JOSA A 4 (1987) 2379


def luma(height: int, width: int, *, seed: int) -> Picture:
    """Return a ``(height, width)`` grey cloud picture."""
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(down, across)
    frequency[0, 0] = 1
    noise = random.standard_normal(frequency.shape) + 1j * random.standard_normal(frequency.shape)
    clouds = np.fft.irfft2(noise / frequency**_STEEPNESS, (height, width))
    centred = (clouds - clouds.mean()) / clouds.std()
    return np.clip(128 + 50 * centred, 0, 255).astype(np.uint8)


def rgb(height: int, width: int, *, seed: int) -> Picture:
    """Return a ``(height, width, 3)`` picture: clouds in three colours that share most of their shape."""
    shape = luma(height, width, seed=seed).astype(np.int32)
    tints = [luma(height, width, seed=seed + 1_000_003 * (1 + channel)) for channel in range(3)]
    return np.stack([(3 * shape + tint) // 4 for tint in tints], axis=2).astype(np.uint8)


def jpeg(height: int, width: int, *, seed: int, quality: int = 85) -> bytes:
    """Return such a picture as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(rgb(height, width, seed=seed)).save(file, "JPEG", quality=quality)
    return file.getvalue()
