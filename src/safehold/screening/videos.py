"""Video matches: how much of a clip, and of a listed video, hits on single frames make up. Pure.

Frames are compared as two bags, as vPDQ does: a share is that of the frames that count and have a partner on the other
side. Frames of a quality below 50 don't count, and neither do repeats of an earlier frame. Times and the longest run
of neighbours are for the people who read a finding. Another hit never lowers a share, a run or a span.

Source: facebook/ThreatExchange, vpdq/README.md, "Comparison (Matching) Algorithm".

    match = video_match(frames, hits, listed_frames=40)
    match.share                  # the larger of both
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from safehold.vocabulary import Bits, Fraction, Seconds

CLEAR_QUALITY = 50
"""Source: as above, "quality filter tolerance F (example: 50)"."""


@dataclass(frozen=True, slots=True)
class ClipFrame:
    """A frame that was examined.

    Attributes:
        value: what is equal for frames that look the same: its own fingerprint.
        is_clear: whether its quality is 50 or more.
        at: its time; None where the clip has none.
    """

    value: bytes
    is_clear: bool
    at: Seconds | None = None


@dataclass(frozen=True, slots=True)
class FrameHit:
    """A frame of the clip that is near to one of the listed video.

    Attributes:
        frame: its place in the clip's frames.
        listed: which frame of the listed video.
        distance: how near.
    """

    frame: int
    listed: int
    distance: Bits


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """What a clip and a listed video have in common.

    Attributes:
        matched: how many distinct clear frames of the clip are near to one of the listed video.
        frames: how many it has.
        listed_matched: how many frames of the listed video are near to one of the clip's clear frames.
        listed_frames: how many it has.
        longest_run: the most neighbouring frames of the clip that all are near to some frame; unclear ones between
            them neither count nor end a run.
        first: time of the first frame that is near to one; None where the clip has no times.
        last: of the last one.
        distance: of the nearest pair.
    """

    matched: int
    frames: int
    listed_matched: int
    listed_frames: int
    longest_run: int
    first: Seconds | None
    last: Seconds | None
    distance: Bits

    @property
    def clip_share(self) -> Fraction:
        """Return the share of the clip's frames."""
        return _share(self.matched, self.frames)

    @property
    def listed_share(self) -> Fraction:
        """Return the share of the listed video's frames."""
        return _share(self.listed_matched, self.listed_frames)

    @property
    def share(self) -> Fraction:
        """Return the larger share: a clip cut out of a listed video has one, a clip that contains it the other."""
        return max(self.clip_share, self.listed_share)

    def __str__(self) -> str:
        """Return the evidence in words."""
        span = "" if self.first is None or self.last is None else f", {self.first:.3f} s to {self.last:.3f} s"
        return (
            f"{self.matched} of {self.frames} frames, {self.listed_matched} of {self.listed_frames} of the listed "
            f"video, {self.longest_run} in a row{span}"
        )


def video_match(frames: Sequence[ClipFrame], hits: Iterable[FrameHit], *, listed_frames: int) -> VideoMatch:
    """Return what the hits on single frames of a clip say about one listed video.

    Args:
        frames: the clip's, in the order in which they are shown.
        hits: at least one, in any order; all of this video. Repeating one changes nothing.
        listed_frames: how many distinct frames the video is listed with.
    """
    known = tuple(hits)
    hit = {one.frame for one in known}
    is_clear = [frame.is_clear for frame in frames]
    times = [at for number in hit if (at := frames[number].at) is not None]
    return VideoMatch(
        matched=len({frames[number].value for number in hit if is_clear[number]}),
        frames=len({frame.value for frame in frames if frame.is_clear}),
        listed_matched=len({one.listed for one in known if is_clear[one.frame]}),
        listed_frames=listed_frames,
        longest_run=_longest_run([number in hit for number, clear in enumerate(is_clear) if clear]),
        first=min(times, default=None),
        last=max(times, default=None),
        distance=min(one.distance for one in known),
    )


def _longest_run(is_hit: Sequence[bool]) -> int:
    longest = run = 0
    for one in is_hit:
        run = run + 1 if one else 0
        longest = max(longest, run)
    return longest


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part / whole if whole else 0.0)
