"""The only place that turns an answer into words for others, by what the caller's key allows.

Without operator scope the words for a match, a rule and a score are the same: nobody learns what to change to pass.
Which detectors took part is told to all, always all of them.
"""

from typing import Any

from safehold.gateway.answer import Answer, ItemAnswer
from safehold.gateway.caller import Caller
from safehold.vocabulary import Finding, Gap


def to_json(answer: Answer, caller: Caller) -> dict[str, Any]:
    """Return an answer as JSON values.

    Args:
        answer: what was decided.
        caller: who is told: an operator is told findings, rules and which detector left which gap, too.
    """
    told: dict[str, Any] = {
        "id": answer.id,
        "action": answer.action.value,
        "refusal": None if answer.refusal is None else answer.refusal.value,
        "message_key": answer.message_key,
        "case_id": answer.case_id,
        "policy": answer.policy,
        "detectors": dict(sorted(answer.detectors.items())),
        "items": [_item(item, is_operator=caller.is_operator) for item in answer.items],
        "gaps": [{"item": item.id, **told} for item in answer.items for told in _gaps(item, caller.is_operator)],
    }
    return told if answer.would is None else {**told, "would": answer.would.value}


def _item(item: ItemAnswer, *, is_operator: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": item.id,
        "kind": item.kind,
        "action": item.action.value,
        "gaps": _gaps(item, is_operator),
    }
    if is_operator:
        told["findings"] = [_finding(finding) for finding in item.findings]
        told["rules"] = list(item.rules)
    return told


def _gaps(item: ItemAnswer, is_operator: bool) -> list[dict[str, str]]:
    if is_operator:
        return [_gap(gap) for gap in item.gaps]
    return [{"reason": reason} for reason in sorted({gap.reason.value for gap in item.gaps})]


def _gap(gap: Gap) -> dict[str, str]:
    return {"reason": gap.reason.value, "detector": gap.detector, "place": gap.place}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind.value,
        "detector": finding.detector,
        "subject": finding.subject,
        "reference": finding.reference,
        "tier": None if finding.tier is None else finding.tier.value,
        "distance": finding.distance,
        "value": finding.value,
        "place": finding.place,
        "confirmed": finding.is_confirmed,
    }
