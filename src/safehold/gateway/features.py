"""Features: everything that a decision rests on, without content, so that it can be decided again under another policy.

What was found and not examined, of which kinds of items; which concepts a session had carried; whether a limit was in
force. Rules of text are named without the word that they found.

    features_from_json(features.to_json()) == features.without_words()
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from safehold.gateway.item import ItemKind
from safehold.screening import Subject
from safehold.vocabulary import Bits, Finding, FindingKind, Fraction, Gap, GapReason, MediaKind, Signal, Tier


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """What was seen of one item.

    Attributes:
        kind: what it is to the service.
        subject: kinds, findings, gaps and who examined.
        prints: its perceptual fingerprints as it was received; for a case, and not recorded with the decision.
    """

    kind: ItemKind
    subject: Subject
    prints: tuple[Signal, ...] = ()


@dataclass(frozen=True, slots=True)
class Features:
    """What was seen of one request.

    Attributes:
        items: in the request's order.
        carried: concepts that the session had before.
        is_limited: whether a limit on the account or session was in force.
    """

    items: tuple[ItemFeatures, ...]
    carried: frozenset[str] = frozenset()
    is_limited: bool = False

    def without_words(self) -> "Features":
        """Return these features as they are recorded."""
        items = tuple(ItemFeatures(item.kind, _wordless(item.subject)) for item in self.items)
        return Features(items, self.carried, self.is_limited)

    def to_json(self) -> dict[str, Any]:
        """Return the features as JSON values, without words of texts."""
        return {
            "items": [_item_to_json(item) for item in self.without_words().items],
            "carried": sorted(self.carried),
            "limited": self.is_limited,
        }


def features_from_json(fields: Mapping[str, Any]) -> Features:
    """Read what `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    items = tuple(ItemFeatures(ItemKind(item["kind"]), _subject(item)) for item in fields["items"])
    return Features(items, frozenset(fields["carried"]), bool(fields["limited"]))


def _wordless(subject: Subject) -> Subject:
    if not subject.findings:
        return subject
    return replace(subject, findings=tuple(map(_without_word, subject.findings)))


def _without_word(finding: Finding) -> Finding:
    if finding.kind is not FindingKind.RULE:
        return finding
    return replace(finding, reference=finding.reference.partition("#")[0])


def _item_to_json(item: ItemFeatures) -> dict[str, Any]:
    subject = item.subject
    return {
        "kind": item.kind.value,
        "kinds": sorted(kind.value for kind in subject.kinds),
        "examined": sorted(subject.examined),
        "findings": [_finding_to_json(finding) for finding in subject.findings],
        "gaps": [[gap.detector, gap.reason.value, gap.place] for gap in subject.gaps],
    }


def _finding_to_json(finding: Finding) -> list[Any]:
    tier = None if finding.tier is None else finding.tier.value
    named = [finding.kind.value, finding.detector, finding.subject, finding.reference]
    return [*named, tier, finding.distance, finding.value, finding.place]


def _subject(fields: Mapping[str, Any]) -> Subject:
    return Subject(
        kinds=frozenset(map(MediaKind, fields["kinds"])),
        findings=tuple(map(_finding, fields["findings"])),
        gaps=tuple(Gap(detector, GapReason(reason), place) for detector, reason, place in fields["gaps"]),
        examined=frozenset(fields["examined"]),
    )


def _finding(fields: Sequence[Any]) -> Finding:
    kind, detector, subject, reference, tier, distance, value, place = fields
    return Finding(
        kind=FindingKind(kind),
        detector=detector,
        subject=subject,
        reference=reference,
        tier=None if tier is None else Tier(tier),
        distance=None if distance is None else Bits(distance),
        value=None if value is None else Fraction(value),
        place=place,
    )
