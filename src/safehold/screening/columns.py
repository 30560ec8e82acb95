"""Read a dataset's own columns (`punsafe`, `nsfw`, ages, tags) as concept claims."""

import functools
import math
import re
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
    """Return what a record's columns of numbers claim; no number, or no required column, is a gap."""
    values = {name.casefold(): value for name, value in labels.items()}
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for mapping in policy.columns:
        if mapping.contains_any:
            continue
        value = values.get(mapping.column.casefold())
        if value is None:
            if mapping.required:
                gaps.append(Gap(DETECTOR, GapReason.MISSING, place=mapping.column))
        elif math.isnan(value):
            gaps.append(Gap(DETECTOR, GapReason.UNREADABLE, place=mapping.column))
        elif mapping.is_claimed_by(value):
            findings.append(claim_of(mapping, policy, value=value))
    return ColumnReading(tuple(findings), tuple(gaps))


def has_words(text: str, mapping: ColumnMapping) -> bool:
    """Return whether a text holds one of a mapping's phrases as whole words.

    Case doesn't matter, nor whether words are joined by spaces, underscores or hyphens: that is how tags are written.
    """
    return _phrases(mapping.contains_any).search(_spaced(text)) is not None


@functools.cache
def _phrases(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(_spaced(word)) for word in words)})(?!\w)")


def _spaced(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.casefold()).strip()


def claim_of(mapping: ColumnMapping, policy: Policy, *, value: float | None = None) -> Finding:
    """Return what is found where a column claims its concept, with the number that it holds, if it holds one."""
    return Finding(
        kind=FindingKind.CLAIM,
        detector=DETECTOR,
        subject=mapping.concept,
        reference=f"{policy.name}@{policy.version}#{mapping.column}",
        value=Fraction(value) if value is not None and 0.0 <= value <= 1.0 else None,
        place=mapping.column,
    )
