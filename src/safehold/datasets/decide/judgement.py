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
from safehold.datasets.decide.clips import video_matches
from safehold.datasets.decide.decision import Decision, read_rows, tabulate
from safehold.datasets.decide.findings import (
    address_hits,
    caption_hits,
    column_readings,
    mapped_rows,
    matches,
    score_findings,
)
from safehold.datasets.decide.nearest import folded
from safehold.datasets.decide.release import grounds_of
from safehold.datasets.scan.observation import parse_profile, profile_of
from safehold.datasets.sources import Format, Shard
from safehold.screening import COLUMN_DETECTOR, Policy, Subject, action_of_findings, claims, screen
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
    rows = [case.decide(profile, (), ()) for profile in case.profiles()]
    places = case.profile_codes.copy()
    known: dict[int, int] = {}  # where a decision stands that several records share
    for row in case.special_rows():
        decision = case.decide_row(row)
        places[row] = known.setdefault(id(decision), len(rows))
        if places[row] == len(rows):
            rows.append(decision)
    decisions = tabulate(rows).take(pa.array(places))
    return decisions.set_column(0, decisions.schema.field(0), part.column("record")).combine_chunks()


def judged_again(decisions: pa.Table, policy: Policy) -> pa.Table:
    """Return the decisions on a shard without media as another policy's pairs of concepts make them.

    Thresholds, rules and what is required are the same in both; only which concepts must not meet differs.
    """
    rows = []
    for one in read_rows(decisions):
        kinds, examined = parse_profile(one.profile)
        verdict = screen(Subject(kinds, one.findings, one.gaps, examined), policy)
        is_freed = one.released and verdict.action is Action.HOLD
        made = _decision(one.record, one.profile, verdict, policy, released=is_freed)
        rows.append(replace(made, capped=one.capped))
    return tabulate(rows)


def is_text_only(table: pa.Table, shard: Shard) -> bool:
    """Return whether the records of a shard, observed or decided, are text and nothing that points at or is media."""
    profiles = pc.unique(table.column("profile")).to_pylist()
    return shard.format is not Format.METADATA and all(parse_profile(one)[0] == {MediaKind.TEXT} for one in profiles)


_Profile = tuple[str, bool]
_Said = tuple[_Profile, tuple[Finding, ...], tuple[Gap, ...]]


