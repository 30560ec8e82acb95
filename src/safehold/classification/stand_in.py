"""A neutral classifier for tests and demonstrations: it sees red and blue, and calls them cubes and balls."""

from collections.abc import Sequence

import numpy as np

from safehold.classification.classifier import Image, Scores, checked


class StandInClassifier:
    """Score the share of clearly red and of clearly blue pixels.

    It tells nothing about anything real; its scores are exact, so that tests can plan them.
    """

    name = "stand-in"
    version = "1"
    concepts: tuple[str, ...] = ("red_cube", "blue_ball")

    def score(self, images: Sequence[Image]) -> Scores:
        """Return one row a picture: the shares of red and of blue pixels."""
        scores = np.zeros((len(images), 2), dtype=np.float32)
        for number, image in enumerate(images):
            scores[number] = _shares(checked(image))
        return scores


def _shares(image: Image) -> tuple[float, float]:
    red, green, blue = (image[..., channel].astype(np.int16) for channel in range(3))
    # "Clearly" is a lead of 64 of 255 steps: more than JPEG's colour subsampling blurs flat areas by.
    is_red = (red - np.maximum(green, blue)) >= 64
    is_blue = (blue - np.maximum(red, green)) >= 64
    return float(is_red.mean()), float(is_blue.mean())
