"""The summary: what was found, separated, held, not examined and not covered, as numbers anyone may see.

It names no record, file, address or hash. `summary.json` holds it, the card draws it, the certificate signs it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from safehold import __version__
from safehold.datasets.apply.stage import Applied, Method
from safehold.datasets.decide.stage import Decided
from safehold.datasets.equipment import Equipment
from safehold.datasets.proof.tally import Tally
from safehold.datasets.register import Waiver
from safehold.datasets.run import Run
from safehold.datasets.sources import Shard
from safehold.screening import VideoFrames
from safehold.vocabulary import Action, HarmClass, MediaKind

SCHEMA = "safehold.summary/1"
POINTER = "pointer"
"""What coverage calls a record that only points at media."""


@dataclass(frozen=True, slots=True)
class SourceCount:
    """How much one shard brought: its records, the bytes of its members and the digest of its input."""

    records: int
    size_bytes: int
    content: str


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that a summary tells of.

    Attributes:
        run: which run.
        shards: the mix.
        counts: what each shard brought, in the order of the mix.
        tally: the counts over all decisions.
        decided: the separation and the decide digest.
        waivers: register entries that were waived.
        applied: the outputs' commit records; empty for a dry run.
        after: the digest of the cleaned dataset; "" for a dry run.
    """

    run: Run
    shards: tuple[Shard, ...]
    counts: tuple[SourceCount, ...]
    tally: Tally
    decided: Decided
    waivers: tuple[Waiver, ...]
    applied: tuple[Applied, ...] = ()
    after: str = ""

    def with_applied(self, applied: tuple[Applied, ...]) -> "Story":
        """Return the story with the outputs' commit records."""
        return replace(self, applied=applied)

    def with_after(self, digest: str) -> "Story":
        """Return the story with the cleaned dataset's digest."""
        return replace(self, after=digest)


def summarise(story: Story, equipment: Equipment) -> dict[str, Any]:
    """Return the summary as JSON values; two runs over the same input under the same basis give the same."""
    tally, policy = story.tally, equipment.policy
    classes = equipment.index.class_counts()
    return {
        "schema": SCHEMA,
        "run": {
            "id": story.run.id,
            "started_at": story.run.created_at,
            "safehold": __version__,
            "single_operator": policy.single_operator or _is_opened_alone(equipment),
        },
        "sources": _sources(story),
        "records": {
            "total": tally.records,
            "allow": tally.actions[Action.ALLOW],
            "hold": tally.actions[Action.HOLD],
            "deny": tally.actions[Action.DENY],
            "confirmed": tally.confirmed,
            "pointers": tally.pointers,
            "by_kind": dict(sorted(tally.kinds.items())),
        },
        "findings": [
            {
                "kind": kind,
                "detector": detector,
                "subject": subject,
                "tier": tier,
                "confirmed": confirmed,
                "records": count,
            }
            for (kind, detector, subject, tier, confirmed), count in sorted(tally.findings.items(), key=str)
        ],
        "concepts": [
            {"concept": concept, "before": tally.claims_before[concept], "after": tally.claims_after[concept]}
            for concept in sorted(tally.claims_before)
        ],
        "unclassified": dict(sorted(tally.unclassified.items())),
        "separation": {
            "mode": _mode(story.decided),
            "held_within_record": _held_within(tally),
            "removed_across_mix": tally.separated,
        },
        "gaps": [
            {"detector": detector, "reason": reason, "records": count}
            for (detector, reason), count in sorted(tally.gaps.items())
        ],
        "coverage": _coverage(tally, equipment),
        "banks": _banks(equipment, classes),
        "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest, "draft": policy.is_draft},
        "lexicons": [
            {
                "id": lexicon.id,
                "version": lexicon.version,
                "language": lexicon.language,
                "concept": lexicon.concept,
                "status": lexicon.status,
                "terms": len(lexicon.terms),
            }
            for lexicon in equipment.lexicons
        ],
        "register": {"version": equipment.register.version, "entries": len(equipment.register.entries)},
        "disposition": {
            "choice": policy.disposition.value,
            "jurisdiction": policy.jurisdiction,
            "sealed": len({one for applied in story.applied for one in applied.evidence}),
        },
        "releases": tally.released,
        "releases_lapsed": tally.lapsed,
        "waivers": [{"entry": waiver.entry, "reason": waiver.reason, "name": waiver.name} for waiver in story.waivers],
        "not_covered": list(_not_covered(tally, equipment, classes)),
        "datasets": {"before": _digest(story.shards, story.counts), "after": story.after},
        "clean": _clean(story),
    }


def _is_opened_alone(equipment: Equipment) -> bool:
    return equipment.vault is not None and equipment.vault.is_single_operator


