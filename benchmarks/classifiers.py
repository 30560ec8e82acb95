"""Measure a classifier's card: time a picture, and scores on generated pictures that show nothing of its concepts.

python -m benchmarks.classifiers [--json]
"""

import json
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from safehold.classification import Classifier, StandInClassifier
from safehold.classification.opennsfw import OpenNsfw

PICTURES = 200
SIZES = ((256, 256), (384, 512), (600, 400))
Picture = NDArray[np.uint8]


def harmless(number: int, random: np.random.Generator) -> Picture:
    """Return the picture with this number: a gradient, noise, clouds in skin-like tones, discs or boxes."""
    height, width = SIZES[number % 3]
    ground = random.integers(0, 256, 3)
    match number % 5:
        case 0:
            y, x = np.mgrid[0:height, 0:width]
            pixels = np.stack([x * 255 / width * s + y * 255 / height * (1 - s) for s in random.random(3)], axis=-1)
        case 1:
            pixels = random.integers(0, 256, (height, width, 3))
        case 2:
            spots = (random.normal(0, 25, (8, 8, 3)) + np.array([205, 160, 130])).clip(0, 255).astype(np.uint8)
            pixels = np.asarray(Image.fromarray(spots).resize((width, height), Image.Resampling.BICUBIC))
        case shape:
            pixels = shapes(width, height, ground, random, round_ones=shape == 3)
    return np.ascontiguousarray(np.asarray(pixels).clip(0, 255).astype(np.uint8))


def shapes(
    width: int, height: int, ground: NDArray[np.int64], random: np.random.Generator, *, round_ones: bool
) -> Picture:
    """Return forty coloured discs or boxes on a ground, slightly blurred."""
    picture = Image.new("RGB", (width, height), tuple(int(value) for value in ground))
    draw = ImageDraw.Draw(picture)
    paint = draw.ellipse if round_ones else draw.rectangle
    for _ in range(40):
        left, top, side = int(random.integers(0, width)), int(random.integers(0, height)), int(random.integers(5, 120))
        paint((left, top, left + side, top + side), fill=tuple(int(value) for value in random.integers(0, 256, 3)))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(1)))


def measure(classifier: Classifier, pictures: list[Picture]) -> dict[str, object]:
    classifier.score(pictures[:3])
    start = time.process_time()
    scores = classifier.score(pictures)
    seconds = time.process_time() - start
    return {
        "name": f"classifiers.{classifier.name}",
        "version": classifier.version,
        "unit": "ms/picture",
        "ours": round(1000 * seconds / len(pictures), 2),
        "pictures": len(pictures),
        "concepts": {
            concept: {
                "over_half": int((scores[:, column] >= 0.5).sum()),
                "highest": round(float(scores[:, column].max()), 3),
                "mean": round(float(scores[:, column].mean()), 3),
            }
            for column, concept in enumerate(classifier.concepts)
        },
    }


def main() -> None:
    random = np.random.default_rng(7)
    pictures = [harmless(number, random) for number in range(PICTURES)]
    for classifier in (OpenNsfw.open(), StandInClassifier()):
        print(json.dumps(measure(classifier, pictures)))


if __name__ == "__main__":
    main()
