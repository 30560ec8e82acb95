"""Clips: how much of listed videos the frames of a clip, or of an animation, make up.

This stands beside the findings on single frames, as evidence that adds to them and never takes their place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.datasets.decide.basis import Basis
from safehold.matching import HARM_CLASSES, Index
from safehold.matching.videos import NO_VIDEO
from safehold.screening import CLEAR_QUALITY, VIDEO_DETECTOR, ClipFrame, FrameHit, VideoMatch, video_match
from safehold.signals import names_of
from safehold.vocabulary import Algorithm, Bits, Finding, FindingKind, PdqFlavour, Seconds

Placed = tuple[int, Finding]
_Numbers = NDArray[np.int64]

MOST_HITS = 4096
"""How many listed frames near to one frame are counted; in a crowd of more, shares are lower bounds."""

_QUERIES_A_LOOKUP = 1024
FRAME = re.compile(r"((?:appended (?:\d+ )?)?(?:stream \d+ )?frame \d+(?: @ (\d+\.\d+) s)?)(?: .*)?")
"""The place of a frame: what names it, its time, and in which form it was looked at."""

_IS_FRAME = r"^(appended (\d+ )?)?(stream \d+ )?frame \d"


def is_frame(prints: pa.StructArray) -> pa.BooleanArray:
    """Return which prints are of frames of a clip or animation."""
    return pc.match_substring_regex(prints.field("place"), _IS_FRAME)


def video_matches(part: pa.Table, basis: Basis) -> Iterator[Placed]:
    """Yield how much of which listed videos the frames of each clip make up, whatever the policy's share."""
    if not basis.index.videos:
        return
    members = part.column("members").combine_chunks()
    rows = members.value_parent_indices().to_numpy(zero_copy_only=False)
    member = members.flatten()
    hits = [found for queries in _frames(member, basis) for found in _lookup(queries, basis)]
    clips: dict[int, _Clip] = {}
    for group in _grouped(hits):
        clip = clips.setdefault(group.member, _Clip(member.slice(group.member, 1)))
        yield int(rows[group.member]), _finding(group, clip, basis.index)


@dataclass(frozen=True, slots=True, eq=False)
class _Frames:
    """Frames' prints of one flavour: values, the member and the place of each."""

    flavour: PdqFlavour
    values: NDArray[np.uint8]
    member: _Numbers
    places: pa.StringArray


def _frames(member: pa.StructArray, basis: Basis) -> Iterator[_Frames]:
    sources: list[tuple[pa.ListArray, pa.StringArray | None]] = [(member.field("prints"), None)]
    if basis.policy.variants:
        sources.append((member.field("variants"), pa.array(sorted(names_of(basis.policy.variants)), pa.string())))
    for prints, wanted in sources:
        made, owner = prints.flatten(), prints.value_parent_indices()
        is_asked = is_frame(made)
        if wanted is not None:
            is_asked = pc.and_(is_asked, pc.is_in(made.field("variant"), value_set=wanted))
        for flavour in sorted(basis.index.flavours(), key=lambda one: one.value):
            chosen = pc.and_(is_asked, pc.equal(made.field("flavour"), flavour.value))
            values = np.frombuffer(b"".join(made.field("value").filter(chosen).to_pylist()), np.uint8)
            places = made.field("place").filter(chosen)
            yield _Frames(flavour, values.reshape(-1, 32), owner.filter(chosen).to_numpy().astype(np.int64), places)


@dataclass(frozen=True, slots=True, eq=False)
class _Hits:
    """Frames that are near to listed frames, in columns; `place` is which part of its member a frame is."""

    member: _Numbers
    bank: _Numbers
    video: _Numbers
    harm_class: _Numbers
    entry: _Numbers
    distance: _Numbers
    place: NDArray[np.object_]