def _sources(story: Story) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {}
    of_source: dict[int, list[tuple[Shard, SourceCount]]] = {}
    for shard, count in zip(story.shards, story.counts, strict=True):
        of_source.setdefault(shard.source, []).append((shard, count))
    for number, parts in sorted(of_source.items()):
        rows[number] = {
            "number": number + 1,
            "format": ", ".join(dict.fromkeys(shard.format.value for shard, _ in parts)),
            "shards": len(parts),
            "records": sum(count.records for _, count in parts),
            "bytes": sum(count.size_bytes for _, count in parts),
            "digest": _digest([shard for shard, _ in parts], [count for _, count in parts]),
        }
    return list(rows.values())


def _digest(shards: Iterable[Shard], counts: Iterable[SourceCount]) -> str:
    """Return SHA-256 over "DIGEST  NAME" lines of shards in order: what identifies the input as it was scanned."""
    lines = "".join(
        f"{count.content}  {shard.name}{shard.part and ':' + shard.part}\n"
        for shard, count in zip(shards, counts, strict=True)
    )
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _mode(decided: Decided) -> str:
    separation = decided.separation
    if separation.removed:
        return "removed " + ", ".join(sorted(separation.removed))
    if separation.outputs:
        return "two outputs: " + "; ".join(" and ".join(pair) for pair in separation.outputs)
    if separation.tolerated:
        return "nothing removed, by policy: " + "; ".join(" with ".join(pair) for pair in separation.tolerated)
    return "nothing to separate"


def _held_within(tally: Tally) -> int:
    return sum(count for rule, count in tally.rules.items() if rule.startswith("within-record:"))


def _coverage(tally: Tally, equipment: Equipment) -> list[dict[str, Any]]:
    asked = {(detector, kind.value) for kind, detectors in equipment.policy.required.items() for detector in detectors}
    optional = {(name, MediaKind.IMAGE.value) for name in equipment.classifiers}
    rows = [
        {
            "detector": detector,
            "kind": kind,
            "required": (detector, kind) in asked,
            "examined": tally.examined[detector, kind],
            "of": tally.kinds[kind],
        }
        for detector, kind in sorted(asked | optional, key=lambda pair: (pair[1], pair[0]))
        if tally.kinds[kind]
    ]
    return [*rows, *_lookups_of_pointers(tally)]


def _lookups_of_pointers(tally: Tally) -> list[dict[str, Any]]:
    """Return for records that only point at media how many list a hash that was compared; one of any kind is enough."""
    return [
        {
            "detector": algorithm,
            "kind": POINTER,
            "required": False,
            "examined": tally.looked_up[algorithm],
            "of": tally.pointers,
        }
        for algorithm in sorted(tally.looked_up)
    ]


_Classes = Sequence[Mapping[HarmClass, int]]


def _banks(equipment: Equipment, classes: _Classes) -> list[dict[str, Any]]:
    return [
        {
            "name": bank.name,
            "version": bank.version,
            "class": bank.harm_class.value,
            "tier": bank.tier.value,
            "flavour": bank.pdq_flavour.value,
            "entries": sum(bank.entries.values()),
            "by_class": {one.value: count for one, count in sorted(counts.items(), key=str)},
        }
        for bank, counts in zip(equipment.index.banks, classes, strict=True)
    ]


_NOT_COVERED_OF_VIDEOS = {
    VideoFrames.KEYFRAMES: "Videos are examined by sampled frames; what is between them and their sound were not.",
    VideoFrames.ADAPTIVE: "Longer videos are examined by sampled frames; what is between them and all sound were not.",
    VideoFrames.ALL: "Of videos every frame is examined; their sound was not.",
}


def _not_covered(tally: Tally, equipment: Equipment, classes: _Classes) -> Iterable[str]:
    if tally.pointers:
        yield (
            f"Records that only point at media: {tally.pointers:,}. Their listed hashes were compared, their media was "
            "not examined."
        )
    if tally.kinds[MediaKind.AUDIO.value]:
        yield "Audio is compared by cryptographic hash only; what is heard in it was not examined."
    if tally.kinds[MediaKind.VIDEO.value]:
        yield _NOT_COVERED_OF_VIDEOS[equipment.policy.video.frames]
    if tally.kinds[MediaKind.IMAGE.value] and not equipment.classifiers:
        yield "No image classifier ran: concepts were taken from captions and columns alone."
    if tally.kinds[MediaKind.IMAGE.value] and equipment.classifiers:
        yield "Image classifiers look at the first frame of an animation only; its other frames are compared by hash."
    if not any(counts.keys() - {HarmClass.TEST} for counts in classes):
        yield "No hash list beside the built-in test bank was loaded: known material could not be recognised."
    if any(lexicon.status == "draft" for lexicon in equipment.lexicons):
        yield "Some lexicons are drafts that nobody outside the project has reviewed."
    yield "Material that is on no list, and concepts that no caption, column or classifier names, are not found."


def _clean(story: Story) -> Mapping[str, int]:
    methods = Counter(side.method for applied in story.applied for side in applied.sides)
    return {
        "shards": len(story.applied),
        "rewritten": methods[Method.REWRITTEN],
        "linked": methods[Method.LINKED],
        "left_out": methods[Method.LEFT_OUT],
        "records": sum(side.kept for applied in story.applied for side in applied.sides),
    }
