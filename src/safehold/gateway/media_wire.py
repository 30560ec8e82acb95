"""What goes between the gateway and its decoding child, as JSON: how to examine, and what was seen.

Whoever sent an answer has opened a hostile file, so that `decode` believes nothing that does not have the right shape.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from safehold.examination import Notes, ObservedMember, ObservedScore
from safehold.media import FrameChoice, Limits
from safehold.signals import Variant
from safehold.vocabulary import Algorithm, Gap, GapReason, MediaKind, PdqFlavour, SafeholdError, Seconds, Signal

_LONGEST_PLACE = 200


class MisshapenAnswerError(Exception):
    """A child answered what no child of ours would."""


@dataclass(frozen=True, slots=True)
class MediaTerms:
    """How items are examined; see `safehold.examination.Terms`.

    Attributes:
        limits: what a decoder may use for one item.
        flavours: the PDQ flavours to compute.
        variants: the forms of each picture to fingerprint beside its own.
        video: which frames of clips.
        short_seconds: up to which length of a clip "adaptive" takes every frame.
        classifiers: entry-point names of the image classifiers to run, in order.
    """

    limits: Limits
    flavours: tuple[PdqFlavour, ...]
    variants: tuple[Variant, ...]
    video: FrameChoice
    short_seconds: Seconds
    classifiers: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the terms as JSON values."""
        return {
            "limits": self.limits.to_dict(),
            "flavours": [flavour.value for flavour in self.flavours],
            "variants": [variant.value for variant in self.variants],
            "video": self.video,
            "short_seconds": self.short_seconds,
            "classifiers": list(self.classifiers),
        }

    @classmethod
    def from_json(cls, fields: Any) -> "MediaTerms":  # noqa: ANN401  what json.loads gives
        """Read what `to_json` wrote."""
        return cls(
            limits=Limits.from_dict(fields["limits"]),
            flavours=tuple(PdqFlavour(name) for name in fields["flavours"]),
            variants=tuple(Variant(name) for name in fields["variants"]),
            video=fields["video"],
            short_seconds=Seconds(fields["short_seconds"]),
            classifiers=tuple(fields["classifiers"]),
        )


def encode(member: ObservedMember, notes: Notes) -> bytes:
    """Return what was seen of one item."""
    told = {
        "kind": member.kind.value,
        "digests": {name: getattr(member, name).hex() for name in ("sha256", "sha1", "md5")},
        "prints": [["", *_print(signal)] for signal in member.prints]
        + [[variant, *_print(signal)] for variant, signal in member.variants],
        "examined": sorted(notes.examined - {gap.detector for gap in notes.gaps}),
        "scores": [[one.detector, one.version, one.concept, one.value] for one in notes.scores],
        "gaps": [[gap.detector, gap.reason.value] for gap in notes.gaps],
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _print(signal: Signal) -> list[str | int]:
    flavour = signal.flavour or PdqFlavour.UNKNOWN
    return [signal.value.hex(), flavour.value, signal.quality or 0, signal.place]


@dataclass(frozen=True, slots=True)
class Observed:
    """What a child saw of one item.

    Attributes:
        kind: what its bytes are.
        digests: of the bytes.
        prints: perceptual fingerprints, each after the name of the form it was made of, "" for the picture itself.
        examined: the detectors that examined what they are for.
        scores: what classifiers said.
        gaps: what was not examined.
    """

    kind: MediaKind
    digests: tuple[Signal, ...]
    prints: tuple[tuple[str, Signal], ...] = ()
    examined: frozenset[str] = frozenset()
    scores: tuple[ObservedScore, ...] = ()
    gaps: tuple[Gap, ...] = ()


def decode(answer: bytes) -> Observed:
    """Return what a child says it saw.

    Raises:
        MisshapenAnswerError: the answer is not what `encode` makes.
    """
    try:
        fields = json.loads(answer)
        return Observed(
            kind=MediaKind(fields["kind"]),
            digests=_digests(fields["digests"]),
            prints=tuple((_place(variant), _signal(*made)) for variant, *made in fields["prints"]),
            examined=frozenset(map(_place, fields["examined"])),
            scores=tuple(
                ObservedScore(_place(c), _share(v), _place(d), _place(n), "") for d, n, c, v in fields["scores"]
            ),
            gaps=tuple(Gap(_place(detector), GapReason(reason)) for detector, reason in fields["gaps"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, SafeholdError) as error:
        raise MisshapenAnswerError from error


def _digests(fields: Mapping[str, str]) -> tuple[Signal, ...]:
    return tuple(
        Signal(algorithm, bytes.fromhex(fields[algorithm.value]))
        for algorithm in (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5)
    )


def _signal(value: str, flavour: str, quality: int, place: str) -> Signal:
    return Signal(Algorithm.PDQ, bytes.fromhex(value), PdqFlavour(flavour), int(quality), _place(place))


def _place(text: object) -> str:
    if not isinstance(text, str) or len(text) > _LONGEST_PLACE:
        raise ValueError("no place")
    return text


def _share(value: object) -> float:
    """Return a score; what is no number at all stays one that no threshold is compared with."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no score")
    return float(value)
