"""The summary: what was found, separated, held, not examined and not covered, as numbers anyone may see.

It names no record, file, address or hash. `summary.json` holds it, the card draws it, the certificate signs it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from safehold import __version__
from safehold.classification.text import Lexicon
from safehold.datasets.apply.writing import Method
from safehold.datasets.decide.stage import Decided
from safehold.datasets.equipment import Equipment
from safehold.datasets.proof.coverage import coverage, not_covered
from safehold.datasets.proof.story import SourceCount, Story
from safehold.datasets.proof.tally import Tally
from safehold.datasets.sources import Shard
from safehold.matching import MOST_HITS
from safehold.vocabulary import Action, HarmClass

SCHEMA = "safehold.summary/1"


def summarise(story: Story, equipment: Equipment) -> dict[str, Any]:
    """Return the summary as JSON values; two runs over the same input under the same basis give the same."""
    tally = story.tally
    classes = equipment.index.class_counts()
    return {
        "schema": SCHEMA,
        "run": _run(story, equipment),
        "sources": _sources(story),
        "left_out": {"files": sum(story.left_out.values()), "kinds": dict(sorted(story.left_out.items()))},
        "records": _records(tally),
        "findings": _findings(tally),
        "hits": {"most_per_query": MOST_HITS, "capped_records": tally.capped},
        "concepts": _concepts(tally),
        "unclassified": dict(sorted(tally.unclassified.items())),
        "separation": _separation(story),
        "gaps": _gaps(tally),
        "coverage": coverage(tally, equipment),
        "banks": _banks(equipment, classes),
        "policy": _policy(equipment),
        "lexicons": list(map(_lexicon, equipment.lexicons)),
        "register": {"version": equipment.register.version, "entries": len(equipment.register.entries)},
        "disposition": _disposition(story, equipment),
        "releases": tally.released,
        "releases_lapsed": tally.lapsed,
        "waivers": [{"entry": waiver.entry, "reason": waiver.reason, "name": waiver.name} for waiver in story.waivers],
        "not_covered": [*_of_files(story), *not_covered(tally, equipment, classes)],
        "datasets": {"before": _digest(story.shards, story.counts), "after": story.after},
        "clean": _clean(story),
    }


def _of_files(story: Story) -> Iterator[str]:
    if story.is_shortened:
        yield (
            "Words in the tables beside shards (caption, url, status) were not examined, so the cleaned dataset has "
            "only their keys and numbers; captions and addresses inside the shards are kept."
        )
    if story.unscreened:
        yield (
            f"Columns of text that no role claims, and nobody screened: {story.unscreened:,} "
            "(--column caption NAME says which are captions)."
        )
    if story.left_out:
        kinds = ", ".join(f"{name} {count:,}" for name, count in sorted(story.left_out.items()))
        yield f"Files of the sources that are no record, and are not in the cleaned dataset, by extension: {kinds}."
    if story.unread:
        yield (
            "Among these are media files, or links to folders, which nobody could read (the name is no text, or a link "
            f"leads nowhere or to a folder): {story.unread:,}."
        )


def _run(story: Story, equipment: Equipment) -> dict[str, Any]:
    return {
        "id": story.run.id,
        "started_at": story.run.created_at,
        "safehold": __version__,
        "single_operator": equipment.policy.single_operator or _is_opened_alone(equipment),
    }


def _records(tally: Tally) -> dict[str, Any]:
    return {
        "total": tally.records,
        "allow": tally.actions[Action.ALLOW],
        "hold": tally.actions[Action.HOLD],
        "deny": tally.actions[Action.DENY],
        "confirmed": tally.confirmed,
        "pointers": tally.pointers,
        "by_kind": dict(sorted(tally.kinds.items())),
    }


def _findings(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "kind": kind,
            "detector": detector,
            "subject": subject,
            "tier": tier,
            "confirmed": confirmed,
            "records": count,
        }
        for (kind, detector, subject, tier, confirmed), count in sorted(tally.findings.items(), key=str)
    ]


def _concepts(tally: Tally) -> list[dict[str, Any]]:
    return [
        {"concept": concept, "before": tally.claims_before[concept], "after": tally.claims_after[concept]}
        for concept in sorted(tally.claims_before)
    ]


def _separation(story: Story) -> dict[str, Any]:
    return {
        "mode": _mode(story.decided),
        "held_within_record": _held_within(story.tally),
        "removed_across_mix": story.tally.separated,
    }


def _gaps(tally: Tally) -> list[dict[str, Any]]:
    return [
        {"detector": detector, "reason": reason, "records": count}
        for (detector, reason), count in sorted(tally.gaps.items())
    ]


def _policy(equipment: Equipment) -> dict[str, Any]:
    policy = equipment.policy
    return {"name": policy.name, "version": policy.version, "digest": policy.digest, "draft": policy.is_draft}


def _lexicon(lexicon: Lexicon) -> dict[str, Any]:
    return {
        "id": lexicon.id,
        "version": lexicon.version,
        "language": lexicon.language,
        "concept": lexicon.concept,
        "status": lexicon.status,
        "terms": len(lexicon.terms),
    }


def _disposition(story: Story, equipment: Equipment) -> dict[str, Any]:
    return {
        "choice": equipment.policy.disposition.value,
        "jurisdiction": equipment.policy.jurisdiction,
        "sealed": len({one for applied in story.applied for one in applied.evidence}),
        "sealed_to_one": _is_opened_alone(equipment),
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


def _clean(story: Story) -> Mapping[str, int]:
    methods = Counter(side.method for applied in story.applied for side in applied.sides)
    return {
        "shards": len(story.applied),
        "rewritten": methods[Method.REWRITTEN],
        "linked": methods[Method.LINKED],
        "left_out": methods[Method.LEFT_OUT],
        "records": sum(side.kept for applied in story.applied for side in applied.sides),
    }
