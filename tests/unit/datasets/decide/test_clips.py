"""Hits on single frames of a clip hold it, are folded into one finding, and say how much of a listed video they are."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.datasets.made_up import basis, image, listing, member, pdq_print, plain, shard
from tests.unit.matching import made_up

from safehold.datasets.decide.clips import MOST_HITS
from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.judgement import judge
from safehold.datasets.scan.observation import Observation, tabulate
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.listings.videos import video_of_json
from safehold.matching.parts.rows import Rows
from safehold.vocabulary import Action, Algorithm, Finding, HarmClass, MediaKind, PdqFlavour, Signal, Tier

VALUES = made_up.values(12, seed=5)
OTHER = made_up.values(40, seed=6)


def videos(name: str, *groups: Sequence[int], flavour: PdqFlavour = PdqFlavour.FULL) -> BankContents:
    """A bank that lists videos, each with these of the made-up values as its frames."""
    parts = []
    first = 0
    for number, chosen in enumerate(groups):
        rows = made_up.rows(Algorithm.PDQ, VALUES[list(chosen)], first, [f"video {number}"] * len(chosen))
        frames = video_of_json([f"{VALUES[at].tobytes().hex()},100,0.5" for at in chosen]).frames
        notes = pa.array([frame.note for frame in frames], pa.large_string())
        parts.append(
            made_up.part(Rows(*(rows.algorithm, rows.values, rows.harm_class, notes), rows.source_id, rows.entry))
        )
        first += len(chosen)
    return made_up.contents(name, *parts, flavour=flavour, harm_class=HarmClass.CSAM, tier=Tier.TRUSTED)


def frame(number: int, value: np.ndarray, quality: int = 100, flavour: PdqFlavour = PdqFlavour.FULL) -> Signal:
    return Signal(Algorithm.PDQ, value.tobytes(), flavour, quality, f"frame {number} @ {number / 10:.3f} s")


def clip(key: str, *prints: Signal) -> Observation:
    return image(key, member(key, prints, MediaKind.VIDEO))


def decided(folder: Path, records: Sequence[Observation], *banks: BankContents) -> list[Decision]:
    return read_rows(judge(tabulate(records), shard(), basis(folder, *banks)))


def found(one: Decision, detector: str) -> list[Finding]:
    return [finding for finding in one.findings if finding.detector == detector]


def test_a_clip_of_a_listed_video_is_held_with_its_shares_run_and_times(tmp_path: Path) -> None:
    shown = [frame(at, VALUES[at] if 3 <= at < 8 else OTHER[at]) for at in range(10)]
    beside, one = decided(tmp_path, [plain("x"), clip("y", *shown)], videos("bank", [0, 1], [2, 3, 4, 5, 6, 7, 8, 9]))

    assert (beside.action, one.action) == (Action.ALLOW, Action.HOLD)
    (video,) = found(one, "vpdq")
    assert video.place == "y.jpg: 5 of 10 frames, 5 of 8 of the listed video, 5 in a row, 0.300 s to 0.700 s"
    assert (video.value, video.distance, video.subject, video.reference) == (0.625, 0, "csam", "bank@2#2")
    assert not one.confirmed


def test_a_single_frame_of_a_listed_video_holds_a_clip_whatever_the_shares(tmp_path: Path) -> None:
    shown = [frame(at, VALUES[0] if at == 20 else OTHER[at]) for at in range(40)]
    (one,) = decided(tmp_path, [clip("x", *shown)], videos("bank", range(12)))

    assert one.action is Action.HOLD
    assert one.found
    assert "below-threshold" in one.rules
    assert [finding.place for finding in found(one, "pdq")] == ["x.jpg frame 20 @ 2.000 s"]
    assert found(one, "vpdq")[0].value == pytest.approx(1 / 12)


def test_frames_near_to_one_listed_thing_are_one_finding_the_nearest(tmp_path: Path) -> None:
    near = made_up.flipped(VALUES[:1], 7)[0]
    still = listing("still", [VALUES[0].tobytes(), OTHER[1].tobytes()], algorithm=Algorithm.PDQ)
    shown = [frame(0, near), frame(1, VALUES[0]), frame(2, near), frame(3, OTHER[0])]
    (one,) = decided(tmp_path, [clip("x", *shown)], still, videos("video", [0, 1], [0]))

    places = {finding.reference: (finding.place, finding.distance) for finding in found(one, "pdq")}
    assert places == {
        "still@1#0": ("x.jpg frame 1 @ 0.100 s and 2 more", 0),
        "video@2#0": ("x.jpg frame 1 @ 0.100 s and 2 more", 0),
        "video@2#2": ("x.jpg frame 1 @ 0.100 s and 2 more", 0),
    }
    assert {finding.reference for finding in found(one, "vpdq")} == {"video@2#0", "video@2#2"}


def test_clips_of_one_record_are_kept_apart_and_so_are_pictures(tmp_path: Path) -> None:
    first, second = member("a", [frame(0, VALUES[0])], MediaKind.VIDEO), member("a.jpg frame", [frame(1, VALUES[0])])
    still = member("frame 1", [pdq_print(VALUES[0].tobytes()), pdq_print(VALUES[0].tobytes(), "upright")])
    (one,) = decided(tmp_path, [image("x", first, second, still)], videos("bank", [0, 1]))

    assert [finding.place for finding in found(one, "pdq")] == [
        "frame 1.jpg",
        "frame 1.jpg upright",
        "a.jpg frame 0 @ 0.000 s",
        "a.jpg frame.jpg frame 1 @ 0.100 s",
    ]
    assert len(found(one, "vpdq")) == 2


def test_unclear_frames_hold_a_clip_and_count_in_no_share(tmp_path: Path) -> None:
    shown = [frame(0, VALUES[0], quality=49), frame(1, OTHER[0])]
    (one,) = decided(tmp_path, [clip("x", *shown)], videos("bank", [0]))

    assert one.action is Action.HOLD
    assert [finding.value for finding in found(one, "vpdq")] == [0.0]


def test_a_frame_is_found_upright_and_in_either_flavour_and_counts_once(tmp_path: Path) -> None:
    stored, upright = frame(0, OTHER[0]), frame(0, VALUES[0])
    turned = Signal(Algorithm.PDQ, upright.value, PdqFlavour.FULL, 100, f"{upright.place} upright")
    other = frame(1, VALUES[1], flavour=PdqFlavour.NEAREST_512)
    shown = [stored, turned, other, frame(1, VALUES[1])]
    (one,) = decided(tmp_path, [clip("x", *shown)], videos("bank", [0, 1], flavour=PdqFlavour.UNKNOWN))

    (video,) = found(one, "vpdq")
    assert video.place.startswith("x.jpg: 2 of 2 frames, 2 of 2 of the listed video, 2 in a row")


def test_an_animation_is_compared_with_listed_videos_too(tmp_path: Path) -> None:
    shown = [pdq_print(VALUES[at].tobytes(), f"frame {at}") for at in range(3)]
    (one,) = decided(tmp_path, [image("x", member("x", shown))], videos("bank", [0, 1, 2]))

    assert found(one, "vpdq")[0].place == "x.jpg: 3 of 3 frames, 3 of 3 of the listed video, 3 in a row"


def test_frames_of_a_video_beyond_the_usual_cap_are_counted(tmp_path: Path) -> None:
    assert MOST_HITS > 200
    many = np.concatenate([made_up.flipped(VALUES[:1], 3, seed) for seed in range(200)])
    rows = made_up.rows(Algorithm.PDQ, many, 0, ["video"] * 200)
    notes = pa.array([f"vPDQ frame {at} at 0.000 s" for at in range(200)], pa.large_string())
    part = made_up.part(Rows(*(rows.algorithm, rows.values, rows.harm_class, notes), rows.source_id, rows.entry))
    (one,) = decided(tmp_path, [clip("x", frame(0, VALUES[0]))], made_up.contents("bank", part))

    assert "200 of 200 of the listed video" in found(one, "vpdq")[0].place


SHOWN = st.lists(st.none() | st.integers(0, 5), max_size=8)


@settings(max_examples=25, deadline=None)
@given(st.lists(SHOWN, min_size=1, max_size=3))
def test_whatever_a_clip_shows_a_frame_that_is_near_holds_it_and_is_told(
    tmp_path_factory: pytest.TempPathFactory, clips: list[list[int | None]]
) -> None:
    records = [
        clip(f"{name}", *(frame(at, OTHER[at] if one is None else VALUES[one]) for at, one in enumerate(shown)))
        for name, shown in enumerate(clips)
    ]
    banks = (videos("v", [0, 1], [2, 3]), listing("still", [VALUES[5].tobytes()], algorithm=Algorithm.PDQ))
    for shown, one in zip(clips, decided(tmp_path_factory.mktemp("basis"), records, *banks), strict=True):
        listed = {f"v@2#{first}" for first in (0, 2) if {first, first + 1} & set(shown)}
        assert {finding.reference for finding in found(one, "vpdq")} == listed
        assert len(found(one, "pdq")) == len(listed) + (5 in shown)
        assert one.action is (Action.HOLD if listed or 5 in shown else Action.ALLOW)


def test_without_listed_videos_nothing_is_said_of_any(tmp_path: Path) -> None:
    still = listing("still", [VALUES[0].tobytes()], algorithm=Algorithm.PDQ)
    (one,) = decided(tmp_path, [clip("x", frame(0, VALUES[0]))], still)

    assert not found(one, "vpdq")
    assert one.action is Action.HOLD
