"""Facts of cases as records for auditors: who did what becomes a pseudonym, and nothing leads to content. Pure."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from safehold.cases.axes import Reviewed
from safehold.cases.case import Case
from safehold.cases.decisions import SYSTEM, Decided, DecidedItem
from safehold.cases.exports.audit import (
    AuditCase,
    AuditCaseId,
    AuditDecision,
    AuditDecisionId,
    AuditEvent,
    AuditFinding,
    AuditItem,
    AuditStatistics,
    AuditVerdict,
    Digest,
    Kind,
    Pseudonym,
    QueueName,
    RulesLabel,
)
from safehold.cases.item import CaseItem, ItemId
from safehold.ledger.proofs import ProvenEvent

_HOUR_SECONDS = 3600


class Cast:
    """Give everybody a name that means them in this export alone, in the order in which they appear."""

    def __init__(self) -> None:
        self._names: dict[str, Pseudonym] = {SYSTEM: Pseudonym(SYSTEM)}

    def name(self, person: str) -> Pseudonym:
        """Return the pseudonym of a person."""
        return self._names.setdefault(person, Pseudonym(f"person-{len(self._names)}"))


def audit_case(case: Case, items: Sequence[CaseItem]) -> AuditCase:
    """Return a case as a record."""
    return AuditCase(
        case_id=AuditCaseId(case.id),
        about=case.subject.kind,
        case_state=case.state,
        case_priority=case.priority,
        waits_in=QueueName(case.queue),
        first_seen=case.opened_at,
        deadline=case.due_at,
        contents=tuple(map(_item, items)),
    )


def audit_decision(decided: Decided, numbers: Mapping[ItemId, int], cast: Cast) -> AuditDecision:
    """Return a decision as a record.

    Args:
        decided: the decision.
        numbers: item → its number in the case.
        cast: names people.
    """
    back = decided.reversal
    return AuditDecision(
        decision_id=AuditDecisionId(decided.id),
        decided_on=AuditCaseId(decided.case),
        decided_by=cast.name(decided.person),
        decided_at=decided.at,
        under_rules=RulesLabel(decided.rules),
        without_people=decided.is_automatic,
        single_operator=decided.is_single_operator,
        verdicts=tuple(_verdict(one, numbers[one.item], decided) for one in decided.items),
        reversed_by=None if back is None else cast.name(back.by),
        reversed_at=None if back is None else back.at,
    )


def audit_event(proven: ProvenEvent, cast: Cast) -> AuditEvent:
    """Return an event as a record: when, what kind, by whom, and where it stands."""
    entry = proven.entry
    return AuditEvent(
        ledger_place=entry.seq,
        recorded_at=dt.datetime.fromisoformat(entry.at),
        event_kind=Kind(entry.event.kind),
        recorded_by=cast.name(entry.event.actor),
        leaf=Digest(entry.leaf_hex),
        proof_path=tuple(Digest(step.hex()) for step in proven.path),
    )


def statistics(cases: Sequence[AuditCase], decisions: Sequence[AuditDecision]) -> AuditStatistics:
    """Return counts over cases and their decisions."""
    items = [item for case in cases for item in case.contents]
    said = [verdict for decision in decisions for verdict in decision.verdicts]
    return AuditStatistics(
        cases_by_state=_counts(case.case_state.value for case in cases),
        items_by_origin=_counts(item.brought_by.value for item in items),
        items_by_action=_counts(item.policy_action.value for item in items),
        verdicts=_counts(verdict.verdict_given.value for verdict in said),
        decisions_without_people=sum(decision.without_people for decision in decisions),
        decisions_reversed=sum(decision.reversed_at is not None for decision in decisions),
        second_reviews=sum(verdict.review_round > 1 for verdict in said),
        hours_to_first_decision=_first_decisions(cases, decisions),
    )


def _counts(words: object) -> Mapping[str, int]:
    return dict(sorted(Counter(words).items()))  # type: ignore[call-overload]


def _first_decisions(cases: Sequence[AuditCase], decisions: Sequence[AuditDecision]) -> int | None:
    first: dict[AuditCaseId, dt.datetime] = {}
    for decision in sorted(decisions, key=lambda one: one.decided_at):
        first.setdefault(decision.decided_on, decision.decided_at)
    waited = [
        (first[case.case_id] - case.first_seen).total_seconds() / _HOUR_SECONDS
        for case in cases
        if case.case_id in first
    ]
    return round(median(waited)) if waited else None


def _item(item: CaseItem) -> AuditItem:
    told = item.told
    return AuditItem(
        ordinal=item.number,
        brought_by=told.origin,
        looks_like=told.form,
        policy_action=told.action,
        progress=item.state,
        found=tuple(AuditFinding(one.kind, one.tier, one.is_confirmed) for one in told.findings),
        unexamined=tuple(gap.reason for gap in told.gaps),
    )


def _verdict(one: DecidedItem, number: int, decided: Decided) -> AuditVerdict:
    return AuditVerdict(
        ordinal=number,
        verdict_given=one.verdict,
        harm_type=one.axes.harm,
        reviewed=Reviewed.HASH_VERIFIED if decided.is_automatic else Reviewed.HUMAN,
        review_round=one.round,
        verdict_standing=one.standing,
    )
