"""Examine the bytes of one file: fingerprint them, decode what can be decoded, say what could not be.

Whatever goes wrong with a file becomes a Gap, and every file is fingerprinted cryptographically whatever else fails.

    notes = Notes()
    seen = Examiner(terms).examine(data, "picture.jpg", notes)
    seen.prints, notes.examined, notes.gaps
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from safehold.classification import Classifier
from safehold.examination.observed import NO_MEDIA, ObservedMember, ObservedScore
from safehold.media import (
    Frame,
    FrameChoice,
    Limits,
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
from safehold.signals import Digests, Print, UnhashablePictureError, Variant, digest, queries
from safehold.vocabulary import Algorithm, Gap, GapReason, MediaKind, PdqFlavour, Seconds, Signal

DIGESTS = frozenset({"sha256", "sha1", "md5"})
_SNIFFED_BYTES = 4096
_FURTHER = ("frame ", "appended")
"""How the places of what is no picture's own begin; a preview is taken for a copy of it by those who score pictures."""


class Terms(Protocol):
    """How files are examined.

    Attributes:
        limits: what a decoder may use for one file.
        flavours: the PDQ flavours to compute.
        video: which frames of clips.
        variants: the forms of each picture to fingerprint beside its own.
        short_seconds: up to which length of a clip "adaptive" takes every frame.
    """

    @property
    def limits(self) -> Limits: ...  # noqa: D102  said above, like the others
    @property
    def flavours(self) -> tuple[PdqFlavour, ...]: ...  # noqa: D102
    @property
    def video(self) -> FrameChoice: ...  # noqa: D102
    @property
    def variants(self) -> tuple[Variant, ...]: ...  # noqa: D102
    @property
    def short_seconds(self) -> Seconds: ...  # noqa: D102


@dataclass(slots=True)
class Notes:
    """What an examination has gathered so far, and whom it tells that it is alive.

    Attributes:
        beat: is called now and then while a large file is read.
        examined: the detectors that examined what they are for.
        scores: what classifiers said.
        gaps: what was not examined.
    """

    beat: Callable[[], object] = lambda: None
    examined: set[str] = field(default_factory=set)
    scores: list[ObservedScore] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def miss(self, detector: str, reason: GapReason, place: str) -> None:
        """Note that something was not examined."""
        self.gaps.append(Gap(detector, reason, place))


@dataclass(slots=True)
class _Prints:
    """One file's prints so far: of its frames, and of the frames' variants with the variants' names.

    A frame that is like one of the two before it (as stored, and upright) is not hashed again: a still that is shown
    for a while has hundreds of them.
    """

    own: list[Signal] = field(default_factory=list)
    variants: list[tuple[str, Signal]] = field(default_factory=list)
    last: deque[tuple[Luma, list[tuple[str, Print]]]] = field(default_factory=lambda: deque(maxlen=2))
    is_still: bool = True

    def add(self, frame: Frame, terms: Terms) -> None:
        self.is_still &= not frame.place.startswith(_FURTHER)
        for variant, made in self._made_of(frame.luma, terms):
            signal = Signal(Algorithm.PDQ, made.value, made.flavour, made.quality, frame.place)
            if variant:
                self.variants.append((variant, signal))
            else:
                self.own.append(signal)

    def _made_of(self, luma: Luma, terms: Terms) -> list[tuple[str, Print]]:
        for known, made in self.last:
            if is_same(known, luma):
                return made
        self.last.append((luma, list(queries(luma, terms.flavours, terms.variants))))
        return self.last[-1][1]


