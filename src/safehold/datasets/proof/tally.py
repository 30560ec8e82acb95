"""The tally: everything a summary counts, gathered in one pass over the decisions, in memory that no dataset grows."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.stage import final_names
from safehold.datasets.scan.observation import parse_profile
from safehold.screening import Separation, Thresholds
from safehold.vocabulary import Action, Algorithm, Finding, MediaKind

_STATED = frozenset({Algorithm.SHA256.value, Algorithm.SHA1.value, Algorithm.MD5.value})
FindingKey = tuple[str, str, str, str | None, bool]


@dataclass(slots=True)
class Tally:
    """Counts of records.

    Attributes:
        actions: by final action.
        kinds: records that hold a kind.
        findings: records with a finding that reaches the policy's threshold, by (kind, detector, subject, tier,
            confirmed).
        gaps: records with a gap, by (detector, reason).
        rules: records to which a rule applied.
        claims_before: records that claim a concept, of all records.
        claims_after: of those that stay.
        examined: records of a kind that a detector examined, by (detector, kind).
        unclassified: records of a kind about which no concept detector said anything.
        separated: records that stay out only because of the separation over the mix.
        found: records that a finding keeps out.
        released: records that people freed.
        confirmed: records confirmed by hash.
        unexamined: records with a gap that no person has looked at instead.
        lapsed: records that people freed and that other grounds keep out again.
        pointers: records that only point at media.
        looked_up: of those, records with a listed hash that was compared, by its algorithm.
        capped: records on which lists have more hits than are stated.
        columns: the columns that the policy maps and some record has a value in.
    """

    actions: Counter[Action] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    findings: Counter[FindingKey] = field(default_factory=Counter)
    gaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    claims_before: Counter[str] = field(default_factory=Counter)
    claims_after: Counter[str] = field(default_factory=Counter)
    examined: Counter[tuple[str, str]] = field(default_factory=Counter)
    unclassified: Counter[str] = field(default_factory=Counter)
    separated: int = 0
    found: int = 0
    released: int = 0
    confirmed: int = 0
    unexamined: int = 0
    lapsed: int = 0
    pointers: int = 0
    looked_up: Counter[str] = field(default_factory=Counter)
    capped: int = 0
    columns: set[str] = field(default_factory=set)

    @property
    def records(self) -> int:
        """Return how many records there are."""
        return self.actions.total()

    def add(
        self,
        decisions: pa.Table,
        separation: Separation,
        *,
        concept_detectors: frozenset[str],
        thresholds: Thresholds,
        is_pointers: bool = False,
    ) -> None:
        """Count a shard's decisions.

        Args:
            decisions: its decision table.
            separation: what separation over the mix takes away.
            concept_detectors: detectors that say whether a concept is present.
            thresholds: the policy's; what is below them is evidence in the manifest, and no finding in any count.
            is_pointers: whether its records only point at media.
        """
        actions = final_names(decisions, separation)
        self.actions.update({Action(name): count for name, count in _counts(actions)})
        for profile, records in _counts(decisions.column("profile")):
            self._add_profile(profile, records, concept_detectors)
            if is_pointers:
                self.pointers += records
                self.looked_up.update(dict.fromkeys(parse_profile(profile)[1] & _STATED, records))
        special = pa.array(np.flatnonzero(pc.list_value_length(decisions.column("rules")).to_numpy()))
        finals = actions.take(special).to_pylist()
        for decision, final in zip(read_rows(decisions.take(special)), finals, strict=True):
            self._add_special(decision, Action(final), thresholds)

    def _add_special(self, decision: Decision, final: Action, thresholds: Thresholds) -> None:
        reached = [finding for finding in decision.findings if thresholds.is_reached(finding) is not False]
        self.findings.update(set(map(_key, reached)))
        self.gaps.update({(gap.detector, gap.reason.value) for gap in decision.gaps})
        self.rules.update(set(decision.rules))
        self.claims_before.update(decision.claims)
        if final is Action.ALLOW:
            self.claims_after.update(decision.claims)
        self.separated += decision.action is Action.ALLOW and final is Action.DENY
        self.found += decision.found and not decision.released
        self.released += decision.released
        self.unexamined += bool(decision.gaps) and not decision.released
        self.confirmed += decision.confirmed
        self.capped += decision.capped

    def _add_profile(self, profile: str, records: int, concept_detectors: frozenset[str]) -> None:
        kinds, examined = parse_profile(profile)
        for kind in kinds:
            self.kinds[kind.value] += records
            for detector in examined:
                self.examined[detector, kind.value] += records
            if kind is not MediaKind.TEXT and examined.isdisjoint(concept_detectors):
                self.unclassified[kind.value] += records


def _counts(words: pa.ChunkedArray) -> list[tuple[str, int]]:
    return [(row["values"], row["counts"]) for row in pc.value_counts(words).to_pylist()]


def _key(finding: Finding) -> FindingKey:
    tier = finding.tier.value if finding.tier else None
    return (finding.kind.value, finding.detector, finding.subject, tier, finding.is_confirmed)
