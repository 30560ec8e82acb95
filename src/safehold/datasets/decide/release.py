"""Releases: a person frees a held record, on the grounds that were known when they looked at it.

A release is bound to those grounds and to the content that was looked at: when a newer list or lexicon finds
something else, or other bytes have the same key, the record is held again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.errors import DamagedStateError
from safehold.vocabulary import Action, Finding, Gap


@dataclass(frozen=True, slots=True)
class Release:
    """One record that a person freed.

    Attributes:
        record: the record id, "OUTPUT#KEY".
        reason: why, in the person's words.
        actor: who.
        at: RFC 3339, UTC.
        grounds: what was known: see `grounds_of`.
    """

    record: str
    reason: str
    actor: str
    at: str
    grounds: str


def grounds_of(findings: Iterable[Finding], gaps: Iterable[Gap], observed: pa.Table) -> str:
    """Return a digest of what speaks against a record, whatever version of a list says it, as hex.

    Args:
        findings: what was found.
        gaps: what was not examined.
        observed: the record's row of the scan part: the person looked at this content and no other.
    """
    told = sorted(
        [finding.kind.value, finding.detector, finding.subject, _without_version(finding.reference), finding.place]
        for finding in findings
    )
    missing = sorted([gap.detector, gap.reason.value, gap.place] for gap in gaps)
    return hashlib.sha256(json.dumps([told, missing, _content_of(observed)]).encode()).hexdigest()


def _content_of(observed: pa.Table) -> list[object]:
    """Return what identifies a record's content, whatever else a newer scan notes of it."""
    (row,) = observed.select(["url", "texts", "labels", "listed", "members"]).to_pylist()
    members = [[member["name"], member["sha256"].hex()] for member in row["members"]]
    listed = [[signal["algorithm"], signal["value"].hex()] for signal in row["listed"]]
    texts = [[text["place"], text["text"]] for text in row["texts"]]
    labels = [[label["name"], label["value"]] for label in row["labels"]]
    return [row["url"], texts, labels, listed, members]


def _without_version(reference: str) -> str:
    name, _, rest = reference.partition("@")
    return f"{name}#{rest.partition('#')[2]}"


def lapsed_in(decisions: pa.Table, released: Iterable[str]) -> int:
    """Return how many of the records that people freed are kept out again, on other grounds than they had seen.

    Args:
        decisions: a shard's decisions.
        released: keys of its records that somebody freed.
    """
    keys = pa.array(sorted(released), pa.string())
    if not len(keys):
        return 0
    was_freed = pc.is_in(decisions.column("record"), value_set=keys)
    is_out = pc.not_equal(decisions.column("action"), Action.ALLOW.value)
    return len(set(decisions.column("record").filter(pc.and_(was_freed, is_out)).to_pylist()))


def encode_releases(releases: Iterable[Release]) -> bytes:
    """Write releases as JSON lines."""
    return b"".join(json.dumps(asdict(release), sort_keys=True).encode() + b"\n" for release in releases)


def decode_releases(data: bytes) -> Mapping[str, Release]:
    """Read releases by record id; a later one replaces an earlier one.

    Raises:
        DamagedStateError: a line is not what was written.
    """
    try:
        releases = [Release(**json.loads(line)) for line in data.splitlines()]
    except (ValueError, TypeError) as error:
        raise DamagedStateError(
            "the log of releases is damaged",
            advice="Restore releases.jsonl from a backup, or release the records again.",
        ) from error
    return {release.record: release for release in releases}
