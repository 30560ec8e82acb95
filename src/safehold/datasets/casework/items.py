"""Items: what a case is told of a record: what was found, its fingerprints, and where it lies; never its name or words.

Places of findings and gaps name files of the source, and are left out; whoever looks reads them from the run's folder.
Circumstances (the record's id, captions, address) go sealed to the review key, or not at all.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from safehold.cases import Content, Form, NewItem, Origin, Place
from safehold.datasets.casework.verdicts import reference_of
from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.release import grounds_of
from safehold.datasets.decide.stage import read_decisions
from safehold.datasets.layout import Layout
from safehold.datasets.run import Run
from safehold.datasets.scan.observation import parse_profile
from safehold.datasets.scan.part import read_part
from safehold.datasets.sources import Shard
from safehold.vault.review import ReviewKey
from safehold.vocabulary import Algorithm, Finding, FindingKind, Gap, MediaKind, PdqFlavour, Signal

ROLE = "record"
SCHEMA = "safehold.record-circumstances/1"
MOST_PRINTS = 64
"""How many frames' prints of one file are kept."""

MOST_CHARACTERS = 16_384
"""Of a record's captions together, in its circumstances."""

_FORMS = (
    (MediaKind.VIDEO, Form.VIDEO),
    (MediaKind.IMAGE, Form.IMAGE),
    (MediaKind.AUDIO, Form.AUDIO),
    (MediaKind.TEXT, Form.TEXT),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """A record as its run knows it.

    Attributes:
        record: its id, "OUTPUT#KEY".
        decision: what the policy says of it.
        observed: its row of the scan part.
    """

    record: str
    decision: Decision
    observed: pa.Table

    @property
    def grounds(self) -> str:
        """Return the digest of what speaks against it."""
        return grounds_of(self.decision.findings, self.decision.gaps, self.observed)


def facts_of(layout: Layout, shard: Shard, rows: Sequence[int]) -> Iterator[Facts]:
    """Yield what a decided run knows of some records of a shard.

    Args:
        layout: of its output folder.
        shard: which.
        rows: their places in the shard, ascending.

    Raises:
        DamagedStateError: its state can't be read.
    """
    if not rows:
        return
    part, _ = read_part(layout.part(shard.number))
    decisions = read_rows(read_decisions(layout, shard).take(pa.array(rows)))
    for row, decision in zip(rows, decisions, strict=True):
        yield Facts(record_id(shard, decision.record), decision, part.slice(row, 1))


def item_of(facts: Facts, run: Run, *, policy: str, at: dt.datetime, key: ReviewKey | None) -> NewItem:
    """Return a record as an item.

    Args:
        facts: what the run knows of it.
        run: which.
        policy: the label of the policy that decided.
        at: when.
        key: to which its circumstances are sealed; None keeps none.
    """
    pseudonym = run.pseudonym(facts.record)
    (row,) = facts.observed.to_pylist()
    return NewItem(
        origin=Origin.DATASET,
        reference=reference_of(run.id, pseudonym, facts.grounds),
        form=_form(facts.decision, row),
        role=ROLE,
        action=facts.decision.action,
        at=at,
        policy=policy,
        findings=tuple(dict.fromkeys(map(_nameless, facts.decision.findings))),
        gaps=tuple(dict.fromkeys(Gap(gap.detector, gap.reason) for gap in facts.decision.gaps)),
        signals=tuple(_signals(row)),
        content=Content(Place.DATASET, f"{run.id}#{pseudonym}"),
        context=b"" if key is None else key.box(_circumstances(facts.record, row)),
    )


def _form(decision: Decision, row: Mapping[str, Any]) -> Form:
    kinds, _ = parse_profile(decision.profile)
    for kind, form in _FORMS:
        if kind in kinds:
            return form
    return Form.LINK if row["url"] and not row["members"] else Form.FILE


def _nameless(finding: Finding) -> Finding:
    """Return a finding without the file or column that it is of, and a text rule's without the word that it found."""
    if finding.kind is FindingKind.RULE:
        return replace(finding, reference=finding.reference.partition("#")[0], place="")
    return replace(finding, place="")


def _signals(row: Mapping[str, Any]) -> Iterator[Signal]:
    """Yield a record's fingerprints: of its media first, which is the whole; further files have a number."""
    media = {MediaKind.IMAGE.value, MediaKind.VIDEO.value, MediaKind.AUDIO.value}
    members = sorted(row["members"], key=lambda member: member["kind"] not in media)
    for number, member in enumerate(members):
        place = f"file {number + 1}" if number else ""
        for algorithm in (Algorithm.SHA256, Algorithm.SHA1, Algorithm.MD5):
            if member["bytes"]:
                yield Signal(algorithm, member[algorithm.value], place=place)
        yield from _prints(member["prints"], place)
    for listed in row["listed"]:
        yield Signal(Algorithm(listed["algorithm"]), listed["value"], place="original")


def _prints(prints: Sequence[Mapping[str, Any]], place: str) -> Iterator[Signal]:
    kept = min(len(prints), MOST_PRINTS)
    for number in range(kept):
        one = prints[number * len(prints) // kept]
        flavour = PdqFlavour(one["flavour"]) if one["flavour"] else PdqFlavour.UNKNOWN
        yield Signal(Algorithm.PDQ, one["value"], flavour, one["quality"], f"{place} {one['place']}".strip())


def _circumstances(record: str, row: Mapping[str, Any]) -> bytes:
    told = {
        "schema": SCHEMA,
        "record": record,
        "url": row["url"],
        "texts": list(_cut(row["texts"])),
        "labels": row["labels"],
        "files": [{"name": one["name"], "kind": one["kind"], "bytes": one["bytes"]} for one in row["members"]],
    }
    return json.dumps(told, default=repr).encode("utf-8", "surrogateescape")


def _cut(texts: Iterable[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    left = MOST_CHARACTERS
    for text in texts:
        yield {"place": text["place"], "text": text["text"][:left]}
        left = max(0, left - len(text["text"]))
