"""What goes wrong in a detector is a gap of the record, never silence."""

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.vectors import media, previews, tars

from safehold.classification import StandInClassifier
from safehold.datasets.scan.child import scan_shard
from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.part import decode_part
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import discover
from safehold.datasets.sources.records.record import Member, Record
from safehold.media import Limits
from safehold.signals import Variant
from safehold.vocabulary import GapReason, PdqFlavour

SETTINGS = ScanSettings(Limits(), (PdqFlavour.FULL,))
RECORD = Record("a", (Member("a.jpg", "jpg", media.jpeg()),))
Scores = NDArray[np.float32]


class FailingClassifier(StandInClassifier):
    """A classifier that answers what it is told to."""

    name = "failing"

    def __init__(self, answer: Callable[[], Scores]) -> None:
        self._answer = answer

    def score(self, images: Sequence[NDArray[np.uint8]]) -> Scores:
        assert len(images) == 1
        return self._answer()


@pytest.mark.parametrize(
    "answer",
    [
        lambda: np.full((1, 2), np.nan, np.float32),
        lambda: np.array([[0.1, np.nan]], np.float32),
        lambda: np.array([[0.1, np.inf]], np.float32),
        lambda: np.array([[0.1, -0.5]], np.float32),
        lambda: np.array([[0.1, 1.5]], np.float32),
        lambda: np.zeros((1, 1), np.float32),
        lambda: np.zeros((2, 2), np.float32),
        lambda: np.zeros((0, 2), np.float32),
        lambda: np.zeros(2, np.float32),
    ],
    ids=["nan", "one nan", "infinite", "negative", "above one", "a column less", "a row more", "no row", "flat"],
)
def test_a_classifier_that_answers_nonsense_has_not_examined_the_picture(answer: Callable[[], Scores]) -> None:
    seen = examine(RECORD, SETTINGS, classifiers=[FailingClassifier(answer), StandInClassifier()])
    assert [(gap.detector, gap.reason) for gap in seen.gaps] == [("failing", GapReason.DETECTOR_FAILED)]
    assert "failing" not in seen.examined
    assert {"stand-in", "pdq"} <= seen.examined
    assert {score.detector for score in seen.scores} == {"stand-in"}


def test_a_classifier_that_saw_the_first_of_several_pictures_has_not_examined_the_file() -> None:
    for frames, is_examined in ((1, True), (3, False)):
        shown = [Image.radial_gradient("L").point(lambda value, n=number: value * n % 256) for number in (1, 3, 7)]
        file = io.BytesIO()
        shown[0].save(file, "GIF", save_all=True, append_images=shown[1:frames])
        record = Record("a", (Member("a.gif", "gif", file.getvalue()),))
        seen = examine(record, SETTINGS, classifiers=[StandInClassifier()])
        assert ("stand-in" in seen.examined) is is_examined
        assert {score.detector for score in seen.scores} == {"stand-in"}
        assert "pdq" in seen.examined


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, RecursionError])
def test_a_classifier_that_raises_costs_its_record_a_pass_and_not_its_hashes(
    tmp_path: Path, error: type[BaseException]
) -> None:
    def answer() -> Scores:
        raise error

    tars.write(tmp_path, tars.tar_of([tars.member("a.jpg", media.jpeg())]))
    (shard,) = discover([str(tmp_path)]).shards
    made = scan_shard(shard, SETTINGS, announce=lambda _: None, classifiers=[FailingClassifier(answer)])
    (row,) = decode_part(made)[0].to_pylist()
    assert [gap["reason"] for gap in row["gaps"]] == ["over_limit" if error is MemoryError else "detector_failed"]
    assert row["members"][0]["sha256"] == hashlib.sha256(media.jpeg()).digest()


def test_variants_stand_beside_the_prints_of_every_frame() -> None:
    settings = ScanSettings(Limits(), (PdqFlavour.FULL,), variants=(Variant.MIRRORED,))
    frames = [media.picture(96, 64, seed) for seed in (1, 2)]
    moving = media.encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    (plain,) = examine(Record("a", (Member("a.png", "png", moving),)), SETTINGS).members
    (seen,) = examine(Record("a", (Member("a.png", "png", moving),)), settings).members
    assert seen.prints == plain.prints
    assert plain.variants == ()
    assert [(name, signal.place) for name, signal in seen.variants] == [("mirrored", ""), ("mirrored", "frame 1")]


def test_a_picture_too_small_to_fingerprint_hides_no_preview() -> None:
    data = previews.with_segments(previews.app(9, previews.PREVIEW), jpeg=media.encoded(media.picture(3, 3), "JPEG"))
    seen = examine(Record("a", (Member("a.jpg", "jpg", data),)), SETTINGS)
    assert [(gap.detector, gap.reason) for gap in seen.gaps] == [("pdq", GapReason.TOO_SMALL)]
    assert [made.place for made in seen.members[0].prints] == ["preview"]
    assert "pdq" not in seen.examined


def test_a_classifier_has_not_examined_a_picture_with_a_clip_or_another_picture_behind_it() -> None:
    for data, is_examined in (
        (previews.PLACES["exif thumbnail"](previews.PREVIEW), True),
        (previews.PLACES["after other bytes"](previews.PREVIEW), False),
    ):
        seen = examine(Record("a", (Member("a.jpg", "jpg", data),)), SETTINGS, classifiers=[StandInClassifier()])
        assert (StandInClassifier.name in seen.examined) is is_examined
