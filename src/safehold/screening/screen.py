"""Screen a record: findings + gaps + policy → verdict. Pure.

The action is the maximum over everything that applies, so adding what was found or missed makes no verdict milder:

1. a gap, given or found here, is at least HOLD;
2. a finding below its threshold is recorded and leads to nothing;
3. a finding takes the most severe action of the rules that name it, and HOLD if none does;
4. two concepts that a policy keeps apart, claimed in one record, take that pair's action;
5. what an allow list clears leads to nothing: it alone makes a verdict milder (see `safehold.screening.clearing`).

    verdict = screen(Subject(kinds, findings, gaps, examined), policy)
"""

from collections.abc import Iterator
from dataclasses import dataclass

from safehold.screening.clearing import RULE as ALLOW_LIST
from safehold.screening.clearing import is_cleared, uncleared
from safehold.screening.separation import claims
from safehold.screening.terms import Terms
from safehold.vocabulary import Action, Finding, Gap, GapReason, MediaKind, Verdict

_Outcome = tuple[Action, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything known about one record.

    Attributes:
        kinds: what the record holds. Leave out members that the policy calls inert. Empty only if ``is_pointer``.
        findings: what detectors found.
        gaps: what required detectors could not examine. An optional detector that did not run is coverage, not a gap.
        examined: the detectors that examined all parts of the record that they are for, found or not.
        is_pointer: whether the record only points at media (a metadata table) that can't be examined here.
    """

    kinds: frozenset[MediaKind]
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    examined: frozenset[str] = frozenset()
    is_pointer: bool = False


def screen(subject: Subject, policy: Terms) -> Verdict:
    """Return what is to be done with a record.

    Returns:
        all findings, the given gaps followed by those found here, and the rules that applied, most severe first.
    """
    gaps = subject.gaps + tuple(_missing(subject, policy))
    outcomes = set(_outcomes(subject.findings, policy))
    if gaps:
        outcomes.add((Action.HOLD, "gap"))
    action = max((outcome[0] for outcome in outcomes), default=Action.ALLOW)
    rules = tuple(rule for _, rule in sorted(outcomes, key=_most_severe_first))
    return Verdict(action=action, findings=subject.findings, gaps=gaps, policy=policy.label, rules=rules)


def action_of_findings(findings: tuple[Finding, ...], policy: Terms) -> Action:
    """Return what the findings alone lead to, whatever was not examined; ALLOW if there are none."""
    return max((action for action, _ in _outcomes(findings, policy)), default=Action.ALLOW)


def _most_severe_first(outcome: _Outcome) -> tuple[int, str]:
    return -outcome[0].rank, outcome[1]


def _outcomes(findings: tuple[Finding, ...], policy: Terms) -> Iterator[_Outcome]:
    if is_cleared(findings):
        yield Action.ALLOW, ALLOW_LIST
    findings = uncleared(findings)
    for finding in findings:
        yield from _outcomes_of(finding, policy)
    claimed = claims(findings, policy)
    for pair in policy.separation.within_record:
        if claimed.issuperset(pair.between):
            yield pair.action, "within-record:" + "+".join(pair.between)


def _outcomes_of(finding: Finding, policy: Terms) -> Iterator[_Outcome]:
    if policy.thresholds.is_reached(finding) is False:
        yield Action.ALLOW, "below-threshold"
        return
    if policy.thresholds.is_reached(finding) is None:
        yield Action.HOLD, "no-threshold-set"
    named = [(rule.action, rule.id) for rule in policy.rules if rule.names(finding)]
    yield from named or [(Action.HOLD, "no-rule-names-this")]


def _missing(subject: Subject, policy: Terms) -> Iterator[Gap]:
    """Yield a gap for everything that should have been examined and is in neither list."""
    accounted = subject.examined | {gap.detector for gap in subject.gaps}
    for detector in sorted(policy.required_for(subject.kinds) - accounted):
        yield Gap(detector, GapReason.DETECTOR_MISSING)
    if MediaKind.UNKNOWN in subject.kinds and all(gap.reason is not GapReason.UNKNOWN_KIND for gap in subject.gaps):
        yield Gap("media", GapReason.UNKNOWN_KIND)
    if subject.is_pointer:
        if policy.required_of_pointers and policy.required_of_pointers.isdisjoint(accounted):
            yield Gap("+".join(sorted(policy.required_of_pointers)), GapReason.MISSING)
    elif not subject.kinds and not subject.gaps:
        yield Gap("media", GapReason.EMPTY)
