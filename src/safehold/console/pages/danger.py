"""Danger to life: what to do and whom to call, at once; nothing here waits for a queue, a claim or a rest."""

import re

from starlette.responses import Response

from safehold.cases import Ability, CaseId
from safehold.cases.enforcement.danger import Act, DangerId, DangerKind, Outcome
from safehold.console.errors import RefusedError
from safehold.console.page import Page
from safehold.console.pages.listed import LISTED, LONGEST_PLACE
from safehold.console.pages.queues import member
from safehold.console.visit import PageVisit

KINDS = {
    DangerKind.CHILD: "A child may be hurt, now or soon",
    DangerKind.SELF: "Somebody may hurt themselves",
    DangerKind.OTHERS: "Somebody may hurt others",
}
ACTS = {
    Act.CALLED: "Spoke to an emergency service or the police",
    Act.NOT_REACHED: "Tried to, and reached nobody",
    Act.REPORTED: "Filed a report that says that it is urgent",
    Act.LEAD_TOLD: "Told the lead",
    Act.KEPT: "Put what is known on hold",
    Act.ASKED_TO_WAIT: "The police asked not to act on the account yet",
    Act.ANSWERED: "Gave the police what they asked for",
}
OUTCOMES = {
    Outcome.HANDED_OVER: "An authority has it",
    Outcome.KNOWN_ALREADY: "An authority knew already",
    Outcome.NO_DANGER: "There is no danger",
}


def raise_danger(visit: PageVisit) -> Response:
    """Raise a danger for a case, and go to what is to be done; again for the same case: to the one that is open."""
    kind = member(DangerKind, visit.form.get("kind")) or DangerKind.CHILD
    dangers = visit.console.casework.dangers
    danger = dangers.open(visit.person, CaseId(visit.path["case"]), kind=kind, country=visit.form.get("country", ""))
    return visit.go(f"/dangers/{danger.id}")


def list_dangers(visit: PageVisit) -> Response:
    """Show the dangers that are open, and those that are over."""
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    found = visit.console.casework.dangers.list(with_closed=True, after=after, limit=LISTED + 1)
    return visit.page(
        "dangers/list.html",
        dangers=found[:LISTED],
        following=found[LISTED - 1].place if len(found) > LISTED else None,
        is_first=not after,
        kinds=KINDS,
        outcomes=OUTCOMES,
    )


def show_danger(visit: PageVisit) -> Response:
    """Show what to do, whom to call, and what was done."""
    dangers = visit.console.casework.dangers
    danger = dangers.show(DangerId(visit.path["danger"]))
    asked = visit.query.get("country", "").upper()
    country = asked if re.fullmatch(r"[A-Z]{2}", asked) else danger.country
    return visit.page(
        "dangers/show.html",
        danger=danger,
        route=dangers.route(country),
        steps=dangers.steps(danger.id),
        names={one.id: one.name for one in dangers.contacts.contacts},
        kinds=KINDS,
        acts=ACTS,
        outcomes=OUTCOMES,
    )


def note_act(visit: PageVisit) -> Response:
    """Record what somebody did."""
    act = member(Act, visit.form.get("act"))
    if act is None:
        raise RefusedError(400, "Say what was done", advice="Choose one of the list.")
    danger = DangerId(visit.path["danger"])
    visit.console.casework.dangers.note(visit.person, danger, act, contact=visit.form.get("contact", ""))
    return visit.go(f"/dangers/{danger}", notice="Recorded.")


def close_danger(visit: PageVisit) -> Response:
    """Say that it is over for us."""
    outcome = member(Outcome, visit.form.get("outcome"))
    if outcome is None:
        raise RefusedError(400, "Say how it ended", advice="Choose one of the list.")
    danger = DangerId(visit.path["danger"])
    visit.console.casework.dangers.close(visit.person, danger, outcome, seen=visit.number("version"))
    return visit.go(f"/dangers/{danger}", notice="Closed. The case stays as urgent until it is decided.")


PAGES = (
    Page("POST", "/cases/{case}/danger", raise_danger, needs=Ability.READ_CASES),
    Page("GET", "/dangers", list_dangers, needs=Ability.READ_CASES),
    Page("GET", "/dangers/{danger}", show_danger, needs=Ability.READ_CASES),
    Page("POST", "/dangers/{danger}/acts", note_act, needs=Ability.READ_CASES),
    Page("POST", "/dangers/{danger}/close", close_danger, needs=Ability.REVIEW),
)
