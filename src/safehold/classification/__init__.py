"""Classification: what images and texts show, as scores and concept claims.

Pixels or texts enter, scores and rule hits leave; thresholds and consequences belong to the policy. Adapters that need
an extra are imported from their own modules (`safehold.classification.opennsfw`), and so are cards, which a decoding
child has no use for (`safehold.classification.card`).
"""

from safehold.classification.classifier import Classifier, Image, Scores, to_findings
from safehold.classification.errors import (
    ClassifierMissingError,
    ClassifierUnfitError,
    EmptyTermError,
    ForeignWeightsError,
    MisshapenImageError,
)
from safehold.classification.plugins import load_classifiers
from safehold.classification.stand_in import StandInClassifier

__all__ = [
    "Classifier",
    "ClassifierMissingError",
    "ClassifierUnfitError",
    "EmptyTermError",
    "ForeignWeightsError",
    "Image",
    "MisshapenImageError",
    "Scores",
    "StandInClassifier",
    "load_classifiers",
    "to_findings",
]