@dataclass(frozen=True, slots=True)
class Examiner:
    """Examine files under the same terms.

    Attributes:
        terms: how.
        classifiers: the loaded image classifiers.
        poison: why an earlier attempt killed its child: files are fingerprinted but not opened again.
    """

    terms: Terms
    classifiers: Sequence[Classifier] = ()
    poison: GapReason | None = None

    def examine(
        self,
        data: bytes | memoryview,
        name: str,
        notes: Notes,
        *,
        is_inert: bool = False,
        digests: Digests | None = None,
    ) -> ObservedMember:
        """Return what can be seen of a file.

        Args:
            data: all of it.
            name: its name, which is the place of its gaps; what it is is judged by its bytes.
            notes: take what was examined, the scores and the gaps.
            is_inert: whether it needs nothing but digests, unless it is media after all.
            digests: of the data, where they are known.
        """
        digests = digests or digest(data, beat=notes.beat)
        notes.examined |= DIGESTS
        sniffed = sniff(bytes(data[:_SNIFFED_BYTES]), name)
        prints, kind = _Prints(), sniffed.kind
        if sniffed.kind not in NO_MEDIA:
            if self.poison is None:
                prints, kind = self._fingerprint(data, name, sniffed, notes)
                self._classify(data, name, sniffed, notes, is_still=prints.is_still)
            else:
                notes.miss("pdq", self.poison, name)
        elif not is_inert:
            notes.miss("media", GapReason.UNKNOWN_KIND if data else GapReason.EMPTY, name)
        return ObservedMember(
            name=name,
            kind=kind,
            size_bytes=len(data),
            sha256=digests.sha256,
            sha1=digests.sha1,
            md5=digests.md5,
            prints=tuple(prints.own),
            variants=tuple(prints.variants),
        )

    def _fingerprint(
        self, data: bytes | memoryview, name: str, sniffed: Sniffed, notes: Notes
    ) -> tuple[_Prints, MediaKind]:
        """Return the PDQ prints of every frame, and what the file is: a container of clips may hold sound alone.

        A frame that can't be had is a gap beside those that could.
        """
        prints, kind = _Prints(), sniffed.kind
        reason: GapReason | None = None
        try:
            for frame in self._frames(data, sniffed):
                try:
                    prints.add(frame, self.terms)
                except UnhashablePictureError as error:
                    reason = reason or error.reason
        except SoundOnlyError:
            kind = MediaKind.AUDIO
        except MediaError as error:
            reason = reason or error.reason
        if reason is not None:
            notes.miss("pdq", reason, name)
            return prints, kind
        if kind is not MediaKind.AUDIO or prints.own:  # of sound, only the covers
            notes.examined.add("pdq")
        return prints, kind

    def _frames(self, data: bytes | memoryview, sniffed: Sniffed) -> Iterator[Frame]:
        if sniffed.kind is MediaKind.VIDEO:
            return self._clip(data, self.terms.limits)
        if sniffed.kind is MediaKind.AUDIO:
            return open_sound(data, self.terms.limits)
        return open_image(data, self.terms.limits, sniffed, open_clip=self._clip)

    def _clip(self, data: bytes | memoryview, limits: Limits) -> Iterator[Frame]:
        return open_video(data, limits, self.terms.video, short_seconds=self.terms.short_seconds)

    def _classify(self, data: bytes | memoryview, name: str, sniffed: Sniffed, notes: Notes, *, is_still: bool) -> None:
        """Score a picture; of several in one file the first alone, by which the file is not examined."""
        if not self.classifiers or sniffed.kind is not MediaKind.IMAGE:
            return
        try:
            picture = open_colour(data, self.terms.limits)
        except MediaError as error:
            for classifier in self.classifiers:
                notes.miss(classifier.name, error.reason, name)
            return
        for classifier in self.classifiers:
            scores = np.asarray(classifier.score([picture]), np.float64)
            if scores.shape != (1, len(classifier.concepts)) or not ((scores >= 0) & (scores <= 1)).all():
                notes.miss(classifier.name, GapReason.DETECTOR_FAILED, name)  # no number is below every threshold
                continue
            if is_still:
                notes.examined.add(classifier.name)
            for concept, value in zip(classifier.concepts, scores[0], strict=True):
                notes.scores.append(ObservedScore(concept, float(value), classifier.name, classifier.version, name))
