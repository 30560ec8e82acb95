import pytest

from safehold.screening import ClipFrame, FrameHit, VideoMatch, default_policy, video_match
from safehold.vocabulary import Bits, Finding, FindingKind, Fraction, Seconds, Tier


def frames(text: str) -> list[ClipFrame]:
    """A clip of one frame a letter, ten a second: equal letters look the same, small ones are unclear."""
    return [ClipFrame(one.lower().encode(), one.isupper(), Seconds(at / 10)) for at, one in enumerate(text)]


def match(text: str, pairs: str, listed: int = 4) -> VideoMatch:
    hits = [FrameHit(int(frame), int(entry), Bits(int(frame))) for frame, entry in pairs.split()]
    return video_match(frames(text), hits, listed_frames=listed)


def test_shares_are_of_the_distinct_clear_frames_of_either_side() -> None:
    found = match("ABCDE", "10 11 22")
    assert (found.matched, found.frames, found.clip_share) == (2, 5, 0.4)
    assert (found.listed_matched, found.listed_frames, found.listed_share) == (3, 4, 0.75)
    assert found.share == 0.75
    assert found.distance == 1


def test_frames_that_repeat_an_earlier_one_count_once() -> None:
    found = match("AABAC", "00 10 30")
    assert (found.matched, found.frames) == (1, 3)


def test_unclear_frames_are_told_and_count_on_neither_side() -> None:
    found = match("aBCd", "00 31")
    assert (found.matched, found.frames, found.listed_matched) == (0, 2, 0)
    assert (found.share, found.longest_run) == (0.0, 0)
    assert (found.first, found.last) == (0.0, Seconds(0.3))


def test_a_run_ends_at_a_clear_frame_that_is_near_to_nothing() -> None:
    assert match("ABCDEF", "00 10 30 40 50").longest_run == 3
    assert match("ABcDEF", "00 10 30 40").longest_run == 4
    assert match("ABC", "10").longest_run == 1


def test_times_span_all_frames_that_were_near() -> None:
    found = match("ABCDE", "30 10")
    assert (found.first, found.last) == (pytest.approx(0.1), pytest.approx(0.3))
    assert str(found) == "2 of 5 frames, 1 of 4 of the listed video, 1 in a row, 0.100 s to 0.300 s"


def test_a_clip_without_times_has_a_match_without_them() -> None:
    found = video_match([ClipFrame(b"a", is_clear=True)], [FrameHit(0, 0, Bits(3))], listed_frames=1)
    assert str(found) == "1 of 1 frames, 1 of 1 of the listed video, 1 in a row"


@pytest.mark.parametrize(("share", "is_reached"), [(0.79, False), (0.8, True), (1.0, True), (None, True)])
def test_a_video_match_counts_from_the_policys_share_on(share: float | None, *, is_reached: bool) -> None:
    value = None if share is None else Fraction(share)
    finding = Finding(FindingKind.MATCH, "vpdq", "csam", "bank@1#0", Tier.TRUSTED, Bits(0), value)
    assert default_policy().thresholds.is_reached(finding) is is_reached
    assert not finding.is_confirmed
