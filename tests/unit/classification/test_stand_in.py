"""The neutral classifier counts colours exactly."""

import numpy as np
import pytest

from safehold.classification import StandInClassifier


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((255, 0, 0), [1, 0]),
        ((0, 0, 255), [0, 1]),
        ((0, 255, 0), [0, 0]),
        ((255, 255, 255), [0, 0]),
        ((164, 100, 100), [1, 0]),
        ((163, 100, 100), [0, 0]),
        ((200, 0, 200), [0, 0]),
    ],
)
def test_a_plain_picture_is_wholly_its_colour(colour: tuple[int, int, int], expected: list[float]) -> None:
    image = np.full((5, 7, 3), colour, dtype=np.uint8)
    assert StandInClassifier().score([image]).tolist() == [expected]


def test_a_quarter_of_red_scores_a_quarter() -> None:
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    image[:4, :4, 0] = 255
    assert StandInClassifier().score([image]).tolist() == [[0.25, 0]]
