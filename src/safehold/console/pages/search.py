"""Search: find cases by what somebody has in hand, and where a file is known, without keeping anything of either.

Rules: what was typed or uploaded is in no address, log or ledger: forms are sent, and what is recorded is that
somebody searched, how, and how much was found. Only whole values are found.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from starlette.responses import Response

from safehold.cases import Ability, Case
from safehold.cases.errors import UnknownCaseError
from safehold.cases.search import Found, FoundBy
from safehold.console.lookup import Looked
from safehold.console.page import Page
from safehold.console.visit import PageVisit
from safehold.vocabulary import Event, Finding, Signal

LONGEST_TEXT = 300
"""Characters of what is searched for; every id, reference and hash of ours is shorter."""

SHOWN = 50
"""Cases that a page shows of what was found."""

_OWNERS = ("account", "session", "model", "link")
"""Whose names have marks: a name of one of them is turned into its mark, and that is looked for."""


@dataclass(slots=True)
class Hit:
    """One case that was found.

    Attributes:
        case: which.
        by: by what of it, each once.
        item: an item by which it was found; "" for none.
    """

    case: Case
    by: list[FoundBy] = field(default_factory=list)
    item: str = ""


def show_search(visit: PageVisit) -> Response:
    """Show the forms."""
    return _page(visit)


def search_text(visit: PageVisit) -> Response:
    """Find cases by an id, ticket, hash or name."""
    text = visit.form.get("text", "").strip()
    if not text or len(text) > LONGEST_TEXT:
        return _page(visit, error="Type an id, ticket, hash, or the name of an account or model.")
    casework = visit.console.casework
    marks = [casework.marks.of(owner, text) for owner in _OWNERS]
    found = [hit for wanted in (text, *filter(None, marks)) for hit in casework.cases.find(wanted)]
    hits = _hits(visit, found)
    _record(visit, "text", len(hits))
    return _page(visit, hits=hits)


def search_file(visit: PageVisit) -> Response:
    """Find where a file is known; it is examined in memory, and forgotten."""
    data = visit.upload("file")
    if not data:
        return _page(visit, error="Choose a file that is not empty.")
    looked: Looked = visit.console.instruments.lookup.look(data)
    cases = visit.console.casework.cases
    found = [hit for value in _values(looked.signals) for hit in cases.find(value)]
    hits = _hits(visit, found)
    _record(visit, "file", len(hits))
    return _page(visit, hits=hits, looked=looked)


def _values(signals: Sequence[Signal]) -> Iterable[str]:
    return dict.fromkeys(signal.value.hex() for signal in signals)


def _hits(visit: PageVisit, found: Iterable[Found]) -> list[Hit]:
    """Return each case once, with everything by which it was found; one that is gone meanwhile is left out."""
    hits: dict[str, Hit] = {}
    for one in found:
        if one.case not in hits:
            if len(hits) == SHOWN:
                continue
            try:
                hits[one.case] = Hit(visit.console.casework.cases.show(one.case))
            except UnknownCaseError:
                continue
        hit = hits[one.case]
        hit.item = hit.item or (one.item or "")
        if one.by not in hit.by:
            hit.by.append(one.by)
    return sorted(hits.values(), key=lambda hit: hit.case.changed_at, reverse=True)


def _record(visit: PageVisit, form: str, found: int) -> None:
    """Record that somebody searched, without what for: that nobody looks people up unseen."""
    event = Event("case.searched", visit.person.name, details={"form": form, "found": found})
    visit.console.casework.workshop.ledger.append(event)


def _page(
    visit: PageVisit, *, error: str = "", hits: Sequence[Hit] | None = None, looked: Looked | None = None
) -> Response:
    return visit.page(
        "search/show.html",
        status=422 if error else 200,
        error=error,
        hits=hits,
        looked=looked,
        listed=() if looked is None else _listed(looked.findings),
        most=SHOWN,
    )


def _listed(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings with equal bytes first, then the nearest; each entry of a list once."""
    nearest: dict[tuple[str, str], Finding] = {}
    for one in findings:
        key = one.reference, one.detector
        if key not in nearest or (one.distance or 0) < (nearest[key].distance or 0):
            nearest[key] = one
    return sorted(nearest.values(), key=lambda one: (not one.is_confirmed, one.distance or 0, one.reference))


PAGES = (
    Page("GET", "/search", show_search, needs=Ability.READ_CASES),
    Page("POST", "/search", search_text, needs=Ability.READ_CASES),
    Page("POST", "/search/file", search_file, needs=Ability.REVIEW),
)
