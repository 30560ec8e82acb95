"""Queues and cases in lists. A list says what kind of work waits and for how long, and nothing of what it is about."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from starlette.responses import Response

from safehold.cases import Ability, CaseState, Origin, Priority, SubjectKind
from safehold.cases.listing import CaseFilter, Cursor
from safehold.console.page import Page
from safehold.console.pages.listed import LISTED, LONGEST_PLACE
from safehold.console.visit import PageVisit

Member = TypeVar("Member", bound=Enum)


def show_queues(visit: PageVisit) -> Response:
    """Show every queue, with how many wait in it and for how long."""
    casework, person = visit.console.casework, visit.person
    return visit.page(
        "queues/show.html",
        queues=casework.queues.definitions(),
        own={queue.name for queue in casework.queues.definitions(person)},
        overview=casework.cases.overview(),
        held=len(casework.queues.claims()),
    )


def show_definitions(visit: PageVisit) -> Response:
    """Show how queues are defined, in their order, and where that is written."""
    casework = visit.console.casework
    return visit.page("queues/definitions.html", queues=casework.queues.definitions(), rules=casework.rules)


def take_next(visit: PageVisit) -> Response:
    """Take the case of a queue that comes first; whether they may, the queue decides."""
    claim = visit.console.casework.queues.next(visit.person, visit.path["queue"])
    if claim is None:
        return visit.go("/", notice="Nothing waits for you in this queue.")
    return visit.go(f"/cases/{claim.case}")


def list_cases(visit: PageVisit) -> Response:
    """Show cases, what comes first at the top."""
    wanted = filter_of(visit.query)
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    page = visit.console.casework.cases.list(wanted, after=Cursor(after) if after else None, limit=LISTED)
    kept = {name: value for name, value in visit.query.items() if name in _FILTERS and value}
    return visit.page(
        "cases/list.html",
        page=page,
        is_first=not after,
        wanted=wanted,
        kept=kept,
        queues=visit.console.casework.queues.definitions(),
        states=CaseState,
        origins=Origin,
        priorities=Priority,
        kinds=SubjectKind,
    )


_FILTERS = ("state", "queue", "priority", "origin", "subject_kind")


def filter_of(query: Mapping[str, str]) -> CaseFilter:
    """Return which cases an address asks for; what it names that there is not counts for nothing."""
    return CaseFilter(
        state=member(CaseState, query.get("state")),
        queue=query.get("queue", "")[:64] or None,
        subject_kind=member(SubjectKind, query.get("subject_kind")),
        priority=member(Priority, query.get("priority")),
        origin=member(Origin, query.get("origin")),
    )


def member(kind: type[Member], value: str | None) -> Member | None:
    """Return the member of a value; None for anything else."""
    return next((one for one in kind if one.value == value), None)


PAGES = (
    Page("GET", "/queues", show_queues, needs=Ability.READ_CASES),
    Page("GET", "/queues/definitions", show_definitions, needs=Ability.READ_QUALITY),
    Page("POST", "/queues/{queue}/next", take_next, needs=Ability.REVEAL),
    Page("GET", "/cases", list_cases, needs=Ability.READ_CASES),
)
