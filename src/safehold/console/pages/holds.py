"""Holds: which evidence must be kept, why and until when; and what is to be destroyed, which takes two people.

Lists alone: a piece of evidence has a page of its own, on which it is held.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from safehold.cases import Ability
from safehold.cases.errors import NotForThemError
from safehold.cases.evidence import Destruction, Destructions, Holds, Waiting
from safehold.cases.evidence.errors import EvidenceError, UnknownDestructionError
from safehold.cases.evidence.listing import place_of_end, place_of_hold, place_to_come
from safehold.console.errors import RefusedError
from safehold.console.page import Entry, Page
from safehold.console.pages.evidence import basis_said
from safehold.console.pages.listed import FEW, LISTED, LONGEST_PLACE
from safehold.console.visit import PageVisit
from safehold.vault import Hold, VaultError

SOON = dt.timedelta(days=30)
"""Holds that end within so long are shown first: time to ask counsel whether they are still needed."""

REFUSALS = {"unclear": "The request is not clear", "not-entitled": "They may not ask for it", "other": "Another reason"}

_DESTRUCTION = re.compile(r"destroy_[0-9a-f]{20}")

_ToCome = Sequence[tuple[Destruction, Waiting]]


@dataclass(frozen=True, slots=True)
class Lists:
    """What the page of holds shows.

    Attributes:
        which: active, ending, destroying or all.
        holds: a page of them.
        following: where its next page begins; None on the last one.
        ending: a few that end soon, and one more where there are more.
        destroying: what is to be destroyed, each with what stands in its way; a page of it, or a few.
    """

    which: str
    holds: Sequence[Hold] = ()
    following: str | None = None
    ending: Sequence[Hold] = ()
    destroying: _ToCome = ()


def list_holds(visit: PageVisit) -> Response:
    """Show holds that are active, what ends soon, and what is to be destroyed: some of it, or one list whole."""
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    lists = _LISTS.get(visit.query.get("which", ""), _active)(visit, after)
    return visit.page(
        "holds/list.html",
        lists=lists,
        few=FEW,
        is_first=not after,
        basis_of=basis_said,
        refusals=REFUSALS,
        is_confirmed=visit.is_stepped_up,
    )


def _active(visit: PageVisit, after: str) -> Lists:
    found = _holds(visit).list(after=after, limit=LISTED + 1)
    following = place_of_hold(found[LISTED - 1]) if len(found) > LISTED else None
    if after:
        return Lists("active", found[:LISTED], following)
    destroying = _with_waiting(visit, _destructions(visit).to_come(limit=FEW + 1))
    return Lists("active", found[:LISTED], following, _holds(visit).ending(SOON, limit=FEW + 1), destroying)


def _all(visit: PageVisit, after: str) -> Lists:
    found = _holds(visit).list(with_ended=True, after=after, limit=LISTED + 1)
    return Lists("all", found[:LISTED], place_of_hold(found[LISTED - 1]) if len(found) > LISTED else None)


def _ending(visit: PageVisit, after: str) -> Lists:
    found = _holds(visit).ending(SOON, after=after, limit=LISTED + 1)
    return Lists("ending", found[:LISTED], place_of_end(found[LISTED - 1]) if len(found) > LISTED else None)


def _destroying(visit: PageVisit, after: str) -> Lists:
    found = _destructions(visit).to_come(after=after, limit=LISTED + 1)
    following = place_to_come(found[LISTED - 1]) if len(found) > LISTED else None
    return Lists("destroying", following=following, destroying=_with_waiting(visit, found[:LISTED]))


_LISTS = {"all": _all, "ending": _ending, "destroying": _destroying}


def _with_waiting(visit: PageVisit, found: Sequence[Destruction]) -> _ToCome:
    """Return destructions, each with what stands in its way."""
    destructions = _destructions(visit)
    return [(one, destructions.waiting(one)) for one in found]


def decide_destruction(visit: PageVisit) -> Response:
    """Approve or refuse a destroy request, as the second person."""
    found = _destruction(visit)
    try:
        if visit.form.get("decision") == "approve":
            _destructions(visit).approve(visit.person, found.id)
            said = "Approved: workers destroy it as soon as nothing stands in the way."
        else:
            _destructions(visit).refuse(visit.person, found.id, reason=_refusal(visit))
            said = "Refused: it stays."
    except (EvidenceError, NotForThemError, VaultError) as error:
        raise RefusedError(
            409, "That can't be done", advice=f"{str(error)[:1].upper()}{str(error)[1:]}. {error.advice}"
        ) from error
    return visit.go("/holds", notice=said)


def _destruction(visit: PageVisit) -> Destruction:
    identifier = visit.path["destruction"]
    try:
        if not _DESTRUCTION.fullmatch(identifier):
            raise visit.missing()
        return _destructions(visit).show(identifier)
    except UnknownDestructionError as error:
        raise visit.missing() from error


def _refusal(visit: PageVisit) -> str:
    reason = visit.form.get("reason", "")
    if reason not in REFUSALS:
        raise RefusedError(422, "A reason is needed", advice="Go back and choose why.")
    return reason


def _holds(visit: PageVisit) -> Holds:
    holds: Holds = visit.console.casework.holds
    return holds


def _destructions(visit: PageVisit) -> Destructions:
    destructions: Destructions = visit.console.casework.destructions
    return destructions


PAGES = (
    Page("GET", "/holds", list_holds, needs=Ability.MANAGE_HOLDS),
    Page("POST", "/destructions/{destruction}", decide_destruction, needs=Ability.MANAGE_HOLDS, entry=Entry.STEPPED_UP),
)
