"""Clips: how much of listed videos the frames of one clip, or of an animation, make up.

This stands beside the findings on single frames, as evidence that adds to them and never takes their place.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from safehold.matching import HARM_CLASSES, Index
from safehold.matching.videos import NO_VIDEO
from safehold.screening import CLEAR_QUALITY, VIDEO_DETECTOR, ClipFrame, FrameHit, video_match
from safehold.vocabulary import Algorithm, Bits, Finding, FindingKind, PdqFlavour, Seconds, Signal

MOST_HITS = 4096
"""How many listed frames near to one frame are counted; in a crowd of more, shares are lower bounds."""

_QUERIES_A_LOOKUP = 1024
_FRAME = re.compile(r"((?:appended (?:\d+ )?)?(?:stream \d+ )?frame \d+(?: @ (\d+\.\d+) s)?)(?: .*)?")
"""The place of a frame: what names it, its time, and in which form it was looked at."""


@dataclass(frozen=True, slots=True)
class Prints:
    """An item's PDQ prints of one flavour.

    Attributes:
        flavour: which.
        values: (n, 32) uint8.
        forms: of each, the form that it was made of, "" for the picture itself.
        signals: of each, the print.
    """

    flavour: PdqFlavour
    values: NDArray[np.uint8]
    forms: tuple[str, ...]
    signals: tuple[Signal, ...]


def video_matches(prints: Sequence[Prints], index: Index, threshold: Bits) -> Iterator[Finding]:
    """Yield how much of which listed videos a clip's frames make up, whatever the policy's share."""
    if not index.videos or not any(_FRAME.fullmatch(made.place) for one in prints for made in one.signals):
        return
    clip = _Clip(prints)
    groups: dict[tuple[int, int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for one in prints:
        for key, hit in _hits(one, clip, index, threshold):
            groups[key].append(hit)
    for (bank, video, harm_class), hits in sorted(groups.items()):
        listed, videos = index.banks[bank], index.videos.of_bank(bank)
        match = video_match(clip.frames, clip.enough(hits), listed_frames=int(videos.frames[video]))
        yield Finding(
            kind=FindingKind.MATCH,
            detector=VIDEO_DETECTOR,
            subject=HARM_CLASSES[harm_class].value,
            reference=f"{listed.reference}#{int(videos.first[video])}",
            tier=listed.tier,
            distance=match.distance,
            value=match.share,
            place=str(match),
        )


class _Clip:
    """A clip's frames in their order; one that only another form names is a frame too, but counts in no share."""

    def __init__(self, prints: Sequence[Prints]) -> None:
        self._numbers: dict[str, int] = {}
        self.frames: list[ClipFrame] = []
        for one in prints:
            for form, made in zip(one.forms, one.signals, strict=True):
                if not form:
                    self.number_of(made, is_clear=(made.quality or 0) >= CLEAR_QUALITY)

    def number_of(self, made: Signal, *, is_clear: bool = False) -> int | None:
        """Return the number of the frame that a print is of, adding it where it is new; None for no frame."""
        shown = _FRAME.fullmatch(made.place)
        if shown is None:
            return None
        number = self._numbers.setdefault(shown[1], len(self.frames))
        if number == len(self.frames):
            at = None if shown[2] is None else Seconds(float(shown[2]))
            self.frames.append(ClipFrame(made.value if is_clear else b"", is_clear, at))
        elif is_clear and not self.frames[number].is_clear:
            self.frames[number] = replace(self.frames[number], value=made.value, is_clear=True)
        return number

    def enough(self, hits: Sequence[tuple[int, int, int]]) -> Iterator[FrameHit]:
        """Yield, of hits that say the same, the nearest: one a frame, and of clear frames one a listed frame."""
        frames, entries = set(), set()
        for distance, frame, entry in sorted(hits):
            is_clear = self.frames[frame].is_clear
            if frame not in frames or (is_clear and entry not in entries):
                yield FrameHit(frame, entry, Bits(distance))
            frames.add(frame)
            if is_clear:
                entries.add(entry)


def _hits(
    one: Prints, clip: _Clip, index: Index, threshold: Bits
) -> Iterator[tuple[tuple[int, int, int], tuple[int, int, int]]]:
    """Yield (bank, video, class) with (distance, frame, listed frame) of every frame that is near to one of a video."""
    for first in range(0, len(one.values), _QUERIES_A_LOOKUP):
        values = one.values[first : first + _QUERIES_A_LOOKUP]
        hits = index.lookup(Algorithm.PDQ, values, threshold=threshold, flavour=one.flavour, max_hits=MOST_HITS)
        for bank in np.unique(hits.bank).tolist():
            of_bank = np.flatnonzero(hits.bank == bank)
            video = index.videos.of_bank(bank).videos_of(hits.entry[of_bank])
            for number, video_number in zip(of_bank.tolist(), video.tolist(), strict=True):
                frame = clip.number_of(one.signals[int(hits.query[number]) + first])
                if video_number != NO_VIDEO and frame is not None:
                    key = (bank, video_number, int(hits.harm_class[number]))
                    yield key, (int(hits.distance[number]), frame, int(hits.entry[number]))
