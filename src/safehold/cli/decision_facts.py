"""Decisions, fingerprints on their way to a list, and agreement as commands show them: ids, words and counts alone."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from safehold.cases.decisions import Decided, QueueAgreement, SignalListing


def decision_facts(one: "Decided") -> dict[str, object]:
    """Return a decision as JSON."""
    from safehold.cases.decisions.stored import axes_to_json

    reversal = one.reversal
    return {
        "decision": one.id,
        "case": one.case,
        "by": one.person,
        "at": one.at.isoformat(),
        "queue": one.queue,
        "rules": one.rules,
        "automatic": one.is_automatic,
        "single_operator": one.is_single_operator,
        "alike": one.alike,
        "reversed": None
        if reversal is None
        else {"by": reversal.by, "at": reversal.at.isoformat(), "reason": reversal.reason},
        "items": [
            {
                "item": item.item,
                "verdict": item.verdict.value,
                "axes": axes_to_json(item.axes),
                "note": item.note,
                "round": item.round,
                "standing": item.standing.value,
                "alike": item.is_alike,
            }
            for item in one.items
        ],
    }


def said_line(one: "Decided") -> str:
    """Return what a decision said, in its verdicts' words."""
    return " ".join(sorted({item.verdict.value for item in one.items})) or "not shown yet"


def state_line(one: "Decided") -> str:
    """Return what became of a decision."""
    if one.reversal is not None:
        return f"reversed by {one.reversal.by}: {one.reversal.reason}"
    return "" if len(one.standing) == len(one.items) else "passed on"


def listing_facts(one: "SignalListing") -> dict[str, object]:
    """Return a listing as JSON."""
    return {
        "listing": one.id,
        "list": one.list.value,
        "class": one.harm_class.value,
        "case": one.case,
        "item": one.item,
        "decision": one.decision,
        "by": one.proposed_by,
        "signals": [{"algorithm": signal.algorithm.value, "value": signal.value} for signal in one.signals],
    }


def listing_line(one: "SignalListing") -> tuple[str, ...]:
    """Return a listing as a row."""
    return (one.id, one.list.value, one.harm_class.value, str(len(one.signals)), one.decision, one.proposed_by)


def agreement_facts(one: "QueueAgreement") -> dict[str, object]:
    """Return how well a queue decides as JSON."""
    told = one.agreement
    numbers = (
        None
        if told is None
        else {"pairs": told.pairs, "raw": told.raw, "low": told.low, "high": told.high, "kappa": told.kappa}
    )
    return {"queue": one.queue, "compared_with": one.by.value, "agreement": numbers}


def agreement_line(one: "QueueAgreement") -> tuple[str, ...]:
    """Return how well a queue decides as a row."""
    told = one.agreement
    if told is None:
        return (one.queue, one.by.value, "too few", "", "", "")
    interval = f"{told.low:.2f} to {told.high:.2f}"
    kappa = "none" if told.kappa is None else f"{told.kappa:.2f}"
    return (one.queue, one.by.value, f"{told.pairs:,}", f"{told.raw:.2f}", interval, kappa)
