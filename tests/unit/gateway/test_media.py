"""What a decoding child says of bytes, what is believed of it, and what the lists say of that."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from tests.unit.gateway import made_up
from tests.unit.gateway.made_up import in_process, picture
from tests.unit.matching.made_up import contents, flipped, part, rows

from safehold.classification import StandInClassifier
from safehold.gateway.media import MediaRoom, StandingLists
from safehold.gateway.media_child import examine
from safehold.gateway.media_wire import MediaTerms, MisshapenAnswerError, decode
from safehold.matching import Index
from safehold.matching.banks.builtin import builtin_bank
from safehold.matching.banks.catalogue import BankContents
from safehold.media import Limits
from safehold.media.sandbox import Reply
from safehold.media.signature_picture import test_signature_png as signature_png
from safehold.screening import Subject
from safehold.signals import digest
from safehold.vocabulary import (
    DIGESTS_OF_NOTHING,
    Algorithm,
    Bits,
    GapReason,
    HarmClass,
    MediaKind,
    PdqFlavour,
    Seconds,
    Tier,
)

POLICY = made_up.policy()
TERMS = MediaTerms(Limits(), (PdqFlavour.FULL,), (), "adaptive", Seconds(5.0))


def seen(data: bytes, *banks: BankContents, ask: Callable[..., Reply] = in_process) -> Subject:
    return MediaRoom(ask, StandingLists(Index.over([builtin_bank(), *banks]))).examine(data, POLICY).subject


def silent(_record: int) -> None:
    """Announce to nobody."""


def print_of(data: bytes) -> bytes:
    return decode(examine(data, TERMS, (), silent)).prints[0][1].value


def bank(*values: bytes, algorithm: Algorithm = Algorithm.PDQ, **about: Any) -> BankContents:
    listed = np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1)
    return contents("made-up", part(rows(algorithm, listed)), **about)


def test_bytes_are_judged_by_what_they_are() -> None:
    assert seen(picture()).kinds == {MediaKind.IMAGE}
    assert seen(b"plain text").kinds == {MediaKind.TEXT}
    assert seen(b"\x00\x01\x02\x03" * 9).kinds == {MediaKind.UNKNOWN}
    assert [gap.reason for gap in seen(b"").gaps] == [GapReason.EMPTY]


def test_a_near_copy_is_found_by_what_the_child_saw() -> None:
    near = flipped(np.frombuffer(print_of(picture()), np.uint8)[np.newaxis], 20).tobytes()
    far = flipped(np.frombuffer(print_of(picture()), np.uint8)[np.newaxis], 40).tobytes()
    (found,) = seen(picture(), bank(near, far, harm_class=HarmClass.CSAM, tier=Tier.TRUSTED)).findings
    assert (found.detector, found.subject, found.distance, found.tier) == ("pdq", "csam", Bits(20), Tier.TRUSTED)
    assert not found.is_confirmed


def test_a_mirrored_copy_is_found_and_named() -> None:
    out = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(picture(1, 512)))).save(out, "PNG")
    (found,) = seen(out.getvalue(), bank(print_of(picture(1, 512)))).findings
    assert found.place == "mirrored"


def test_the_same_bytes_are_confirmed_by_a_trusted_list_alone() -> None:
    value = digest(picture()).md5
    for tier, is_confirmed in ((Tier.TRUSTED, True), (Tier.REVIEW, False)):
        (found,) = seen(picture(), bank(value, algorithm=Algorithm.MD5, tier=tier)).findings
        assert found.is_confirmed is is_confirmed


def test_what_lies_behind_a_crowd_of_hits_of_another_list_is_found_too() -> None:
    value = np.frombuffer(print_of(picture()), np.uint8)
    crowd = contents("crowd", part(rows(Algorithm.PDQ, np.tile(value, (200, 1)))), harm_class=HarmClass.HONOUR_MARK)
    behind = contents("last", part(rows(Algorithm.PDQ, value[np.newaxis])), harm_class=HarmClass.CSAM)
    assert {finding.subject for finding in seen(picture(), crowd, behind).findings} == {"honour_mark", "csam"}


def test_a_list_that_holds_the_digest_of_nothing_accuses_nobody() -> None:
    listed = bank(DIGESTS_OF_NOTHING[Algorithm.SHA256], algorithm=Algorithm.SHA256)
    assert seen(b"", listed).findings == ()


def test_what_no_child_could_open_is_digested_here() -> None:
    found = seen(signature_png(), ask=made_up.failing(GapReason.CRASHED))
    assert {finding.detector for finding in found.findings} == {"sha256", "sha1", "md5"}
    assert [(gap.detector, gap.reason) for gap in found.gaps] == [("pdq", GapReason.CRASHED)]
    assert found.examined == {"sha256", "sha1", "md5"}


def answer(**changes: object) -> bytes:
    return json.dumps({**json.loads(examine(picture(), TERMS, (StandInClassifier(),), silent)), **changes}).encode()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"null",
        b"[" * 5000,
        b"\xff\xfe",
        answer(kind="nothing"),
        answer(digests={"sha256": "00"}),
        answer(prints=[["", "00", "full", 9, ""]]),
        answer(prints=[["x" * 500, "00" * 32, "full", 9, ""]]),
        answer(scores=[["stand-in", "1", "red_cube", None]]),
        answer(scores=[["stand-in", "1", "red_cube", float("nan")]]),
        answer(scores=[["stand-in", "1", "red_cube", True]]),
        answer(gaps=[["pdq", "no such reason"]]),
        answer(examined="pdq"[0:0] or 7),
    ],
)
def test_an_answer_that_no_child_of_ours_would_give_is_a_gap(said: bytes) -> None:
    with pytest.raises(MisshapenAnswerError):
        decode(said)
    found = seen(signature_png(), ask=lambda *_: Reply(said))
    assert [gap.reason for gap in found.gaps] == [GapReason.CRASHED]
    assert {finding.detector for finding in found.findings} == {"sha256", "sha1", "md5"}


def test_scores_of_classifiers_come_through_and_bound_to_their_version() -> None:
    observed = decode(examine(picture(), TERMS, (StandInClassifier(),), silent))
    assert {score.concept for score in observed.scores} == {"red_cube", "blue_ball"}
    assert "stand-in" in observed.examined

    def ask(data: bytes, terms: MediaTerms, _seconds: float) -> Reply:
        return Reply(examine(data, terms, (StandInClassifier(),), silent))

    found = seen(picture(), ask=ask).findings
    assert {finding.reference for finding in found} == {"stand-in@1#red_cube", "stand-in@1#blue_ball"}


class _Exploding(StandInClassifier):
    def score(self, _images: object) -> Any:
        raise self.error

    def __init__(self, error: Exception) -> None:
        self.error = error


@pytest.mark.parametrize(
    ("error", "reason"), [(MemoryError(), GapReason.OVER_LIMIT), (KeyError("x"), GapReason.DETECTOR_FAILED)]
)
def test_whatever_a_classifier_throws_costs_the_opening_alone(error: Exception, reason: GapReason) -> None:
    observed = decode(examine(signature_png(), TERMS, (_Exploding(error),), silent))
    assert [(gap.detector, gap.reason) for gap in observed.gaps] == [("pdq", reason)]
    assert observed.digests[0].value == digest(signature_png()).sha256


def test_terms_are_read_as_they_were_written() -> None:
    assert MediaTerms.from_json(json.loads(json.dumps(TERMS.to_json()))) == TERMS
