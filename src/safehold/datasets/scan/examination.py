"""Examine one record: fingerprint every member, decode what can be decoded, say what could not be.

This runs in a decoding child. It takes values and returns values; what goes wrong with one member becomes a Gap of
its record, and every member is fingerprinted cryptographically whatever else fails.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from safehold.classification import Classifier
from safehold.datasets.scan.observation import Observation, ObservedMember, ObservedScore
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.sources import Member, Record
from safehold.media import (
    Frame,
    Luma,
    MediaError,
    Sniffed,
    SoundOnlyError,
    is_same,
    open_colour,
    open_image,
    open_sound,
    open_video,
    sniff,
)
from safehold.signals import Print, UnhashablePictureError, digest, queries
from safehold.vocabulary import Algorithm, Gap, GapReason, MediaKind, Signal

_DIGESTS = frozenset({"sha256", "sha1", "md5"})
_NO_MEDIA = frozenset({MediaKind.UNKNOWN, MediaKind.TEXT})
_SNIFFED_BYTES = 4096


@dataclass(slots=True)
class _Notes:
    """What one record's examination has gathered so far, and whom it tells that it is alive."""

    beat: Callable[[], object]
    examined: set[str] = field(default_factory=set)
    scores: list[ObservedScore] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def miss(self, detector: str, reason: GapReason, place: str) -> None:
        self.gaps.append(Gap(detector, reason, place))


@dataclass(slots=True)
class _Prints:
    """One member's prints so far: of its frames, and of the frames' variants with the variants' names.

    A frame that is like one of the two before it (as stored, and upright) is not hashed again: a still that is shown
    for a while has hundreds of them.
    """

    own: list[Signal] = field(default_factory=list)
    variants: list[tuple[str, Signal]] = field(default_factory=list)
    last: deque[tuple[Luma, list[tuple[str, Print]]]] = field(default_factory=lambda: deque(maxlen=2))

    def add(self, frame: Frame, settings: ScanSettings) -> None:
        for variant, made in self._made_of(frame.luma, settings):
            signal = Signal(Algorithm.PDQ, made.value, made.flavour, made.quality, frame.place)
            if variant:
                self.variants.append((variant, signal))
            else:
                self.own.append(signal)

    def _made_of(self, luma: Luma, settings: ScanSettings) -> list[tuple[str, Print]]:
        for known, made in self.last:
            if is_same(known, luma):
                return made
        self.last.append((luma, list(queries(luma, settings.flavours, settings.variants))))
        return self.last[-1][1]


def examine(
    record: Record,
    settings: ScanSettings,
    *,
    classifiers: Sequence[Classifier] = (),
    poison: GapReason | None = None,
    beat: Callable[[], object] = lambda: None,
) -> Observation:
    """Return everything that can be seen of a record.

    Args:
        record: what the source read.
        settings: how to examine.
        classifiers: the loaded image classifiers.
        poison: why an earlier attempt at this record killed its child: it is fingerprinted but not opened again.
        beat: is called now and then while a large member is read.
    """
    notes = _Notes(beat, gaps=list(record.gaps))
    if record.members:
        notes.examined |= _DIGESTS
    else:  # a record that only points at media: what can be looked up is what it lists
        notes.examined |= {signal.algorithm.value for signal in record.listed}
    members = [
        _examine_member(member, settings, notes, classifiers=classifiers, poison=poison) for member in record.members
    ]
    kinds = {
        seen.kind
        for member, seen in zip(record.members, members, strict=True)
        if not _is_inert(member, seen.kind, settings)
    }
    if record.texts:
        kinds.add(MediaKind.TEXT)
    return Observation(
        record=record.key,
        kinds=frozenset(kinds),
        examined=frozenset(notes.examined - {gap.detector for gap in notes.gaps}),
        url=record.url,
        texts=tuple((text.place, text.text) for text in record.texts),
        labels=tuple(record.labels.items()),
        scores=tuple(notes.scores),
        listed=record.listed,
        members=tuple(members),
        gaps=tuple(notes.gaps),
    )


def _is_inert(member: Member, kind: MediaKind, settings: ScanSettings) -> bool:
    """Return whether the policy says that a member needs nothing but hashing; media under such a name is no such."""
    return kind in _NO_MEDIA and member.extension in settings.inert


def _examine_member(
    member: Member,
    settings: ScanSettings,
    notes: _Notes,
    *,
    classifiers: Sequence[Classifier],
    poison: GapReason | None,
) -> ObservedMember:
    digests = digest(member.data, beat=notes.beat)
    sniffed = sniff(bytes(member.data[:_SNIFFED_BYTES]), member.name)
    prints, kind = _Prints(), sniffed.kind
    if sniffed.kind not in _NO_MEDIA:
        if poison is None:
            prints, kind = _fingerprint(member, sniffed, settings, notes)
            _classify(member, sniffed, settings, notes, classifiers)
        else:
            notes.miss("pdq", poison, member.name)
    elif not _is_inert(member, sniffed.kind, settings):
        reason = GapReason.UNKNOWN_KIND if member.data else GapReason.EMPTY
        notes.miss("media", reason, member.name)
    return ObservedMember(
        name=member.name,
        kind=kind,
        size_bytes=len(member.data),
        sha256=digests.sha256,
        sha1=digests.sha1,
        md5=digests.md5,
        prints=tuple(prints.own),
        variants=tuple(prints.variants),
    )


def _fingerprint(member: Member, sniffed: Sniffed, settings: ScanSettings, notes: _Notes) -> tuple[_Prints, MediaKind]:
    """Return the PDQ prints of every frame, and what the member is: a container of clips may hold sound alone.

    A frame that can't be had is a gap beside those that could.
    """
    prints, kind = _Prints(), sniffed.kind
    try:
        for frame in _frames(member, sniffed, settings):
            prints.add(frame, settings)
    except SoundOnlyError:
        kind = MediaKind.AUDIO
    except (MediaError, UnhashablePictureError) as error:
        notes.miss("pdq", error.reason, member.name)
        return prints, kind
    if kind is not MediaKind.AUDIO or prints.own:  # of sound, only the covers
        notes.examined.add("pdq")
    return prints, kind


def _frames(member: Member, sniffed: Sniffed, settings: ScanSettings) -> Iterator[Frame]:
    if sniffed.kind is MediaKind.VIDEO:
        return open_video(member.data, settings.limits, settings.video, short_seconds=settings.short_seconds)
    if sniffed.kind is MediaKind.AUDIO:
        return open_sound(member.data, settings.limits)
    return open_image(member.data, settings.limits)


def _classify(
    member: Member,
    sniffed: Sniffed,
    settings: ScanSettings,
    notes: _Notes,
    classifiers: Sequence[Classifier],
) -> None:
    if not classifiers or sniffed.kind is not MediaKind.IMAGE:
        return
    try:
        picture = open_colour(member.data, settings.limits)
    except MediaError as error:
        for classifier in classifiers:
            notes.miss(classifier.name, error.reason, member.name)
        return
    for classifier in classifiers:
        scores = np.asarray(classifier.score([picture]), np.float64)
        if scores.shape != (1, len(classifier.concepts)) or not ((scores >= 0) & (scores <= 1)).all():
            notes.miss(classifier.name, GapReason.DETECTOR_FAILED, member.name)  # no number is below every threshold
            continue
        notes.examined.add(classifier.name)
        for concept, value in zip(classifier.concepts, scores[0], strict=True):
            notes.scores.append(ObservedScore(concept, float(value), classifier.name, classifier.version, member.name))