def _lookup(frames: _Frames, basis: Basis) -> Iterator[_Hits]:
    for first in range(0, len(frames.values), _QUERIES_A_LOOKUP):
        values = frames.values[first : first + _QUERIES_A_LOOKUP]
        near = basis.policy.thresholds.pdq
        hits = basis.index.lookup(Algorithm.PDQ, values, threshold=near, flavour=frames.flavour, max_hits=MOST_HITS)
        for bank in np.unique(hits.bank).tolist():
            of_bank = np.flatnonzero(hits.bank == bank)
            video = basis.index.videos.of_bank(bank).videos_of(hits.entry[of_bank])
            of_bank, video = of_bank[video != NO_VIDEO], video[video != NO_VIDEO]
            query = hits.query[of_bank] + first
            yield _Hits(
                member=frames.member[query],
                bank=np.full(len(query), bank, np.int64),
                video=video,
                harm_class=hits.harm_class[of_bank].astype(np.int64),
                entry=hits.entry[of_bank],
                distance=hits.distance[of_bank].astype(np.int64),
                place=frames.places.take(pa.array(query)).to_numpy(zero_copy_only=False),
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """The hits of one clip's frames on one listed video."""

    member: int
    bank: int
    video: int
    harm_class: int
    entry: _Numbers
    distance: _Numbers
    place: NDArray[np.object_]


def _grouped(hits: list[_Hits]) -> Iterator[_Group]:
    if not hits:
        return
    keys = np.stack(
        [np.concatenate([getattr(one, name) for one in hits]) for name in ("member", "bank", "video", "harm_class")]
    )
    entry, distance, place = (
        np.concatenate([getattr(one, name) for one in hits]) for name in ("entry", "distance", "place")
    )
    order = np.lexsort((distance, *keys[::-1]))
    starts = np.flatnonzero(np.append(True, (np.diff(keys[:, order]) != 0).any(axis=0))[: len(order)])
    for chosen in np.split(order, starts[1:]):
        if len(chosen):
            member, bank, video, harm_class = keys[:, chosen[0]].tolist()
            yield _Group(member, bank, video, harm_class, entry[chosen], distance[chosen], place[chosen])


class _Clip:
    """One member's frames in their order.

    Args:
        member: its one row of the observations.
    """

    def __init__(self, member: pa.StructArray) -> None:
        self.name = str(member.field("name")[0])
        self._numbers: dict[str, int] = {}
        self.frames: list[ClipFrame] = []
        for made in member.field("prints").flatten().to_pylist():
            if (shown := FRAME.fullmatch(made["place"])) is not None:
                self._add(shown, made["value"], is_clear=made["quality"] >= CLEAR_QUALITY)

    def _add(self, shown: re.Match[str], value: bytes, *, is_clear: bool) -> None:
        number = self._numbers.setdefault(shown[1], len(self.frames))
        if number == len(self.frames):
            self.frames.append(ClipFrame(value, is_clear, None if shown[2] is None else Seconds(float(shown[2]))))
        elif is_clear and not self.frames[number].is_clear:
            self.frames[number] = replace(self.frames[number], is_clear=True)

    def match(self, group: _Group, *, listed_frames: int) -> VideoMatch:
        """Return what a group of hits says; of hits that say the same, the nearest are enough."""
        numbers = np.array([self._number_of(place) for place in group.place], np.int64)
        clear = np.flatnonzero(np.array([frame.is_clear for frame in self.frames], np.bool_)[numbers])
        _, of_frames = np.unique(numbers, return_index=True)
        _, of_entries = np.unique(group.entry[clear], return_index=True)
        chosen = np.union1d(of_frames, clear[of_entries])
        columns = (numbers[chosen], group.entry[chosen], group.distance[chosen])
        pairs = zip(*(column.tolist() for column in columns), strict=True)
        hits = [FrameHit(frame, entry, Bits(distance)) for frame, entry, distance in pairs]
        return video_match(self.frames, hits, listed_frames=listed_frames)

    def _number_of(self, place: str) -> int:
        """Return the number of a frame; one that only a variant names is a frame too, but counts in no share."""
        shown = FRAME.fullmatch(place)
        if shown is not None and shown[1] not in self._numbers:
            self._add(shown, b"", is_clear=False)
        return 0 if shown is None else self._numbers[shown[1]]


def _finding(group: _Group, clip: _Clip, index: Index) -> Finding:
    bank, videos = index.banks[group.bank], index.videos.of_bank(group.bank)
    match = clip.match(group, listed_frames=int(videos.frames[group.video]))
    return Finding(
        kind=FindingKind.MATCH,
        detector=VIDEO_DETECTOR,
        subject=HARM_CLASSES[group.harm_class].value,
        reference=f"{bank.reference}#{videos.first[group.video]}",
        tier=bank.tier,
        distance=match.distance,
        value=match.share,
        place=f"{clip.name}: {match}",
    )
