"""Openings of evidence: who asked, for which case and purpose; two custodians grant it on machines of their own.

Rules: a custodian's private key never comes here: what they make on their own machine is handed in as a file. Who asks
is never one of those who grant. What is opened is shown in the reviewing view of its case alone.
"""

import re

from starlette.responses import Response

from safehold.cases import Ability
from safehold.cases.errors import NotForThemError
from safehold.cases.evidence import Opening, Openings, OpeningState
from safehold.cases.evidence.errors import EvidenceError, UnknownOpeningError
from safehold.cases.evidence.listing import place_of_opening
from safehold.console.errors import RefusedError, in_sentences
from safehold.console.page import Entry, Page
from safehold.console.pages.listed import FEW, LISTED, LONGEST_PLACE
from safehold.console.visit import PageVisit
from safehold.vault import EvidenceState, VaultError
from safehold.vault.evidence import parse_evidence_id
from safehold.vault.granting import Grant
from safehold.vault.register import require

MINUTES = (15, 30, 60, 120, 240, 480)
"""For how long one may ask: up to a working day."""

REASONS = {
    "unclear-purpose": "The purpose is not clear",
    "not-needed": "It can be decided without",
    "wrong-case": "It is not part of that case",
    "other": "Another reason, told another way",
}

_ID = re.compile(r"open_[0-9a-f]{20}")
_LARGEST_GRANT = 64 * 1024


def list_openings(visit: PageVisit) -> Response:
    """Show openings, latest first, and the form that asks for one."""
    return _listed(visit)


def ask_opening(visit: PageVisit) -> Response:
    """Ask custodians to open evidence."""
    form = visit.form
    minutes = form.get("minutes", "")
    try:
        if minutes not in map(str, MINUTES):
            return _listed(visit, "Choose for how long.")
        evidence = parse_evidence_id(form.get("evidence", "").strip())
        case, purpose = form.get("case", "").strip(), form.get("purpose", "").strip()
        made = _openings(visit).request(visit.person, evidence, case=case, purpose=purpose, seconds=int(minutes) * 60)
    except (EvidenceError, VaultError) as error:
        return _listed(visit, in_sentences(error))
    return visit.go(f"/openings/{made.id}", notice="Asked for. Custodians see it on their page.")


def show_opening(visit: PageVisit) -> Response:
    """Show how far an opening is."""
    return _one(visit, _found(visit), is_custodian=False)


def end_opening(visit: PageVisit) -> Response:
    """End an opening before its time."""
    found = _found(visit)
    try:
        _openings(visit).end(visit.person, found.id)
    except (EvidenceError, NotForThemError) as error:
        raise RefusedError(409, "It can't be ended", advice=in_sentences(error)) from error
    return visit.go(f"/openings/{found.id}", notice="Ended. What custodians had sealed for it is removed.")


def list_grants(visit: PageVisit) -> Response:
    """Show custodians what waits for them, and what is open now: some of it, or that whole."""
    which = "open" if visit.query.get("which") == "open" else "waiting"
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    state = OpeningState.GRANTED if which == "open" else OpeningState.REQUESTED
    found = _openings(visit).list(state=state, is_running=True, after=after, limit=LISTED + 1)
    is_overview = which == "waiting" and not after
    running = _openings(visit).list(state=OpeningState.GRANTED, is_running=True, limit=FEW + 1) if is_overview else ()
    return visit.page(
        "openings/grants.html",
        which=which,
        openings=found[:LISTED],
        following=place_of_opening(found[LISTED - 1]) if len(found) > LISTED else None,
        is_first=not after,
        running=running,
        few=FEW,
    )


def show_grant(visit: PageVisit) -> Response:
    """Show a custodian what they are asked to grant."""
    return _one(visit, _found(visit), is_custodian=True)


def fetch_package(visit: PageVisit) -> Response:
    """Give the file that a custodian takes to their own machine; nothing in it opens without their key."""
    found = _found(visit)
    try:
        package = _openings(visit).package(found.id)
    except (EvidenceError, VaultError) as error:
        raise RefusedError(409, "It can't be granted any more", advice=in_sentences(error)) from error
    headers = {"Content-Disposition": f'attachment; filename="{found.id}.request"'}
    return Response(package, headers=headers, media_type="application/octet-stream")


