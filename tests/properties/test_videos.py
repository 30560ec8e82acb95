"""What holds for every clip and every set of hits: another hit never weakens a video match, and order is nothing."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from safehold.screening import ClipFrame, FrameHit, video_match
from safehold.vocabulary import Bits, Seconds

LISTED = 6
clips = st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c", b"d"]), st.booleans()), min_size=1, max_size=10).map(
    lambda frames: [ClipFrame(value, clear, Seconds(at / 4)) for at, (value, clear) in enumerate(frames)]
)


def hits_on(clip: list[ClipFrame]) -> st.SearchStrategy[FrameHit]:
    return st.builds(
        FrameHit,
        frame=st.integers(0, len(clip) - 1),
        listed=st.integers(0, LISTED - 1),
        distance=st.integers(0, 31).map(Bits),
    )


cases = clips.flatmap(lambda clip: st.tuples(st.just(clip), st.lists(hits_on(clip), min_size=1, max_size=12)))


@given(cases, st.data())
def test_another_hit_never_lowers_a_share_a_run_or_a_span(
    case: tuple[list[ClipFrame], list[FrameHit]], data: st.DataObject
) -> None:
    clip, hits = case
    before = video_match(clip, hits, listed_frames=LISTED)
    after = video_match(clip, [*hits, data.draw(hits_on(clip))], listed_frames=LISTED)

    assert after.clip_share >= before.clip_share
    assert after.listed_share >= before.listed_share
    assert after.longest_run >= before.longest_run
    assert after.distance <= before.distance
    assert min(after.first or 0, before.first or 0) == (after.first or 0)
    assert max(after.last or 0, before.last or 0) == (after.last or 0)


@given(cases, st.randoms())
def test_neither_order_nor_repetition_of_hits_changes_anything(
    case: tuple[list[ClipFrame], list[FrameHit]], random: Random
) -> None:
    clip, hits = case
    shuffled = random.sample([*hits, hits[0]], len(hits) + 1)

    assert video_match(clip, shuffled, listed_frames=LISTED) == video_match(clip, hits, listed_frames=LISTED)


@given(cases)
def test_shares_are_shares_and_a_run_is_within_the_clip(case: tuple[list[ClipFrame], list[FrameHit]]) -> None:
    clip, hits = case
    found = video_match(clip, hits, listed_frames=LISTED)

    assert 0 <= found.clip_share <= 1
    assert 0 <= found.listed_share <= 1
    assert found.share in {found.clip_share, found.listed_share}
    assert found.longest_run <= sum(frame.is_clear for frame in clip)
    assert (found.matched == 0) == (found.listed_matched == 0) == (found.longest_run == 0)
