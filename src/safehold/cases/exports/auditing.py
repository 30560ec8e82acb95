"""Facts of cases as records for auditors: who did what becomes a pseudonym, and nothing leads to content. Pure."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from safehold.cases.axes import Reviewed
from safehold.cases.case import Case
from safehold.cases.decisions import SYSTEM, Decided, DecidedItem
from safehold.cases.exports.audit import (
    AuditCaseId,
    AuditDecision,
    AuditDecisionId,
    AuditFinding,
    AuditItem,
    AuditStatistics,
    AuditVerdict,
    BlindEvent,
    CaseHead,
    CaseItemLine,
    Digest,
    Kind,
    Pseudonym,
    QueueName,
    RulesLabel,
)
from safehold.cases.item import CaseItem, ItemId
from safehold.ledger.entry import Recorded

_HOUR_SECONDS = 3600


class Cast:
    """Give everybody a name that means them in this export alone, in the order in which they appear."""

    def __init__(self) -> None:
        self._names: dict[str, Pseudonym] = {SYSTEM: Pseudonym(SYSTEM)}

    def name(self, person: str) -> Pseudonym:
        """Return the pseudonym of a person."""
        return self._names.setdefault(person, Pseudonym(f"person-{len(self._names)}"))


def case_head(case: Case) -> CaseHead:
    """Return a case as a record, without its items."""
    return CaseHead(
        case_id=AuditCaseId(case.id),
        about=case.subject.kind,
        case_state=case.state,
        case_priority=case.priority,
        waits_in=QueueName(case.queue),
        first_seen=case.opened_at,
        deadline=case.due_at,
    )


def case_item(item: CaseItem) -> CaseItemLine:
    """Return an item as a record."""
    return CaseItemLine(AuditCaseId(item.case), _item(item))


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


def blind_event(entry: Recorded, cast: Cast, commitment: str) -> BlindEvent:
    """Return an event as a record: when, what kind, by whom, where it stands, and what binds it to that."""
    return BlindEvent(
        ledger_place=entry.seq,
        recorded_at=dt.datetime.fromisoformat(entry.at),
        event_kind=Kind(entry.event.kind),
        recorded_by=cast.name(entry.event.actor),
        commitment=Digest(commitment),
    )


class Tally:
    """Counts over cases, items and decisions as they pass by."""

    def __init__(self) -> None:
        self._states = Counter[str]()
        self._origins = Counter[str]()
        self._actions = Counter[str]()
        self._verdicts = Counter[str]()
        self._hours = Counter[int]()
        self._alone = self._reversed = self._second = 0

    def add_case(self, case: CaseHead, first_decided_at: dt.datetime | None) -> None:
        """Count a case, and how long it waited for its first decision."""
        self._states[case.case_state.value] += 1
        if first_decided_at is not None:
            self._hours[round((first_decided_at - case.first_seen).total_seconds() / _HOUR_SECONDS)] += 1

    def add_item(self, item: CaseItemLine) -> None:
        """Count an item."""
        self._origins[item.happened.brought_by.value] += 1
        self._actions[item.happened.policy_action.value] += 1

    def add_decision(self, decision: AuditDecision) -> None:
        """Count a decision and what it says."""
        self._verdicts.update(verdict.verdict_given.value for verdict in decision.verdicts)
        self._alone += decision.without_people
        self._reversed += decision.reversed_at is not None
        self._second += sum(verdict.review_round > 1 for verdict in decision.verdicts)

    def statistics(self) -> AuditStatistics:
        """Return the counts."""
        return AuditStatistics(
            cases_by_state=dict(sorted(self._states.items())),
            items_by_origin=dict(sorted(self._origins.items())),
            items_by_action=dict(sorted(self._actions.items())),
            verdicts=dict(sorted(self._verdicts.items())),
            decisions_without_people=self._alone,
            decisions_reversed=self._reversed,
            second_reviews=self._second,
            hours_to_first_decision=_median(self._hours),
        )


def _median(counted: Mapping[int, int]) -> int | None:
    """Return the lower median of values by how often they are there; None of none."""
    before, half = 0, (sum(counted.values()) + 1) // 2
    for value, number in sorted(counted.items()):
        before += number
        if before >= half:
            return value
    return None


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
