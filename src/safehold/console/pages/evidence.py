"""One piece of evidence: what is known of it, its holds, and the asking for its destruction. Nothing here opens it.

A hold beats every request to erase; what ends it, its rule says.
"""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from safehold.cases import Ability, CaseId
from safehold.cases.evidence import RULES, Basis, Destructions, Ground, Holds, basis_of
from safehold.cases.evidence.belonging import cases_with, pieces_of, waiting_of
from safehold.cases.evidence.errors import EvidenceError
from safehold.console.errors import in_sentences
from safehold.console.page import Entry, Page
from safehold.console.visit import PageVisit
from safehold.vault import Evidence, EvidenceId, Hold, HoldRefusedError, UnknownEvidenceError, VaultError
from safehold.vault.evidence import parse_evidence_id
from safehold.vault.register import require

_HOLD = re.compile(r"[0-9a-f]{16}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ASKED = (Ground.LAW_ENFORCEMENT, Ground.ERASURE_REQUEST)


@dataclass(frozen=True, slots=True)
class Belonging:
    """A case that has a piece of evidence.

    Attributes:
        case: which.
        pieces: how many pieces it has that are held apart, this one among them.
        waiting: how many of its items the vault does not have yet.
    """

    case: CaseId
    pieces: int
    waiting: int


def show_evidence(visit: PageVisit) -> Response:
    """Show what is known of one piece of evidence, its holds, and what was asked."""
    return _shown(visit, _evidence(visit))


def place_hold(visit: PageVisit) -> Response:
    """Start a hold."""
    found, form = _evidence(visit), visit.form
    basis = next((one for one in Basis if one.value == form.get("basis")), None)
    if basis is None:
        return _shown(visit, found, "Choose what the hold rests on.")
    dates = {"begins_at": _day(form.get("begins", "")), "until": _day(form.get("until", ""))}
    reference, holds, chosen = form.get("reference", "").strip(), _holds(visit), form.get("with", "")
    if not chosen:
        return _done(
            visit,
            found,
            lambda: holds.place(visit.person, found.id, basis, reference=reference, **dates),
            "Held: nothing erases it meanwhile.",
        )
    case = next((one.case for one in _belonging(visit, found) if one.case == chosen), None)
    if case is None:
        return _shown(visit, found, "Choose what is held with it.")
    return _done(
        visit,
        found,
        lambda: holds.place_on_case(visit.person, case, basis, reference=reference, **dates),
        "Held, with all that its case has in the vault: nothing erases it meanwhile.",
    )


def extend_hold(visit: PageVisit) -> Response:
    """Prolong a hold."""
    found, until = _evidence(visit), _day(visit.form.get("until", ""))
    if until is None:
        return _shown(visit, found, "Say until which day.")
    hold, reference = _hold(visit), visit.form.get("reference", "").strip()
    return _done(
        visit, found, lambda: _holds(visit).extend(visit.person, hold, until, reference=reference), "Prolonged."
    )


def release_hold(visit: PageVisit) -> Response:
    """End a hold before its time."""
    found, hold, reference = _evidence(visit), _hold(visit), visit.form.get("reference", "").strip()
    return _done(
        visit,
        found,
        lambda: _holds(visit).release(visit.person, hold, reference=reference),
        "Released. Nothing is destroyed by that.",
    )


def ask_destruction(visit: PageVisit) -> Response:
    """Ask to destroy evidence; a second person approves it."""
    found, reference = _evidence(visit), visit.form.get("reference", "").strip()
    counsel = visit.form.get("counsel", "").strip()
    ground = next((one for one in _ASKED if one.value == visit.form.get("ground")), None)
    if ground is None:
        return _shown(visit, found, "Choose who asks.")
    return _done(
        visit,
        found,
        lambda: _destructions(visit).ask(visit.person, found.id, ground, reference=reference, counsel=counsel),
        "Asked for. A second person approves it.",
    )


def _done(visit: PageVisit, found: Evidence, step: Callable[[], object], notice: str) -> Response:
    try:
        step()
    except (EvidenceError, HoldRefusedError, VaultError) as error:
        return _shown(visit, found, in_sentences(error))
    return visit.go(f"/holds/{found.id}", notice=notice)


def _shown(visit: PageVisit, found: Evidence, problem: str = "") -> Response:
    destructions = _destructions(visit)
    return visit.page(
        "holds/evidence.html",
        status=422 if problem else 200,
        one=found,
        holds=_holds(visit).list(evidence=found.id, with_ended=True),
        destructions=destructions.list(evidence=found.id),
        bases=[(one.value, _BASES[one]) for one in Basis if one is not Basis.OTHER],
        rules={one.value: RULES[one] for one in Basis},
        basis_of=basis_said,
        grounds=[(one.value, _GROUNDS[one]) for one in _ASKED],
        is_confirmed=visit.is_stepped_up,
        problem=problem,
        belonging=_belonging(visit, found),
    )


def _belonging(visit: PageVisit, found: Evidence) -> Sequence[Belonging]:
    """Return the cases that have a piece of evidence, each with how much it has."""
    with visit.console.casework.workshop.home.database.reading() as connection:
        return [
            Belonging(case, pieces_of(connection, case), waiting_of(connection, case))
            for case in cases_with(connection, found)
        ]


_BASES = {
    Basis.US_REPORT: "A report to the CyberTipline: one year from submission",
    Basis.US_PRESERVATION: "A preservation request of a US agency: 90 days",
    Basis.AUTHORITY: "Another authority's request",
    Basis.COURT_ORDER: "A court's order",
    Basis.COUNSEL: "Counsel asks for it",
    Basis.OTHER: "As it was stated",
}
_GROUNDS = {
    Ground.LAW_ENFORCEMENT: "A law enforcement agency",
    Ground.ERASURE_REQUEST: "Whom it is about, or an authority for data protection",
    Ground.EXPIRY: "The time of its hold is over",
}


def basis_said(hold: Hold) -> str:
    """Return what a hold rests on, as people say it."""
    basis = basis_of(hold.grounds.rule)
    return hold.basis if basis is Basis.OTHER else _BASES[basis].partition(":")[0]


def _evidence(visit: PageVisit) -> Evidence:
    try:
        identifier: EvidenceId = parse_evidence_id(visit.path["evidence"])
        with visit.console.casework.workshop.home.database.reading() as connection:
            return require(connection, identifier)
    except UnknownEvidenceError as error:
        raise visit.missing() from error


def _hold(visit: PageVisit) -> str:
    """Return the id of a hold on the evidence of this page, or on what that belongs to."""
    identifier, found = visit.path["hold"], _evidence(visit)
    if not _HOLD.fullmatch(identifier):
        raise visit.missing()
    try:
        hold = _holds(visit).show(identifier)
    except HoldRefusedError as error:
        raise visit.missing() from error
    if hold.evidence not in {found.id, found.belongs_to}:
        raise visit.missing()
    return hold.id


def _day(text: str) -> dt.datetime | None:
    """Return the beginning of a day in UTC; None for none."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def _holds(visit: PageVisit) -> Holds:
    holds: Holds = visit.console.casework.holds
    return holds


def _destructions(visit: PageVisit) -> Destructions:
    destructions: Destructions = visit.console.casework.destructions
    return destructions


PAGES = (
    Page("GET", "/holds/{evidence}", show_evidence, needs=Ability.MANAGE_HOLDS),
    Page("POST", "/holds/{evidence}", place_hold, needs=Ability.MANAGE_HOLDS),
    Page("POST", "/holds/{evidence}/destruction", ask_destruction, needs=Ability.MANAGE_HOLDS, entry=Entry.STEPPED_UP),
    Page("POST", "/holds/{evidence}/{hold}/extend", extend_hold, needs=Ability.MANAGE_HOLDS),
    Page("POST", "/holds/{evidence}/{hold}/release", release_hold, needs=Ability.MANAGE_HOLDS, entry=Entry.STEPPED_UP),
)
