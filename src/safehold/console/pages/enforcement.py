"""Enforcement: what was done to accounts, content, models and links; every step of it, and the way back.

Whom a measure is about is told by a mark alone. What takes two people, the room sees to.
"""

import re
from collections.abc import Callable

from starlette.responses import Response

from safehold.cases import Ability, CaseId
from safehold.cases.enforcement import (
    Cursor,
    Enforcement,
    EnforcementFilter,
    EnforcementId,
    Enforcements,
    EnforcementState,
    EnforcementUnknownError,
    Measure,
    Order,
    Reason,
    SecondPersonNeededError,
    StepNotPossibleError,
    UnfitMeasureError,
    references_of,
)
from safehold.console.errors import RefusedError, in_sentences
from safehold.console.page import Page
from safehold.console.visit import PageVisit

BY_PEOPLE = (Reason.MISTAKE, Reason.NEW_FACTS, Reason.TOO_SEVERE, Reason.AUTHORITY_ASKED)
"""Why a person declines or lifts; the other reasons belong to reversals and appeals."""

LONGEST_DAYS = 3650

_REFERENCES = 1000
"""Items that a measure by hand names at most: as many as from the terminal."""

_ID = re.compile(r"enf_[0-9a-f]{20}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{8,15}Z")
_CASE = re.compile(r"case_[0-9a-f]{20}")
_DAYS = re.compile(r"[1-9]\d{0,3}")


def list_enforcement(visit: PageVisit) -> Response:
    """Show measures, latest proposed first."""
    state, measure = visit.query.get("state", ""), visit.query.get("measure", "")
    wanted = EnforcementFilter(
        state=next((one for one in EnforcementState if one.value == state), None),
        measure=next((one for one in Measure if one.value == measure), None),
    )
    after = visit.query.get("after", "")
    page = _enforcements(visit).list(wanted, after=_cursor(after))
    return visit.page(
        "enforcement/list.html",
        found=page,
        following="~".join(page.next) if page.next else "",
        wanted=wanted,
        is_first=not after,
        states=EnforcementState,
        measures=Measure,
    )


def show_enforcement(visit: PageVisit) -> Response:
    """Show one measure with its steps, and how its subject stands."""
    return _shown(visit, _found(visit))


def begin_order(visit: PageVisit) -> Response:
    """Show the form of a measure by hand, in a case."""
    return _ordering(visit, CaseId(visit.query.get("case", "")))


def order_measure(visit: PageVisit) -> Response:
    """Take a measure by hand; what takes two people is proposed only."""
    form = visit.form
    case_id, days, ground = CaseId(form.get("case", "")), form.get("days", "").strip(), form.get("ground", "")
    measure = next((one for one in Measure if one.value == form.get("measure")), None)
    errors = {}
    if measure is None:
        errors["measure"] = "Choose what is to be done."
    if ground not in _enforcements(visit).ladder.grounds:
        errors["ground"] = "Choose the ground."
    if days and (not _DAYS.fullmatch(days) or int(days) > LONGEST_DAYS):
        errors["days"] = "Days are a whole number, or nothing for as long as it is not lifted."
    if errors or measure is None:
        return _ordering(visit, case_id, errors)
    case = visit.console.casework.cases.show(_checked(visit, case_id))
    references = references_of(visit.console.casework.cases.items(case.id, limit=_REFERENCES), case.subject)
    order = Order(measure, case.subject, case.id, ground, int(days) if days else None, references)
    try:
        made = _enforcements(visit).order(visit.person, order)
    except UnfitMeasureError as error:
        return _ordering(visit, case_id, {"measure": in_sentences(error)})
    said = (
        "In force." if made.state is EnforcementState.IN_FORCE else "Proposed: somebody else lets it come into force."
    )
    return visit.go(f"/enforcement/{made.id}", notice=said)


def apply_measure(visit: PageVisit) -> Response:
    """Let a proposed measure come into force."""
    seen = visit.number("seen")
    return _taken(
        visit, lambda one: _enforcements(visit).apply(visit.person, one.id, seen=seen), "It is in force from now on."
    )


def decline_measure(visit: PageVisit) -> Response:
    """Let a proposed measure not come into force."""
    seen, reason = visit.number("seen"), _reason(visit)
    return _taken(
        visit,
        lambda one: _enforcements(visit).decline(visit.person, one.id, reason, seen=seen),
        "Declined: nothing was done.",
    )


