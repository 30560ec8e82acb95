"""Judge a shard: observations and a basis in, decisions out. Pure but for reading the memory-mapped index.

Most records of most shards have neither a finding nor a gap; they take the verdict of their profile (which kinds they
hold, which detectors examined them), which is screened once a profile. The others are screened one by one.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.decide.basis import Basis
from safehold.datasets.decide.decision import Decision, tabulate
from safehold.datasets.decide.findings import (
    address_hits,
    caption_hits,
    column_readings,
    mapped_rows,
    matches,
    score_findings,
)
from safehold.datasets.decide.release import grounds_of
from safehold.datasets.scan.observation import parse_profile, profile_of
from safehold.datasets.sources import Format, Shard
from safehold.screening import COLUMN_DETECTOR, Subject, action_of_findings, claims, screen
from safehold.vocabulary import Action, Finding, Gap, GapReason, MediaKind, Verdict

CAPTION_RULES = "caption-rules"


def record_id(shard: Shard, key: str) -> str:
    """Return how people and manifests name a record: "OUTPUT#KEY"."""
    return f"{shard.name}#{key}"


def judge(part: pa.Table, shard: Shard, basis: Basis, *, source_findings: tuple[Finding, ...] = ()) -> pa.Table:
    """Return the decisions on a shard's records, in their order.

    Args:
        part: the shard's observations.
        shard: the shard.
        basis: what to decide with.
        source_findings: what the register says of the whole source; it concerns every record.
    """
    case = _Case(part, shard, basis, source_findings)
    return tabulate([case.decide(row) for row in range(part.num_rows)])


class _Case:
    """One shard before the judge: everything said of each record, gathered once."""

    def __init__(self, part: pa.Table, shard: Shard, basis: Basis, source_findings: tuple[Finding, ...]) -> None:
        self._shard, self._releases = shard, basis.releases
        self._policy = basis.policy.as_text_only() if is_text_only(part, shard) else basis.policy
        self._records = part.column("record").to_pylist()
        self._profiles = part.column("profile").to_pylist()
        self._findings: dict[int, list[Finding]] = defaultdict(list)
        self._gaps: dict[int, list[Gap]] = defaultdict(list)
        self._source_findings = source_findings
        self._plain: dict[tuple[str, bool], Decision] = {}
        self._mapped = mapped_rows(part, basis.policy)
        for row, said in _said_of(part, basis):
            if isinstance(said, Gap):
                self._gaps[row].append(said)
            else:
                self._findings[row].append(said)

    def decide(self, row: int) -> Decision:
        """Return the decision on one record."""
        key, findings, gaps = self._records[row], self._findings.get(row), self._gaps.get(row)
        kind_of_row = (self._profiles[row], row in self._mapped)
        if findings is None and gaps is None:
            if kind_of_row not in self._plain:
                self._plain[kind_of_row] = self._judged("", kind_of_row, (), ())
            plain = self._plain[kind_of_row]
            if plain.action is Action.ALLOW:
                return replace(plain, record=key)
        return self._judged(key, kind_of_row, tuple(findings or ()), tuple(gaps or ()))

    def _judged(
        self, key: str, kind_of_row: tuple[str, bool], findings: tuple[Finding, ...], gaps: tuple[Gap, ...]
    ) -> Decision:
        kinds, examined = self._examined(*kind_of_row)
        said = (*self._source_findings, *findings)
        is_pointer = self._shard.format is Format.METADATA
        verdict = screen(Subject(kinds, said, gaps, examined, is_pointer), self._policy)
        released = self._is_released(key, verdict)
        return Decision(
            record=key,
            profile=profile_of(kinds, examined),
            action=Action.ALLOW if released else verdict.action,
            found=action_of_findings(said, self._policy) is not Action.ALLOW,
            confirmed=any(finding.is_confirmed for finding in verdict.findings),
            released=released,
            rules=verdict.rules,
            claims=tuple(sorted(claims(verdict.findings, self._policy))),
            findings=verdict.findings,
            gaps=verdict.gaps,
        )

    @staticmethod
    def _examined(profile: str, is_mapped: bool) -> tuple[frozenset[MediaKind], frozenset[str]]:
        """Return the kinds, and the detectors of the scan with those that work on text and columns here."""
        kinds, examined = parse_profile(profile)
        if MediaKind.TEXT in kinds:
            examined |= {CAPTION_RULES}
        return kinds, examined | {COLUMN_DETECTOR} if is_mapped else examined

    def _is_released(self, key: str, verdict: Verdict) -> bool:
        release = self._releases.get(record_id(self._shard, key)) if key else None
        return (
            release is not None
            and verdict.action is Action.HOLD
            and release.grounds == grounds_of(verdict.findings, verdict.gaps)
        )


def is_text_only(part: pa.Table, shard: Shard) -> bool:
    """Return whether a shard holds text and nothing that points at or is media."""
    profiles = pc.unique(part.column("profile")).to_pylist()
    return shard.format is not Format.METADATA and all(parse_profile(one)[0] == {MediaKind.TEXT} for one in profiles)


def _said_of(part: pa.Table, basis: Basis) -> Iterator[tuple[int, Finding | Gap]]:
    yield from matches(part, basis)
    yield from caption_hits(part, basis)
    yield from score_findings(part, basis.policy)
    yield from column_readings(part, basis.policy)
    yield from address_hits(part, basis)
    gaps = part.column("gaps").combine_chunks()
    for row in np.flatnonzero(pc.list_value_length(gaps).to_numpy(zero_copy_only=False)):
        for gap in gaps[int(row)].as_py():
            yield int(row), Gap(gap["detector"], GapReason(gap["reason"]), gap["place"])
