"""Assigning: to whom a case is given, where it waits, and how urgent it is; as a lead says."""

from starlette.responses import Response

from safehold.cases import Ability, Case, CaseId, CaseState, Priority
from safehold.cases.enforcement.danger import DangerKind
from safehold.cases.store.changes import WAITING
from safehold.console.errors import RefusedError
from safehold.console.page import Page
from safehold.console.visit import PageVisit


def assign_case(visit: PageVisit) -> Response:
    """Give a case to somebody, put it into a queue, or say how urgent it is."""
    cases, case, actor = visit.console.casework.cases, CaseId(visit.path["case"]), visit.person.name
    seen = visit.number("version")
    shown = cases.show(case)
    name, queue, priority = (visit.form.get(one, "").strip() for one in ("name", "queue", "priority"))
    _require_danger_over(visit, shown, priority)
    if name != shown.assignee:
        _require_somebody(visit, name, shown)
        seen = cases.assign(case, name, actor=actor, seen=seen)
    if queue and queue != shown.queue and shown.state is CaseState.OPEN:
        seen = cases.move(case, queue, actor=actor, seen=seen)
    if priority == Priority.DANGER.value != shown.priority.value:
        danger = visit.console.casework.dangers.open(visit.person, case, kind=DangerKind.CHILD)
        return visit.go(f"/dangers/{danger.id}")
    if priority and priority != shown.priority.value:
        cases.prioritise(case, Priority(priority), actor=actor, seen=seen)
    return visit.go(f"/cases/{case}", notice="Saved.")


def _require_danger_over(visit: PageVisit, case: Case, priority: str) -> None:
    """Refuse to make a case less urgent than a danger to life that is open in it.

    Raises:
        RefusedError: one is.
    """
    is_lowered = case.priority is Priority.DANGER and priority not in {"", Priority.DANGER.value}
    if is_lowered and any(one.is_open for one in visit.console.casework.dangers.of_case(case.id)):
        raise RefusedError(
            409,
            "A danger to life is open in this case",
            advice="It stays the most urgent there is. Close the danger first, saying how it ended; nothing was saved.",
        )


def _require_somebody(visit: PageVisit, name: str, case: Case) -> None:
    """Refuse to give a case to nobody who works where it waits.

    Raises:
        RefusedError: there is no such user, or they can't decide it.
    """
    accounts = visit.console.users
    if not name or accounts is None:
        return
    person = accounts.users.show(name).person if accounts.users.has(name) else None
    if person is None or not (person.can(Ability.REVIEW) or person.can(Ability.SECOND_REVIEW)):
        raise RefusedError(409, "Nobody of this name reviews cases", advice="Look at their name under Users.")
    admitting = [one.name for one in visit.console.casework.queues.definitions() if one.admits(person)]
    if case.state in WAITING and case.queue not in admitting:
        raise RefusedError(409, "Their roles don't let them decide this case", advice="Give it to a specialist.")


PAGES = (Page("POST", "/cases/{case}/assign", assign_case, needs=Ability.ASSIGN),)
