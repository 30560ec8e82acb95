"""Harmless generated pictures: the same everywhere, since only whole numbers and a seeded generator make them."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def _blobs(height: int, width: int, seed: int) -> Picture:
    """Overlay rectangles of many sizes and grades; ends in a busy, photograph-like histogram."""
    random = np.random.default_rng(seed)
    plane = np.full((height, width), 128, np.int32)
    for scale in (1, 2, 4, 8, 16):
        for _ in range(6 * scale):
            top, left = int(random.integers(height)), int(random.integers(width))
            tall, wide = max(1, height // (1 + scale)), max(1, width // (1 + scale))
            plane[top : top + tall, left : left + wide] += int(random.integers(-60, 61))
    return np.clip(plane, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def blobs() -> Callable[[int, int, int], Picture]:
    return _blobs