class _Case:
    """One shard before the judge: everything said of each record, gathered once.

    Attributes:
        profile_codes: (rows,) which of `profiles` each record has.
    """

    def __init__(self, part: pa.Table, shard: Shard, basis: Basis, source_findings: tuple[Finding, ...]) -> None:
        self._part, self._shard, self._releases = part, shard, basis.releases
        self._policy = basis.policy.as_text_only() if is_text_only(part, shard) else basis.policy
        self._findings: dict[int, list[Finding]] = defaultdict(list)
        self._gaps: dict[int, list[Gap]] = defaultdict(list)
        self._source_findings = source_findings
        self._freed = self._freed_rows()
        self._capped: set[int] = set()
        self._decided: dict[tuple[_Said, bool], Decision] = {}
        coded = part.column("profile").combine_chunks().dictionary_encode()
        self._names = coded.dictionary.to_pylist()
        self.profile_codes = coded.indices.to_numpy().astype(np.int64) * 2 + mapped_rows(part, basis.policy)
        for row, said in _said_of(part, basis, self._capped):
            if isinstance(said, Gap):
                self._gaps[row].append(said)
            else:
                self._findings[row].append(said)

    def profiles(self) -> list[_Profile]:
        """Return every profile, without and with a column that the policy maps."""
        return [(name, is_mapped) for name in self._names for is_mapped in (False, True)]

    def special_rows(self) -> list[int]:
        """Return the rows whose decision is not that of their profile: something is said of them, or they are freed."""
        return sorted({*self._findings, *self._gaps, *self._freed})

    def _freed_rows(self) -> frozenset[int]:
        prefix = record_id(self._shard, "")
        freed = [one.removeprefix(prefix) for one in self._releases if one.startswith(prefix)]
        if not freed:
            return frozenset()
        is_freed = pc.is_in(self._part.column("record"), value_set=pa.array(freed, pa.string()))
        return frozenset(np.flatnonzero(is_freed.to_numpy(zero_copy_only=False)).tolist())

    def decide_row(self, row: int) -> Decision:
        """Return the decision on one record but for its key; records of which the same is said share one."""
        code = int(self.profile_codes[row])
        profile = (self._names[code // 2], code % 2 == 1)
        said = (profile, tuple(self._findings.get(row, ())), tuple(self._gaps.get(row, ())))
        is_capped = row in self._capped
        if row in self._freed:
            return replace(self.decide(*said, row=row), capped=is_capped)
        if (said, is_capped) not in self._decided:
            self._decided[said, is_capped] = replace(self.decide(*said), capped=is_capped)
        return self._decided[said, is_capped]

    def decide(
        self, profile: _Profile, findings: tuple[Finding, ...], gaps: tuple[Gap, ...], *, row: int | None = None
    ) -> Decision:
        """Return the decision on records of a profile; the row is that of one that somebody may have freed."""
        kinds, examined = _examined(*profile, gaps)
        is_pointer = self._shard.format is Format.METADATA
        said = (*self._source_findings, *findings)
        verdict = screen(Subject(kinds, said, gaps, examined, is_pointer), self._policy)
        released = row is not None and self._is_released(row, verdict)
        return _decision("", profile_of(kinds, examined), verdict, self._policy, released=released)

    def _is_released(self, row: int, verdict: Verdict) -> bool:
        key = self._part.column("record")[row].as_py()
        release = self._releases.get(record_id(self._shard, key)) if key else None
        return (
            release is not None
            and verdict.action is Action.HOLD
            and all(gap.reason is not GapReason.DUPLICATE_KEY for gap in verdict.gaps)  # one id, several records
            and release.grounds == grounds_of(verdict.findings, verdict.gaps, self._part.slice(row, 1))
        )


def _decision(key: str, profile: str, verdict: Verdict, policy: Policy, *, released: bool) -> Decision:
    return Decision(
        record=key,
        profile=profile,
        action=Action.ALLOW if released else verdict.action,
        found=bool(verdict.findings) and action_of_findings(verdict.findings, policy) is not Action.ALLOW,
        confirmed=any(finding.is_confirmed for finding in verdict.findings),
        released=released,
        rules=verdict.rules,
        claims=tuple(sorted(claims(verdict.findings, policy))),
        findings=verdict.findings,
        gaps=verdict.gaps,
    )


def _examined(profile: str, is_mapped: bool, gaps: tuple[Gap, ...]) -> tuple[frozenset[MediaKind], frozenset[str]]:
    """Return the kinds, and the detectors of the scan with those that work on text and columns here."""
    kinds, examined = parse_profile(profile)
    if MediaKind.TEXT in kinds:
        examined |= {CAPTION_RULES}
    if is_mapped:
        examined |= {COLUMN_DETECTOR}
    return kinds, examined - {gap.detector for gap in gaps}


def _said_of(part: pa.Table, basis: Basis, capped: set[int]) -> Iterator[tuple[int, Finding | Gap]]:
    yield from folded(matches(part, basis, capped), part, basis.index)
    yield from video_matches(part, basis)
    yield from caption_hits(part, basis)
    yield from score_findings(part, basis.policy)
    yield from column_readings(part, basis.policy)
    yield from address_hits(part, basis)
    gaps = part.column("gaps").combine_chunks()
    owner = gaps.value_parent_indices().to_pylist()
    for row, gap in zip(owner, gaps.flatten().to_pylist(), strict=True):
        yield row, Gap(gap["detector"], GapReason(gap["reason"]), gap["place"])
