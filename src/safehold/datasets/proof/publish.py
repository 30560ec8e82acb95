"""Publish a run: manifest, checksums, summary, card and certificate, each complete before the next one pins it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safehold import __version__
from safehold.datasets.apply.sides import sides_of
from safehold.datasets.apply.stage import Applied, Step
from safehold.datasets.card import render_card
from safehold.datasets.decide.findings import columns_seen
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.release import decode_releases, lapsed_in
from safehold.datasets.decide.stage import Decided, read_decisions
from safehold.datasets.equipment import Equipment
from safehold.datasets.errors import DamagedStateError
from safehold.datasets.layout import Layout
from safehold.datasets.proof.certificate import CERTIFICATE, PINNED, read_certificate, sign_certificate
from safehold.datasets.proof.checksums import CHECKSUMS, checksum_lines, sha256_of
from safehold.datasets.proof.manifest import write_manifest
from safehold.datasets.proof.story import SourceCount, Story
from safehold.datasets.proof.summary import summarise
from safehold.datasets.proof.tally import Tally
from safehold.datasets.register import Waiver
from safehold.datasets.run import Run
from safehold.datasets.scan.part import read_note, read_part
from safehold.datasets.sources import Format, Shard
from safehold.home import write_atomic
from safehold.ledger import BadSignatureError
from safehold.vocabulary import Event

_PUBLIC = 0o644
MANIFEST, SUMMARY, CARD = "manifest.parquet", "summary.json", "card.html"


def gather(
    layout: Layout,
    run: Run,
    shards: tuple[Shard, ...],
    decided: Decided,
    *,
    equipment: Equipment,
    waivers: tuple[Waiver, ...],
) -> Story:
    """Go over all decisions once and return what a summary tells of."""
    tally, counts = Tally(), []
    releases = decode_releases(layout.releases.read_bytes() if layout.releases.exists() else b"")
    concept_detectors = frozenset({*equipment.classifiers, "column"})
    for shard in shards:
        decisions = read_decisions(layout, shard)
        is_pointers = shard.format is Format.METADATA
        tally.add(
            decisions,
            decided.separation,
            concept_detectors=concept_detectors,
            thresholds=equipment.policy.thresholds,
            is_pointers=is_pointers,
        )
        prefix = record_id(shard, "")
        tally.lapsed += lapsed_in(decisions, [one.removeprefix(prefix) for one in releases if one.startswith(prefix)])
        note = read_note(layout.part(shard.number))
        if equipment.policy.columns:
            tally.columns |= columns_seen(read_part(layout.part(shard.number))[0], equipment.policy)
        counts.append(SourceCount(decisions.num_rows, note.size_bytes, note.content))
    return Story(run, shards, tuple(counts), tally, decided, waivers)


@dataclass(frozen=True, slots=True)
class Published:
    """What a run gave the world.

    Attributes:
        summary: what summary.json holds.
        files: what was written, by name.
    """

    summary: Mapping[str, Any]
    files: Mapping[str, Path]


def publish(layout: Layout, story: Story, equipment: Equipment, *, step: Step) -> Published:
    """Write everything that proves a run, the certificate last."""
    root, separation = layout.root, story.decided.separation
    folders = tuple(side.folder for side in sides_of(separation))
    write_manifest(root / MANIFEST, layout, story.run, story.shards, separation)
    step("manifest written")
    after = _write_checksums(root, folders, story.applied)
    step("checksums written")
    summary = summarise(story.with_after(after), equipment)
    write_atomic(root / SUMMARY, json.dumps(summary, indent=1, sort_keys=True).encode() + b"\n", mode=_PUBLIC)
    write_atomic(root / CARD, render_card(summary).encode(), mode=_PUBLIC)
    step("card written")
    pinned = {name: sha256_of(root / name) for name in PINNED}
    if not _is_certified(root / CERTIFICATE, pinned):
        _certify(root / CERTIFICATE, story, summary, pinned, equipment)
    step("certified")
    names = {"manifest": MANIFEST, "checksums": CHECKSUMS, "summary": SUMMARY, "card": CARD, "certificate": CERTIFICATE}
    sides = {folder: root / folder for folder in folders}
    return Published(summary, {**sides, **{what: root / name for what, name in names.items()}})


def _write_checksums(root: Path, folders: Sequence[str], applied: Sequence[Applied]) -> str:
    """Write the checksums and return their digest, which stands for the cleaned dataset as a whole."""
    known = {f"{side.folder}/{one.output}": side.sha256 for one in applied for side in one.sides if side.sha256}
    write_atomic(
        root / CHECKSUMS, lambda file: file.writelines(checksum_lines(root, tuple(folders), known)), mode=_PUBLIC
    )
    return sha256_of(root / CHECKSUMS)


def _is_certified(path: Path, pinned: dict[str, str]) -> bool:
    """Return whether a valid certificate already pins these files, so that a repetition changes nothing."""
    try:
        certificate = read_certificate(path)
        certificate.verify_signature()
    except (DamagedStateError, BadSignatureError):
        return False
    return certificate.files == pinned


def _certify(
    path: Path, story: Story, summary: dict[str, object], pinned: dict[str, str], equipment: Equipment
) -> None:
    event = Event(
        "dataset.certified",
        equipment.actor,
        equipment.policy.label,
        {
            "run": story.run.id,
            "manifest": pinned[MANIFEST],
            "checksums": pinned[CHECKSUMS],
            "summary": pinned[SUMMARY],
            "index": equipment.index.version,
            "records": story.tally.records,
            "replaces": sha256_of(path) if path.exists() else "",  # so that deciding back and forth is told in full
        },
    )
    equipment.ledger.append_once(event)
    checkpoint = equipment.ledger.checkpoint()
    told = (
        "run",
        "records",
        "separation",
        "gaps",
        "coverage",
        "banks",
        "policy",
        "lexicons",
        "register",
        "disposition",
    )
    fields = {
        **{
            name: summary[name] for name in (*told, "datasets", "releases", "releases_lapsed", "waivers", "not_covered")
        },
        "safehold": __version__,
        "issued_at": equipment.clock.now().isoformat(),
        "basis": {
            "index": equipment.index.version,
            "lexicons": sorted(lexicon.digest for lexicon in equipment.lexicons),
            "decided": story.decided.digest,
        },
        "files": pinned,
        "checkpoint": checkpoint.fields(),
    }
    write_atomic(path, sign_certificate(fields, equipment.key), mode=_PUBLIC)
