"""Frames of a clip: each near to a listed one is a finding, and how much of a listed video they make up is one."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from tests.unit.gateway import made_up
from tests.unit.matching import made_up as lists

from safehold.gateway.matches import MOST_OF_A_LIST, matches
from safehold.gateway.media_wire import Observed
from safehold.matching import Index
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.listings.videos import video_of_json
from safehold.matching.parts.rows import Rows
from safehold.vocabulary import Algorithm, Finding, HarmClass, MediaKind, PdqFlavour, Signal, Tier

POLICY = made_up.policy()
VALUES = lists.values(12, seed=5)
OTHER = lists.values(40, seed=6)


def video(name: str, chosen: Sequence[int]) -> BankContents:
    """A bank that lists one video, with these of the made-up values as its frames."""
    made = lists.rows(Algorithm.PDQ, VALUES[list(chosen)], 0, ["video"] * len(chosen))
    frames = video_of_json([f"{VALUES[at].tobytes().hex()},100,0.5" for at in chosen]).frames
    notes = pa.array([frame.note for frame in frames], pa.large_string())
    part = lists.part(Rows(made.algorithm, made.values, made.harm_class, notes, made.source_id, made.entry))
    return lists.contents(name, part, harm_class=HarmClass.CSAM, tier=Tier.TRUSTED)


def frame(number: int, value: np.ndarray, quality: int = 100) -> tuple[str, Signal]:
    place = f"frame {number} @ {number / 10:.3f} s"
    return "", Signal(Algorithm.PDQ, value.tobytes(), PdqFlavour.FULL, quality, place)


def found(*prints: tuple[str, Signal], banks: Sequence[BankContents]) -> list[Finding]:
    observed, index = Observed(MediaKind.VIDEO, (), prints), Index.over(banks)
    return list(matches(observed, index, threshold=POLICY.thresholds.pdq, variants=POLICY.variants))


def test_a_clip_of_a_listed_video_tells_its_shares_run_and_times() -> None:
    shown = [frame(at, VALUES[at] if 3 <= at < 8 else OTHER[at]) for at in range(10)]
    *single, whole = found(*shown, banks=[video("bank", [2, 3, 4, 5, 6, 7, 8, 9])])
    assert whole.detector == "vpdq"
    assert whole.place == "5 of 10 frames, 5 of 8 of the listed video, 5 in a row, 0.300 s to 0.700 s"
    assert (whole.value, whole.distance, whole.subject, whole.reference) == (0.625, 0, "csam", "bank@1#0")
    assert [one.place for one in single] == [f"frame {at} @ {at / 10:.3f} s" for at in range(3, 8)]


def test_one_frame_is_a_finding_whatever_the_share() -> None:
    shown = [frame(at, VALUES[0] if at == 20 else OTHER[at]) for at in range(40)]
    single, whole = found(*shown, banks=[video("bank", range(12))])
    assert (single.detector, single.place) == ("pdq", "frame 20 @ 2.000 s")
    assert whole.value == pytest.approx(1 / 12)
    assert POLICY.thresholds.is_reached(whole) is False
    assert POLICY.thresholds.is_reached(single)


def test_unclear_frames_count_in_no_share_and_a_form_counts_as_its_frame() -> None:
    unclear = [frame(0, VALUES[0], quality=49), frame(1, OTHER[0])]
    (_, whole) = found(*unclear, banks=[video("bank", [0, 1])])
    assert whole.value == 0
    mirrored = [frame(0, OTHER[0]), ("mirrored", frame(0, VALUES[0])[1])]
    single, whole = found(*mirrored, banks=[video("bank", [0, 1])])
    assert single.place == "frame 0 @ 0.000 s mirrored"
    assert whole.value == 1.0


def test_a_picture_is_no_clip() -> None:
    still = ("", Signal(Algorithm.PDQ, VALUES[0].tobytes(), PdqFlavour.FULL, 100))
    assert [one.detector for one in found(still, banks=[video("bank", [0, 1])])] == ["pdq"]


def test_of_thousands_of_near_entries_enough_are_told_and_the_rest_counted() -> None:
    crowd = lists.contents("crowd", lists.part(lists.rows(Algorithm.PDQ, np.tile(VALUES[:1], (50, 1)))))
    shown = [frame(at, VALUES[0]) for at in range(20)]
    told = found(*shown, banks=[crowd])
    assert len(told) == MOST_OF_A_LIST
    assert told[-1].place.endswith(f"and {50 * 20 - MOST_OF_A_LIST} more")
