"""Media: the bytes of an item go to a decoding child, its fingerprints to the index; findings and gaps come back.

The bytes go through a pipe and touch no disk. Whatever happens to the child, the bytes are digested and looked up; what
was not opened is a gap. What an item is, its bytes say.

    seen = room.examine(data, policy)
    seen.subject                          # what screening reads
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from safehold.gateway.fingerprints import digests_of, prints_of
from safehold.gateway.matches import matches
from safehold.gateway.media_wire import MediaTerms, MisshapenAnswerError, Observed, decode
from safehold.gateway.policy import GatewayPolicy
from safehold.matching import Index
from safehold.media import Limits, sniff
from safehold.media.sandbox import Reply
from safehold.screening import MediaLimits, Subject
from safehold.vocabulary import (
    Algorithm,
    Finding,
    FindingKind,
    Fraction,
    Gap,
    GapReason,
    MediaKind,
    SafeholdError,
    Signal,
)

LISTS = "index"
"""What leaves a gap where the lists can't be searched, or not all of them."""

_OPENED = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO})
_DIGESTS = frozenset({"sha256", "sha1", "md5"})
_SNIFFED_BYTES = 4096


class Lists(Protocol):
    """The index as it is now."""

    @property
    def behind(self) -> int:
        """Return how many imported entries are not searched yet."""
        ...

    def current(self) -> Index:
        """Return one snapshot.

        Raises:
            SafeholdError, OSError: the banks can't be read or searched.
        """
        ...


@dataclass(frozen=True, slots=True)
class StandingLists:
    """An index that does not follow its banks: for commands that end soon.

    Attributes:
        index: the one that there is.
        behind: nothing.
    """

    index: Index
    behind: int = 0

    def current(self) -> Index:
        """Return it."""
        return self.index


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one item's bytes.

    Attributes:
        subject: kinds, findings, gaps and who examined.
        detectors: name to version of what took part.
        prints: perceptual fingerprints of the bytes as they were received, those that a case keeps.
    """

    subject: Subject
    detectors: dict[str, str]
    prints: tuple[Signal, ...] = ()


Ask = Callable[[bytes, MediaTerms, float], Reply]
"""Ask a decoding child: the bytes, how to examine them, how many seconds to wait for one that is free."""


@dataclass(frozen=True, slots=True)
class MediaRoom:
    """Examines bytes.

    Attributes:
        ask: a crew of decoding children.
        lists: the banks.
        classifiers: entry-point names of the image classifiers that children load, with their versions.
    """

    ask: Ask
    lists: Lists
    classifiers: tuple[tuple[str, str], ...] = ()

    def examine(self, data: bytes, policy: GatewayPolicy) -> Seen:
        """Return what is seen of some bytes; whatever goes wrong is a gap."""
        versions = dict.fromkeys((*sorted(_DIGESTS), Algorithm.PDQ.value), "1") | dict(self.classifiers)
        if not data:
            return Seen(Subject(frozenset(), gaps=(Gap("media", GapReason.EMPTY),)), versions)
        try:
            index, is_whole = self.lists.current(), self.lists.behind == 0
        except (SafeholdError, OSError):
            kinds = frozenset({sniff(data[:_SNIFFED_BYTES], "").kind})
            subject = Subject(kinds, gaps=(Gap(LISTS, GapReason.DETECTOR_FAILED),))
            return Seen(subject, versions)
        observed = self._observed(data, policy, index)
        try:
            found = (*self._matches(observed, index, policy), *_scores(observed))
        except (SafeholdError, OSError):
            found, is_whole = (), False
        gaps = observed.gaps if is_whole else (*observed.gaps, Gap(LISTS, GapReason.DETECTOR_MISSING))
        subject = Subject(frozenset({observed.kind}), found, gaps, observed.examined & versions.keys())
        return Seen(subject, {**versions, LISTS: index.version[:16]}, prints_of(observed))

    def _observed(self, data: bytes, policy: GatewayPolicy, index: Index) -> Observed:
        terms = MediaTerms(
            limits=limits_of(policy.limits),
            flavours=tuple(sorted(index.flavours(), key=lambda flavour: flavour.value)),
            variants=tuple(sorted(policy.variants, key=lambda variant: variant.value)),
            video=policy.video.frames.value,
            short_seconds=policy.video.short_seconds,
            classifiers=tuple(name for name, _ in self.classifiers),
        )
        reply = self.ask(data, terms, policy.requests.waiting_seconds)
        if reply.failure is not None:
            return self._unopened(data, reply.failure)
        try:
            return decode(reply.data)
        except MisshapenAnswerError:
            return self._unopened(data, GapReason.CRASHED)

    def _unopened(self, data: bytes, reason: GapReason) -> Observed:
        """Return what can be said of bytes that no child could open: their digests, and gaps."""
        kind = sniff(data[:_SNIFFED_BYTES], "").kind
        names = ("pdq", *(name for name, _ in self.classifiers)) if kind in _OPENED else ("media",)
        return Observed(kind, digests_of(data), examined=_DIGESTS, gaps=tuple(Gap(name, reason) for name in names))

    @staticmethod
    def _matches(observed: Observed, index: Index, policy: GatewayPolicy) -> tuple[Finding, ...]:
        return tuple(matches(observed, index, threshold=policy.thresholds.pdq, variants=policy.variants))


def _scores(observed: Observed) -> Iterator[Finding]:
    for score in observed.scores:
        yield Finding(
            kind=FindingKind.SCORE,
            detector=score.detector,
            subject=score.concept,
            reference=f"{score.detector}@{score.version}#{score.concept}",
            value=Fraction(score.value),
        )


def limits_of(limits: MediaLimits) -> Limits:
    """Return a policy's limits as a decoder's; an answer of a child about one item stays small."""
    return Limits(
        pixels=limits.pixels,
        frames=limits.frames,
        clip_pixels=limits.clip_pixels,
        seconds=limits.seconds,
        memory_bytes=limits.memory_bytes,
        output_bytes=1 << 26,
    )
