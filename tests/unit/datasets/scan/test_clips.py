"""Clips are examined frame by frame, and what could not be examined is a gap beside what could."""

import io
from functools import cache

import av
import numpy as np
import pytest
from tests.vectors import media

from safehold.datasets.scan.examination import examine
from safehold.datasets.scan.observation import Observation
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources.records.record import Member, Record
from safehold.media import FrameChoice, Limits, open_video
from safehold.signals import pdq
from safehold.vocabulary import GapReason, MediaKind, PdqFlavour

FULL = (PdqFlavour.FULL,)
SHOWN = (0, 0, 0, 1, 1, 0, 2, 2, 2, 2)


@cache
def clip(every: int = 10, repeat: int = 1) -> bytes:
    """Stills that are shown for a while, ten frames a second."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 96, "yuv420p", every
        for seed in SHOWN * repeat:
            picture = np.asarray(media.picture(160, 96, seed))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def examined(data: bytes, video: FrameChoice = "adaptive", **limits: float) -> Observation:
    member = Member("x.mp4", "mp4", memoryview(data))
    return examine(Record("x", (member,)), ScanSettings(Limits(**limits), FULL, video=video))


def test_every_frame_has_the_print_that_it_has_alone_though_stills_are_hashed_once() -> None:
    (seen,) = examined(clip()).members
    alone = [(frame.place, pdq(frame.luma, FULL)[0].value) for frame in open_video(clip(), Limits())]

    assert seen.kind is MediaKind.VIDEO
    assert [(one.place, one.value) for one in seen.prints] == alone
    assert len(alone) == 10


def test_a_long_clip_has_the_prints_that_were_chosen() -> None:
    data = clip(5, 8)
    counts = [len(examined(data, choice).members[0].prints) for choice in ("keyframes", "adaptive", "all")]
    assert 16 <= counts[0] == counts[1] < counts[2] == 80  # the encoder adds a keyframe at a cut


def test_a_clip_beyond_its_limits_is_a_gap_beside_the_prints_that_were_made() -> None:
    seen = examined(clip(), "all", clip_pixels=4 << 16)
    assert [gap.reason for gap in seen.gaps] == [GapReason.OVER_LIMIT]
    assert "pdq" not in seen.examined
    assert len(seen.members[0].prints) == 4


@pytest.mark.parametrize("cut", [0.2, 0.6, 0.95])
def test_a_clip_that_was_cut_is_a_gap(cut: float) -> None:
    seen = examined(clip()[: int(len(clip()) * cut)])
    assert [gap.reason for gap in seen.gaps] == [GapReason.TRUNCATED]
    assert "pdq" not in seen.examined
