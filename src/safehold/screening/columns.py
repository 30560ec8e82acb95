"""Read a dataset's own columns (`punsafe`, `nsfw`, ages) as concept claims."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from safehold.screening.policy import ColumnMapping, Policy
from safehold.vocabulary import Finding, FindingKind, Fraction, Gap, GapReason

DETECTOR = "column"
"""The detector's name in findings and gaps."""


@dataclass(frozen=True, slots=True)
class ColumnReading:
    """What the mapped columns of one record say, and which of them could not be read."""

    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


def read_columns(labels: Mapping[str, float], policy: Policy) -> ColumnReading:
    """Return what a record's columns claim; no number, or no required column, is a gap."""
    values = {name.casefold(): value for name, value in labels.items()}
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for mapping in policy.columns:
        value = values.get(mapping.column.casefold())
        if value is None:
            if mapping.required:
                gaps.append(Gap(DETECTOR, GapReason.MISSING, place=mapping.column))
        elif math.isnan(value):
            gaps.append(Gap(DETECTOR, GapReason.UNREADABLE, place=mapping.column))
        elif mapping.is_claimed_by(value):
            findings.append(_claim(mapping, value, policy))
    return ColumnReading(tuple(findings), tuple(gaps))


def _claim(mapping: ColumnMapping, value: float, policy: Policy) -> Finding:
    return Finding(
        kind=FindingKind.CLAIM,
        detector=DETECTOR,
        subject=mapping.concept,
        reference=f"{policy.name}@{policy.version}#{mapping.column}",
        value=Fraction(value) if 0.0 <= value <= 1.0 else None,
        place=mapping.column,
    )
