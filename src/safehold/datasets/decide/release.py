"""Releases: a person frees a held record, on the grounds that were known when they looked at it.

A release is bound to those grounds: when a newer list or lexicon finds something else, the record is held again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from safehold.datasets.errors import DamagedStateError
from safehold.vocabulary import Finding, Gap


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


def grounds_of(findings: Iterable[Finding], gaps: Iterable[Gap]) -> str:
    """Return a digest of what speaks against a record, whatever version of a list says it, as hex."""
    told = sorted(
        [finding.kind.value, finding.detector, finding.subject, _without_version(finding.reference), finding.place]
        for finding in findings
    )
    missing = sorted([gap.detector, gap.reason.value, gap.place] for gap in gaps)
    return hashlib.sha256(json.dumps([told, missing]).encode()).hexdigest()


def _without_version(reference: str) -> str:
    name, _, rest = reference.partition("@")
    return f"{name}#{rest.partition('#')[2]}"


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
