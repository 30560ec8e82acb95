"""Signals: fingerprints of decided items on their way to the own bank or the allow list, as the second of four eyes.

Whoever said something of an item never lets its fingerprints onto a list; the room sees to it.
"""

import re

from starlette.responses import Response

from safehold.cases import Ability
from safehold.cases.decisions import Decisions, ListingId, ListingState, OwnList
from safehold.cases.decisions.errors import ContradictionError, OwnWorkError, UnknownListingError
from safehold.console.page import Entry, Page
from safehold.console.pages.listed import LISTED, LONGEST_PLACE
from safehold.console.visit import PageVisit

REASONS = {
    "wrong": "The decision is not right",
    "unclear": "It is not clear enough",
    "not-ours": "It is listed already",
}

_LISTED_STATES = frozenset({ListingState.APPROVED, ListingState.LISTED})
_ID = re.compile(r"list_[0-9a-f]{20}")


def list_signals(visit: PageVisit) -> Response:
    """Show what waits for a second person, the oldest first."""
    return _listed(visit)


def settle_signals(visit: PageVisit) -> Response:
    """Let what was marked onto its list, or keep it off."""
    marked = tuple(ListingId(one) for one in visit.fields("listing") if _ID.fullmatch(one))
    is_approval, reason = visit.form.get("decision") == "approve", visit.form.get("reason", "")
    if not marked:
        return _listed(visit, "Mark what you mean first.")
    if not is_approval and reason not in REASONS:
        return _listed(visit, "Choose why it is kept off the list.")
    decisions = _decisions(visit)
    try:
        if is_approval:
            decisions.approve_signals(visit.person, marked)
        else:
            decisions.refuse_signals(visit.person, marked, reason)
    except (OwnWorkError, ContradictionError, UnknownListingError) as error:
        told = str(error)
        return _listed(visit, f"{told[:1].upper()}{told[1:]}. {error.advice} Nothing was done.")
    said = "On their lists within seconds." if is_approval else "Kept off the lists; the decisions stand."
    return visit.go("/signals", notice=said)


def _listed(visit: PageVisit, problem: str = "") -> Response:
    which = "listed" if visit.query.get("which") == "listed" and not problem else "waiting"
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    states = _LISTED_STATES if which == "listed" else frozenset({ListingState.PROPOSED})
    found = _decisions(visit).proposals(states=states, after=after, is_newest_first=which == "listed", limit=LISTED + 1)
    return visit.page(
        "signals/list.html",
        status=422 if problem else 200,
        signals=found[:LISTED],
        which=which,
        following=found[LISTED - 1].place if len(found) > LISTED else None,
        is_first=not after,
        lists=OwnList,
        reasons=REASONS,
        is_confirmed=visit.is_stepped_up,
        problem=problem,
    )


def _decisions(visit: PageVisit) -> Decisions:
    decisions: Decisions = visit.console.casework.decisions
    return decisions


PAGES = (
    Page("GET", "/signals", list_signals, needs=Ability.APPROVE_SIGNALS),
    Page("POST", "/signals", settle_signals, needs=Ability.APPROVE_SIGNALS, entry=Entry.STEPPED_UP),
)
