"""Decisions: what a policy says of each record of a shard, as one Arrow table a shard, in the order of the scan part.

An action here is the record's own; what separation over the whole mix takes away on top is kept once for the mix,
beside the claims that it applies to, so that no shard is written twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from safehold.datasets.errors import DamagedStateError
from safehold.datasets.scan.ipc import from_ipc, to_ipc
from safehold.vocabulary import Action, Finding, FindingKind, Gap, GapReason, Tier

_FINDING = pa.struct(
    [
        ("kind", pa.string()),
        ("detector", pa.string()),
        ("subject", pa.string()),
        ("reference", pa.string()),
        ("tier", pa.string()),
        ("distance", pa.int16()),
        ("value", pa.float64()),
        ("place", pa.string()),
    ]
)
_GAP = pa.struct([("detector", pa.string()), ("reason", pa.string()), ("place", pa.string())])

SCHEMA = pa.schema(
    [
        pa.field("record", pa.string(), nullable=False),
        pa.field("profile", pa.string(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("found", pa.bool_(), nullable=False),
        pa.field("confirmed", pa.bool_(), nullable=False),
        pa.field("released", pa.bool_(), nullable=False),
        pa.field("capped", pa.bool_(), nullable=False),
        pa.field("rules", pa.list_(pa.string())),
        pa.field("claims", pa.list_(pa.string())),
        pa.field("findings", pa.list_(_FINDING)),
        pa.field("gaps", pa.list_(_GAP)),
    ]
)
_KEY = b"safehold"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says of one record.

    Attributes:
        record: its key.
        profile: its kinds and the detectors that examined it.
        action: what to do, before separation over the mix.
        found: whether its findings alone, without its gaps, would keep it out.
        confirmed: whether a finding is confirmed by hash.
        released: whether a person freed it.
        rules: the policy's rules that applied, most severe first.
        claims: the concepts it claims.
        findings: what was found.
        gaps: what was not examined.
        capped: whether lists have more hits on it than are stated in the findings.
    """

    record: str
    profile: str
    action: Action
    found: bool = False
    confirmed: bool = False
    released: bool = False
    rules: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    capped: bool = False


def tabulate(decisions: Sequence[Decision]) -> pa.Table:
    """Write decisions as one table of SCHEMA, in order."""
    columns: list[list[object]] = [
        [decision.record for decision in decisions],
        [decision.profile for decision in decisions],
        [decision.action.value for decision in decisions],
        [decision.found for decision in decisions],
        [decision.confirmed for decision in decisions],
        [decision.released for decision in decisions],
        [decision.capped for decision in decisions],
        [decision.rules for decision in decisions],
        [decision.claims for decision in decisions],
        [[_finding_row(finding) for finding in decision.findings] for decision in decisions],
        [[(gap.detector, gap.reason.value, gap.place) for gap in decision.gaps] for decision in decisions],
    ]
    arrays = [pa.array(column, named.type) for column, named in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _finding_row(finding: Finding) -> tuple[object, ...]:
    return (
        finding.kind.value,
        finding.detector,
        finding.subject,
        finding.reference,
        finding.tier.value if finding.tier else None,
        finding.distance,
        finding.value,
        finding.place,
    )


def read_rows(table: pa.Table) -> list[Decision]:
    """Read what `tabulate` wrote."""
    return [
        Decision(
            record=row["record"],
            profile=row["profile"],
            action=Action(row["action"]),
            found=row["found"],
            confirmed=row["confirmed"],
            released=row["released"],
            capped=row["capped"],
            rules=tuple(row["rules"]),
            claims=tuple(row["claims"]),
            findings=tuple(_finding(finding) for finding in row["findings"]),
            gaps=tuple(Gap(gap["detector"], GapReason(gap["reason"]), gap["place"]) for gap in row["gaps"]),
        )
        for row in table.to_pylist()
    ]


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        **{
            **row,
            "kind": FindingKind(row["kind"]),
            "tier": None if row["tier"] is None else Tier(row["tier"]),
        }
    )


def encode(table: pa.Table, digest: str) -> bytes:
    """Write a decision table, and the decide digest it was made under, as the bytes of an Arrow IPC file."""
    return to_ipc(table.replace_schema_metadata({_KEY: json.dumps({"decide": digest})}))


def decode(data: bytes) -> tuple[pa.Table, str]:
    """Read a decision table and its decide digest.

    Raises:
        DamagedStateError: the bytes are not what `encode` wrote.
    """
    try:
        table = from_ipc(data)
        digest = json.loads((table.schema.metadata or {})[_KEY])["decide"]
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise DamagedStateError("a decision part is damaged", advice="Run `safehold dataset decide` again.") from error
    if not table.schema.equals(SCHEMA):
        raise DamagedStateError("a decision part has another shape", advice="Run `safehold dataset decide` again.")
    return table, str(digest)