def lift_measure(visit: PageVisit) -> Response:
    """Take a measure back, or agree that it is taken back."""
    seen, reason = visit.number("seen"), _reason(visit)
    return _taken(
        visit,
        lambda one: _enforcements(visit).lift(visit.person, one.id, reason, seen=seen),
        "Recorded.",
    )


def refuse_lift(visit: PageVisit) -> Response:
    """Say no to what one person asked to lift."""
    seen = visit.number("seen")
    return _taken(
        visit, lambda one: _enforcements(visit).refuse_lift(visit.person, one.id, seen=seen), "It stays in force."
    )


def _taken(visit: PageVisit, step: Callable[[Enforcement], Enforcement], notice: str) -> Response:
    found = _found(visit)
    try:
        made = step(found)
    except (SecondPersonNeededError, StepNotPossibleError) as error:
        told = str(error)
        return _shown(visit, _found(visit), problem=f"{told[:1].upper()}{told[1:]}. {error.advice}")
    is_waiting = made.state is EnforcementState.PROPOSED  # nobody had proposed it, and one person has agreed
    said = "Recorded: somebody else lets it come into force." if is_waiting else notice
    return visit.go(f"/enforcement/{found.id}", notice=said)


def _shown(visit: PageVisit, found: Enforcement, *, problem: str = "") -> Response:
    casework = visit.console.casework
    steps = casework.enforcement.history(found.id)
    return visit.page(
        "enforcement/show.html",
        status=409 if problem else 200,
        one=found,
        steps=steps,
        standing=casework.enforcement.standing(found.subject),
        appeals=casework.appeals.against(found.id),
        reasons=BY_PEOPLE,
        lifts_by_two=found.measure in casework.enforcement.ladder.lift_by_two,
        applies_by_two=found.measure in casework.enforcement.ladder.apply_by_two,
        waits_for_first=casework.enforcement.waits_for_first(found),
        problem=problem,
    )


def _ordering(visit: PageVisit, case_id: CaseId, errors: dict[str, str] | None = None) -> Response:
    case = visit.console.casework.cases.show(_checked(visit, case_id))
    form = visit.form
    return visit.page(
        "enforcement/order.html",
        status=422 if errors else 200,
        case=case,
        measures=[one for one in Measure if one.fits(case.subject.kind)],
        grounds=sorted(_enforcements(visit).ladder.grounds),
        standing=_enforcements(visit).standing(case.subject),
        errors=errors or {},
        filled={name: form.get(name, "") for name in ("measure", "ground", "days")},
    )


def _checked(visit: PageVisit, case_id: CaseId) -> CaseId:
    if not _CASE.fullmatch(case_id):
        raise visit.missing()
    return case_id


def _found(visit: PageVisit) -> Enforcement:
    identifier = visit.path["enforcement"]
    try:
        if not _ID.fullmatch(identifier):
            raise visit.missing()
        return _enforcements(visit).show(EnforcementId(identifier))
    except EnforcementUnknownError as error:
        raise visit.missing() from error


def _cursor(text: str) -> Cursor | None:
    """Return where a page begins, as its link names it; None for the first page, and for what names none."""
    at, _, identifier = text.partition("~")
    return (at, identifier) if _TIME.fullmatch(at) and _ID.fullmatch(identifier) else None


def _reason(visit: PageVisit) -> Reason:
    reason = next((one for one in BY_PEOPLE if one.value == visit.form.get("reason")), None)
    if reason is None:
        raise RefusedError(422, "A reason is needed", advice="Go back and choose why.")
    return reason


def _enforcements(visit: PageVisit) -> Enforcements:
    return visit.console.casework.enforcement


PAGES = (
    Page("GET", "/enforcement", list_enforcement, needs=Ability.READ_CASES),
    Page("GET", "/enforcement/order", begin_order, needs=Ability.ENFORCE),
    Page("POST", "/enforcement/order", order_measure, needs=Ability.ENFORCE),
    Page("GET", "/enforcement/{enforcement}", show_enforcement, needs=Ability.READ_CASES),
    Page("POST", "/enforcement/{enforcement}/apply", apply_measure, needs=Ability.ENFORCE),
    Page("POST", "/enforcement/{enforcement}/decline", decline_measure, needs=Ability.ENFORCE),
    Page("POST", "/enforcement/{enforcement}/lift", lift_measure, needs=Ability.ENFORCE),
    Page("POST", "/enforcement/{enforcement}/keep", refuse_lift, needs=Ability.ENFORCE),
)
