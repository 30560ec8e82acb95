"""Appeals: what waits, by when; taken by one person at a time, and decided by somebody who had no part in it.

What somebody wrote is opened for whoever decides, on asking for it, and that is recorded.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

from safehold.cases import Ability
from safehold.cases.enforcement import Reason
from safehold.cases.enforcement.appeals import (
    Appeal,
    AppealId,
    AppealNotPossibleError,
    Appeals,
    AppealState,
    AppealTakenError,
    AppealUnknownError,
    OwnWorkError,
)
from safehold.console.errors import RefusedError, in_sentences
from safehold.console.page import Page
from safehold.console.pages.listed import LISTED, LONGEST_PLACE
from safehold.console.visit import PageVisit

REASONS: Mapping[AppealState, tuple[Reason, ...]] = MappingProxyType(
    {
        AppealState.GRANTED: (Reason.MISTAKE, Reason.NEW_FACTS),
        AppealState.REDUCED: (Reason.TOO_SEVERE,),
        AppealState.UPHELD: (Reason.JUSTIFIED, Reason.AUTHORITY_ASKED),
    }
)
"""Why an outcome is right; whoever decides chooses one that fits."""

_ID = re.compile(r"apl_[0-9a-f]{20}")
_REFUSALS = (OwnWorkError, AppealTakenError, AppealNotPossibleError)


def list_appeals(visit: PageVisit) -> Response:
    """Show appeals: those that wait, by when they are due."""
    which = "all" if visit.query.get("which") == "all" else "open"
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    appeals = _appeals(visit)
    found = appeals.list(with_decided=which == "all", after=after, limit=LISTED + 1)
    return visit.page(
        "appeals/list.html",
        appeals=found[:LISTED],
        which=which,
        overdue=appeals.count_overdue(),
        following=found[LISTED - 1].place if len(found) > LISTED else None,
        is_first=not after,
    )


def show_appeal(visit: PageVisit) -> Response:
    """Show one appeal, with what it is against."""
    return _shown(visit, _found(visit))


def take_next(visit: PageVisit) -> Response:
    """Take the appeal that is due first and that this person may decide."""
    taken = _appeals(visit).next(visit.person)
    if taken is None:
        return visit.go("/appeals", notice="There is none that you may decide now.")
    return visit.go(f"/appeals/{taken.id}", notice="It is yours for an hour.")


def take_appeal(visit: PageVisit) -> Response:
    """Look at an appeal, so that nobody else does for an hour."""
    found = _found(visit)
    try:
        _appeals(visit).take(visit.person, found.id)
    except _REFUSALS as error:
        return _shown(visit, _found(visit), problem=in_sentences(error))
    return visit.go(f"/appeals/{found.id}", notice="It is yours for an hour.")


def give_back(visit: PageVisit) -> Response:
    """Let somebody else look at it."""
    _appeals(visit).give_back(visit.person, _found(visit).id)
    return visit.go("/appeals", notice="Somebody else can take it now.")


def read_statement(visit: PageVisit) -> Response:
    """Show what was written; that it was read is recorded."""
    found, viewer = _found(visit), visit.console.viewer
    if viewer is None or not found.has_statement:
        raise RefusedError(409, "It can't be opened here", advice="The review key is missing, or it is kept no more.")
    written = viewer.written(_appeals(visit).statement(visit.person, found.id))
    return _shown(visit, found, written=written)


def decide_appeal(visit: PageVisit) -> Response:
    """Decide an appeal; what is granted or reduced is lifted at once."""
    found, seen = _found(visit), visit.number("seen")
    outcome = next((one for one in REASONS if one.value == visit.form.get("outcome")), None)
    reason = next((one for one in _reasons(outcome) if one.value == visit.form.get("reason")), None)
    if outcome is None or reason is None:
        return _shown(visit, found, problem="Choose an outcome, and a reason that fits it.")
    try:
        _appeals(visit).decide(visit.person, found.id, outcome, reason, seen=seen)
    except _REFUSALS as error:
        return _shown(visit, _found(visit), problem=in_sentences(error))
    return visit.go(f"/appeals/{found.id}", notice="Decided. The operator's systems are told.")


def _shown(visit: PageVisit, found: Appeal, *, problem: str = "", written: Mapping[str, str] | None = None) -> Response:
    casework = visit.console.casework
    return visit.page(
        "appeals/show.html",
        status=409 if problem else 200,
        appeal=found,
        against=casework.enforcement.show(found.enforcement),
        steps=casework.enforcement.history(found.enforcement),
        is_mine=found.taken_by == visit.person.name and not found.is_free_for("", visit.console.clock.now()),
        is_free=found.is_free_for(visit.person.name, visit.console.clock.now()),
        outcomes=REASONS,
        doubted=casework.appeals.doubted(found),
        problem=problem,
        written=written,
    )


def _found(visit: PageVisit) -> Appeal:
    identifier = visit.path["appeal"]
    try:
        if not _ID.fullmatch(identifier):
            raise visit.missing()
        return _appeals(visit).show(AppealId(identifier))
    except AppealUnknownError as error:
        raise visit.missing() from error


def _appeals(visit: PageVisit) -> Appeals:
    return visit.console.casework.appeals


def _reasons(outcome: AppealState | None) -> tuple[Reason, ...]:
    return () if outcome is None else REASONS[outcome]


PAGES = (
    Page("GET", "/appeals", list_appeals, needs=Ability.READ_CASES),
    Page("POST", "/appeals/next", take_next, needs=Ability.DECIDE_APPEALS),
    Page("GET", "/appeals/{appeal}", show_appeal, needs=Ability.READ_CASES),
    Page("POST", "/appeals/{appeal}/take", take_appeal, needs=Ability.DECIDE_APPEALS),
    Page("POST", "/appeals/{appeal}/give-back", give_back, needs=Ability.DECIDE_APPEALS),
    Page("POST", "/appeals/{appeal}/read", read_statement, needs=Ability.DECIDE_APPEALS),
    Page("POST", "/appeals/{appeal}/decide", decide_appeal, needs=Ability.DECIDE_APPEALS),
)
