"""The port of image classifiers: pictures in, one score a concept out; what a score means is the policy's business."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from safehold.classification.errors import MisshapenImageError
from safehold.vocabulary import Finding, FindingKind, Fraction

Image = npt.NDArray[np.uint8]
"""(height, width, 3) uint8, RGB, both sides at least one pixel."""

Scores = npt.NDArray[np.float32]
"""(pictures, concepts) float32, 0..1."""


class Classifier(Protocol):
    """Score pictures for concepts.

    Attributes:
        name: the detector's name in findings and policies.
        version: of the weights and of the preprocessing together: scores of different versions don't compare.
        concepts: what the columns of the scores are, in order.
    """

    name: str
    version: str
    concepts: tuple[str, ...]

    def score(self, images: Sequence[Image]) -> Scores:
        """Return one row a picture and one column a concept.

        A picture's row does not depend on the others, nor on their order.

        Raises:
            MisshapenImageError: a picture is no RGB array.
        """
        ...


def checked(image: Image) -> Image:
    """Return the picture, if it is one that a classifier may be given.

    Raises:
        MisshapenImageError: it is no RGB array.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise MisshapenImageError(
            f"a classifier needs (height, width, 3) uint8, not {image.shape} {image.dtype}",
            advice="This is a defect of Safehold: please report it.",
        )
    return image


def to_findings(classifier: Classifier, row: npt.NDArray[np.float32], *, place: str = "") -> tuple[Finding, ...]:
    """Return one picture's scores in the form that a policy reads, high and low alike."""
    return tuple(
        Finding(
            kind=FindingKind.SCORE,
            detector=classifier.name,
            subject=concept,
            reference=f"{classifier.name}@{classifier.version}",
            value=Fraction(float(value)),
            place=place,
        )
        for concept, value in zip(classifier.concepts, row, strict=True)
    )