def hand_in(visit: PageVisit) -> Response:
    """Take what a custodian made on their own machine."""
    found, file = _found(visit), visit.upload("file")
    try:
        if not 0 < len(file) <= _LARGEST_GRANT:
            return _granting(visit, found, "Choose the file that `safehold vault grant` made.")
        given = Grant.from_bytes(file)
        if given.opening != found.id:
            return _granting(visit, found, "That file is for another opening.")
        viewer = visit.console.viewer
        key = None if viewer is None else viewer.review_key  # what would not open is then refused at once
        _openings(visit).grant(visit.person, given, review_key=key)
    except (EvidenceError, VaultError) as error:
        return _granting(visit, found, in_sentences(error))
    return visit.go(f"/grants/{found.id}", notice="Granted, as far as it is yours to grant.")


def refuse_grant(visit: PageVisit) -> Response:
    """Refuse an opening, as one of its custodians."""
    found, reason = _found(visit), visit.form.get("reason", "")
    if reason not in REASONS:
        return _granting(visit, found, "Choose why.")
    try:
        _openings(visit).refuse(visit.person, found.id, reason=reason)
    except EvidenceError as error:
        return _granting(visit, found, in_sentences(error))
    return visit.go("/grants", notice="Refused.")


def _listed(visit: PageVisit, problem: str = "") -> Response:
    asked = visit.form or visit.query
    after = visit.query.get("after", "")[:LONGEST_PLACE]
    found = _openings(visit).list(after=after, limit=LISTED + 1)
    return visit.page(
        "openings/list.html",
        status=422 if problem else 200,
        openings=found[:LISTED],
        following=place_of_opening(found[LISTED - 1]) if len(found) > LISTED else None,
        is_first=not after,
        is_confirmed=visit.is_stepped_up,
        problem=problem,
        minutes=[(str(one), f"{one} minutes" if one < 60 else f"{one // 60} h") for one in MINUTES],
        filled={name: asked.get(name, "") for name in ("evidence", "case", "purpose", "minutes")},
    )


def _granting(visit: PageVisit, found: Opening, problem: str) -> Response:
    return _one(visit, found, is_custodian=True, problem=problem)


def _one(visit: PageVisit, found: Opening, *, is_custodian: bool, problem: str = "") -> Response:
    return visit.page(
        "openings/show.html",
        status=422 if problem else 200,
        one=found,
        is_custodian=is_custodian,
        problem=problem,
        reasons=REASONS,
        is_erased=_is_erased(visit, found),
        is_confirmed=visit.is_stepped_up,
    )


def _is_erased(visit: PageVisit, found: Opening) -> bool:
    with visit.console.casework.workshop.home.database.reading() as connection:
        return require(connection, found.evidence).state is not EvidenceState.SEALED


def _found(visit: PageVisit) -> Opening:
    identifier = visit.path["opening"]
    try:
        if not _ID.fullmatch(identifier):
            raise visit.missing()
        return _openings(visit).show(identifier)
    except UnknownOpeningError as error:
        raise visit.missing() from error


def _openings(visit: PageVisit) -> Openings:
    openings: Openings = visit.console.casework.openings
    return openings


PAGES = (
    Page("GET", "/openings", list_openings, needs=Ability.ASK_OPENING),
    Page("POST", "/openings", ask_opening, needs=Ability.ASK_OPENING, entry=Entry.STEPPED_UP),
    Page("GET", "/openings/{opening}", show_opening, needs=Ability.ASK_OPENING),
    Page("POST", "/openings/{opening}/end", end_opening, needs=Ability.ASK_OPENING),
    Page("GET", "/grants", list_grants, needs=Ability.GRANT_OPENING),
    Page("GET", "/grants/{opening}", show_grant, needs=Ability.GRANT_OPENING),
    Page("GET", "/grants/{opening}/package", fetch_package, needs=Ability.GRANT_OPENING),
    Page("POST", "/grants/{opening}", hand_in, needs=Ability.GRANT_OPENING, entry=Entry.STEPPED_UP),
    Page("POST", "/grants/{opening}/refuse", refuse_grant, needs=Ability.GRANT_OPENING),
)
