from typing import Any

import numpy as np
import pytest

from safehold.signals import DigestFingerprint, Fingerprint, PdqFingerprint, SandboxFingerprint, UnhashablePictureError
from safehold.vocabulary import Algorithm, GapReason, PdqFlavour, Signal, signal_width_bytes

GRADES = (np.indices((80, 90)).prod(axis=0) % 256).astype(np.uint8)
LISTED = Signal(Algorithm.SHA256, bytes(32))
CASES = [
    pytest.param(DigestFingerprint(), b"red cube", id="digests"),
    pytest.param(PdqFingerprint({PdqFlavour.FULL}), GRADES, id="pdq"),
    pytest.param(PdqFingerprint((PdqFlavour.UNKNOWN,)), GRADES, id="pdq, both flavours"),
    pytest.param(SandboxFingerprint((LISTED,)), b"anything", id="sandbox"),
]
every_fingerprint = pytest.mark.parametrize(("fingerprint", "content"), CASES)


@every_fingerprint
def test_every_algorithm_has_a_signal_and_no_other(fingerprint: Fingerprint[Any], content: Any) -> None:
    signals = fingerprint.signals(content)
    assert signals
    assert {signal.algorithm for signal in signals} == fingerprint.algorithms


@every_fingerprint
def test_the_same_content_has_the_same_signals(fingerprint: Fingerprint[Any], content: Any) -> None:
    assert fingerprint.signals(content) == fingerprint.signals(content)


@every_fingerprint
def test_every_signal_carries_its_place(fingerprint: Fingerprint[Any], content: Any) -> None:
    assert {signal.place for signal in fingerprint.signals(content)} == {""}
    assert {signal.place for signal in fingerprint.signals(content, place="frame 3")} == {"frame 3"}


@every_fingerprint
def test_only_pdq_has_a_flavour_and_a_quality(fingerprint: Fingerprint[Any], content: Any) -> None:
    for signal in fingerprint.signals(content):
        assert len(signal.value) == signal_width_bytes(signal.algorithm)
        assert (signal.flavour is not None) == (signal.quality is not None) == (signal.algorithm is Algorithm.PDQ)
        assert signal.flavour is not PdqFlavour.UNKNOWN


@pytest.mark.parametrize(
    ("fingerprint", "content", "reason"),
    [
        (PdqFingerprint({PdqFlavour.FULL}), np.zeros((4, 4), np.uint8), GapReason.TOO_SMALL),
        (SandboxFingerprint((LISTED,), GapReason.DETECTOR_FAILED), b"", GapReason.DETECTOR_FAILED),
    ],
)
def test_what_has_no_fingerprint_is_refused_with_a_reason_for_its_gap(
    fingerprint: Fingerprint[Any], content: Any, reason: GapReason
) -> None:
    with pytest.raises(UnhashablePictureError) as refusal:
        fingerprint.signals(content)
    assert refusal.value.reason is reason
    assert refusal.value.advice
