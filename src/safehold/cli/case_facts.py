"""Cases and items as commands show them: ids, states, counts and what was found; never content or circumstances."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from safehold.cases import Case, CaseItem

CASE_COLUMNS = ("case", "state", "priority", "queue", "for", "opened (UTC)", "due (UTC)", "undecided")
ITEM_COLUMNS = ("item", "number", "state", "what", "role", "from", "action", "met (UTC)", "found")


def case_facts(one: "Case") -> dict[str, object]:
    """Return a case as JSON."""
    return {
        "case": one.id,
        "state": one.state.value,
        "priority": one.priority.value,
        "queue": one.queue,
        "about": one.subject.kind.value,
        "mark": one.subject.mark,
        "label": one.label,
        "assignee": one.assignee,
        "opened_at": one.opened_at.isoformat(),
        "changed_at": one.changed_at.isoformat(),
        "due_at": None if one.due_at is None else one.due_at.isoformat(),
        "items": one.items,
        "undecided": one.undecided,
        "version": one.version,
    }


def case_line(one: "Case") -> tuple[str, ...]:
    """Return a case as a row under :data:`CASE_COLUMNS`."""
    words = (one.id, one.state.value, one.priority.value, one.queue, one.assignee)
    return (*words, _minute(one.opened_at), _minute(one.due_at), f"{one.undecided:,} of {one.items:,}")


def item_facts(one: "CaseItem") -> dict[str, object]:
    """Return an item as JSON."""
    told = one.told
    return {
        "item": one.id,
        "number": one.number,
        "state": one.state.value,
        "form": told.form.value,
        "role": told.role,
        "origin": told.origin.value,
        "reference": told.reference,
        "action": told.action.value,
        "policy": told.policy,
        "at": told.at.isoformat(),
        "about": one.subject.kind.value,
        "mark": one.subject.mark,
        "content": {"place": told.content.place.value, "reference": told.content.reference},
        "findings": [
            {
                "kind": finding.kind.value,
                "detector": finding.detector,
                "subject": finding.subject,
                "reference": finding.reference,
                "confirmed": finding.is_confirmed,
                "distance": finding.distance,
                "place": finding.place,
            }
            for finding in told.findings
        ],
        "gaps": [{"detector": gap.detector, "reason": gap.reason.value, "place": gap.place} for gap in told.gaps],
        "signals": [
            {"algorithm": signal.algorithm.value, "value": signal.value.hex(), "place": signal.place}
            for signal in told.signals
        ],
    }


def item_line(one: "CaseItem") -> tuple[str, ...]:
    """Return an item as a row under :data:`ITEM_COLUMNS`."""
    told = one.told
    found = ", ".join(dict.fromkeys(f"{finding.detector}: {finding.subject}" for finding in told.findings))
    missing = ", ".join(dict.fromkeys(f"not examined: {gap.detector}" for gap in told.gaps))
    words = (one.id, str(one.number), one.state.value, told.form.value, told.role, told.origin.value, told.action.value)
    return (*words, _minute(told.at), "; ".join(filter(None, (found, missing))))


def _minute(moment: "dt.datetime | None") -> str:
    return "" if moment is None else f"{moment:%m-%d %H:%M}"
