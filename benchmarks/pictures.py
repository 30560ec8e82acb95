"""Harmless generated pictures: coloured clouds that cost a JPEG decoder what photographs cost it.

    python -m benchmarks.pictures [--json]

prints how many bits a pixel they take as JPEG of quality 85, beside the photographs that scikit-image carries, where
it is installed.

Clouds of random phase whose amplitude falls with frequency as in photographs (DENSE) take about 3 bits a pixel, since
photographs owe their spectrum to edges and have smooth stretches between them, and clouds have neither. The five
photographs take 1.2 to 2.1, on average 1.7; the clouds here fall off more steeply, so that they take as many.
"""

import argparse
import io
import json
import math
import statistics
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

DENSE = 1.1
"""How amplitude falls with frequency in photographs. Source: Field, JOSA A 4 (1987) 2379."""

PHOTOGRAPHS = ("rocket", "coffee", "astronaut", "chelsea", "stereo_motorcycle")
"""Names of scikit-image's functions."""
GREY_PHOTOGRAPHS = ("brick", "camera", "coins", "grass", "gravel", "moon")
"""More of them, without colours."""

_QUALITY = 85
_SEEDS = 8


def photographic(side: int) -> float:
    """Return the steepness at which clouds of this longer side take about 1.7 bits a pixel; found by trying."""
    return 1.43 - math.log2(side / 512) / 10


def luma(height: int, width: int, *, seed: int, steepness: float | None = None) -> Picture:
    """Return a ``(height, width)`` grey cloud picture, the same for the same arguments.

    Args:
        height: in pixels.
        width: in pixels.
        seed: which of them.
        steepness: how fast amplitude falls with frequency; None for as fast as costs what photographs cost.
    """
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(down, across)
    frequency[0, 0] = 1
    noise = random.standard_normal(frequency.shape) + 1j * random.standard_normal(frequency.shape)
    fall = photographic(max(height, width)) if steepness is None else steepness
    clouds = np.fft.irfft2(noise / frequency**fall, (height, width))
    centred = (clouds - clouds.mean()) / clouds.std()
    return np.clip(128 + 50 * centred, 0, 255).astype(np.uint8)


def rgb(height: int, width: int, *, seed: int, steepness: float | None = None) -> Picture:
    """Return a ``(height, width, 3)`` picture: clouds in three colours that share most of their shape."""
    shape = luma(height, width, seed=seed, steepness=steepness).astype(np.int32)
    seeds = (seed + 1_000_003 * (1 + channel) for channel in range(3))
    tints = [luma(height, width, seed=own, steepness=steepness) for own in seeds]
    return np.stack([(3 * shape + tint) // 4 for tint in tints], axis=2).astype(np.uint8)


def jpeg(height: int, width: int, *, seed: int, quality: int = _QUALITY, steepness: float | None = None) -> bytes:
    """Return such a picture as a JPEG file."""
    return _encoded(rgb(height, width, seed=seed, steepness=steepness), quality)


def _encoded(picture: Picture, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return file.getvalue()


def bits_a_pixel(file: bytes, picture: Picture) -> float:
    """Return how much of a file there is for each pixel."""
    return len(file) * 8 / (picture.shape[0] * picture.shape[1])


def photographs(names: Sequence[str] = PHOTOGRAPHS + GREY_PHOTOGRAPHS) -> list[Picture]:
    """Return the photographs that scikit-image carries; none where it is not installed."""
    if not find_spec("skimage"):
        return []
    from skimage import data  # noqa: PLC0415 - not everybody has it

    loaded = [getattr(data, name)() for name in names]
    return [one[0] if isinstance(one, tuple) else one for one in loaded]


def _generated(side: int, steepness: float | None) -> float:
    pictures = [rgb(side * 3 // 4, side, seed=seed, steepness=steepness) for seed in range(_SEEDS)]
    return statistics.mean(bits_a_pixel(_encoded(one, _QUALITY), one) for one in pictures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.parse_args()
    found = [bits_a_pixel(_encoded(one, _QUALITY), one) for one in photographs(PHOTOGRAPHS)]
    ours = {side: _generated(side, None) for side in (512, 1024)}
    other = statistics.mean(found) if found else None
    result = {
        "name": "bits a pixel of generated pictures and of photographs",
        "ours": round(statistics.mean(ours.values()), 2),
        "other": None if other is None else round(other, 2),
        "ratio": None if other is None else round(statistics.mean(ours.values()) / other, 2),
        "unit": f"bits a pixel, JPEG of quality {_QUALITY}",
        "generated": {str(side): round(bits, 2) for side, bits in ours.items()},
        "dense": {str(side): round(_generated(side, DENSE), 2) for side in ours},
        "photographs": [round(bits, 2) for bits in found],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
