"""People's reports: what waits, until when it must be decided, and what was decided. What people wrote stays sealed.

The words of a report are opened in the reviewing view of its case alone, where that is recorded.
"""

import re

from starlette.responses import Response

from safehold.cases import Ability
from safehold.console.page import Page
from safehold.console.pages.listed import LISTED, LONGEST_PLACE
from safehold.console.visit import PageVisit
from safehold.gateway.reports import (
    Report,
    ReportClosedError,
    ReportOvertakenError,
    Reports,
    ReportUnknownError,
    Status,
)
from safehold.gateway.reports.stored import place_of

REOPENINGS = {
    "mistaken": "It was closed by mistake",
    "new-facts": "There is something new",
    "came-back": "What was removed is there again",
    "not-carried-out": "It was not removed after all",
}
"""Why a report that is closed is taken up again: one word for the ledger, and what people read."""

_TICKET = re.compile(r"R-[0-9A-Z-]{5,40}")
_DECISIONS = (Status.IN_REVIEW, Status.ACTED, Status.NO_ACTION)


def list_reports(visit: PageVisit) -> Response:
    """Show reports: those with a clock first, by when they are due."""
    which = visit.query.get("which", "open")
    which = which if which in {"overdue", "all"} else "open"
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    reports = _reports(visit)
    found = reports.list(is_open=which != "all", is_overdue=which == "overdue", after=after, limit=LISTED + 1)
    return visit.page(
        "reports/list.html",
        reports=found[:LISTED],
        which=which,
        overdue=reports.count_overdue(),
        following=place_of(found[LISTED - 1]) if len(found) > LISTED else None,
        is_first=not after,
    )


def show_report(visit: PageVisit) -> Response:
    """Show one report, with its case."""
    return _shown(visit, _found(visit))


def decide_report(visit: PageVisit) -> Response:
    """Say how far a report is."""
    found = _found(visit)
    status = next((one for one in _DECISIONS if one.value == visit.form.get("status")), None)
    if status is None:
        return _shown(visit, found, error="Choose how far the report is.")
    if visit.form.get("seen") != found.status.value:
        return _shown(visit, found, error="Somebody has changed it meanwhile: look at it again.", status=409)
    try:
        _reports(visit).decide(found.ticket, status, actor=visit.person.name)
    except ReportClosedError as error:
        told = f"{error}. {error.advice}"
        return _shown(visit, found, error=f"{told[:1].upper()}{told[1:]}", status=409)
    return visit.go(f"/reports/{found.ticket}", notice="Recorded. Who has the link to the report's status sees it.")


def reopen_report(visit: PageVisit) -> Response:
    """Take a report up again that was closed by hand."""
    found = _found(visit)
    if visit.form.get("seen") != found.status.value:
        return _shown(visit, found, error="Somebody has changed it meanwhile: look at it again.", status=409)
    reason = visit.form.get("reason", "")
    if reason not in REOPENINGS:
        return _shown(visit, found, error="Choose why it is taken up again.")
    try:
        _reports(visit).take_up(found.ticket, reason, actor=visit.person.name)
    except (ReportClosedError, ReportOvertakenError) as error:
        told = f"{error}. {error.advice}"
        return _shown(visit, found, error=f"{told[:1].upper()}{told[1:]}", status=409)
    return visit.go(f"/reports/{found.ticket}", notice="It is looked at again, and holds again what it held.")


def _shown(visit: PageVisit, found: Report, *, error: str = "", status: int = 422) -> Response:
    hits = visit.console.casework.cases.find(found.ticket)
    return visit.page(
        "reports/show.html",
        status=status if error else 200,
        report=found,
        cases=sorted({hit.case for hit in hits}),
        decisions=[(one.value, *_SAID[one]) for one in _possible(found.status)],
        reopenings=REOPENINGS.items(),
        error=error,
    )


def _possible(status: Status) -> tuple[Status, ...]:
    """Return what may be said of a report now; one that is closed is taken up again first, with a reason."""
    return () if status.is_closed else tuple(one for one in _DECISIONS if one is not status)


_SAID = {
    Status.IN_REVIEW: ("Being looked at", "The clock goes on."),
    Status.ACTED: ("Acted on", "What was reported is removed or restricted."),
    Status.NO_ACTION: ("Nothing to be done", "What the report holds back is let go, for good."),
}


def _found(visit: PageVisit) -> Report:
    ticket = visit.path["ticket"]
    if not _TICKET.fullmatch(ticket):
        raise visit.missing()
    try:
        return _reports(visit).show(ticket)
    except ReportUnknownError as error:
        raise visit.missing() from error


def _reports(visit: PageVisit) -> Reports:
    return visit.console.casework.reports


PAGES = (
    Page("GET", "/reports", list_reports, needs=Ability.READ_REPORTS),
    Page("GET", "/reports/{ticket}", show_report, needs=Ability.READ_REPORTS),
    Page("POST", "/reports/{ticket}/decide", decide_report, needs=Ability.DECIDE_REPORTS),
    Page("POST", "/reports/{ticket}/reopen", reopen_report, needs=Ability.DECIDE_REPORTS),
)
