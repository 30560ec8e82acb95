"""The ledger: who did what, page by page, one event with its proof, and the verification of all of it.

Nothing here reads more than some hundred rows within a request. Who was shown what stays with who was: those lines name
nobody else here, and can't be asked for by name. The ledger itself holds the name, for the law.
"""

import re
from dataclasses import replace

from starlette.responses import Response

from safehold.cases import Ability, Person
from safehold.console.explorer import Run, Wanted, kinds, place_at, read_sheet
from safehold.console.explorer.sheet import Line, ledger_size, read_lines
from safehold.console.page import Page
from safehold.console.visit import PageVisit
from safehold.home.database import Database
from safehold.ledger import is_fit

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2})?")
_KIND = re.compile(r"[a-z][a-z_.]{0,63}")
_PLACE = re.compile(r"\d{1,15}")

PRIVATE = ("exposure.", "held.opened", "report.opened")
"""How kinds of events begin that say what somebody was shown."""

SOMEBODY = "somebody"
"""Stands for whoever it was."""


def show_ledger(visit: PageVisit) -> Response:
    """Show some events, newest first."""
    query = visit.query
    with _database(visit).reading() as connection:
        wanted = _wanted(query.get("kind", ""), query.get("actor", ""), query.get("before", ""), query.get("after", ""))
        at = query.get("at", "")
        if _DAY.fullmatch(at):  # the page whose oldest event is the first from then on
            wanted = Wanted(wanted.kind, wanted.actor, after=place_at(connection, at) - 1)
        sheet = read_sheet(connection, wanted)
        sheet = replace(sheet, lines=_discreet(sheet.lines, wanted, visit.person))
        known = kinds(connection)
    return visit.page(
        "ledger/list.html",
        sheet=sheet,
        wanted=wanted,
        at=at if _DAY.fullmatch(at) else "",
        kinds=[(kind, kind) for kind in known],
        run=visit.console.instruments.verification.current(),
    )


def show_event(visit: PageVisit) -> Response:
    """Show one event with everything that the ledger holds of it."""
    seq = visit.path["seq"]
    if not _PLACE.fullmatch(seq):
        raise visit.missing()
    with _database(visit).reading() as connection:
        size = ledger_size(connection)
        if int(seq) >= size:
            raise visit.missing()
        (line,) = read_lines(connection, [int(seq)])
    return visit.page("ledger/event.html", line=_unnamed(line, visit.person), size=size)


def show_verification(visit: PageVisit) -> Response:
    """Show how far the verification is, or what it found."""
    run: Run | None = visit.console.instruments.verification.current()
    return visit.page("ledger/verification.html", run=run)


def start_verification(visit: PageVisit) -> Response:
    """Begin to verify, beside everything else."""
    visit.console.instruments.verification.start(visit.person.name)
    return visit.go("/ledger/verification")


def _discreet(lines: tuple[Line, ...], wanted: Wanted, person: Person) -> tuple[Line, ...]:
    """Return lines as this person may see them: asked for by somebody else's name, none of what that one was shown."""
    if wanted.actor not in {"", person.name}:
        lines = tuple(line for line in lines if not _is_private(line))
    return tuple(_unnamed(line, person) for line in lines)


def _unnamed(line: Line, person: Person) -> Line:
    """Return a line without the name of somebody else who was shown something."""
    if line.entry is None or not _is_private(line) or line.entry.event.actor == person.name:
        return line
    return replace(line, entry=replace(line.entry, event=replace(line.entry.event, actor=SOMEBODY)))


def _is_private(line: Line) -> bool:
    return line.entry is not None and line.entry.event.kind.startswith(PRIVATE)


def _wanted(kind: str, actor: str, before: str, after: str) -> Wanted:
    """Return what is asked for; what no event can hold asks for nothing."""
    return Wanted(
        kind=kind if _KIND.fullmatch(kind) else "",
        actor=actor if is_fit(actor) else "",
        before=int(before) if _PLACE.fullmatch(before) else None,
        after=int(after) if _PLACE.fullmatch(after) else None,
    )


def _database(visit: PageVisit) -> Database:
    database: Database = visit.console.casework.workshop.home.database
    return database


PAGES = (
    Page("GET", "/ledger", show_ledger, needs=Ability.READ_LEDGER),
    Page("GET", "/ledger/verification", show_verification, needs=Ability.READ_LEDGER),
    Page("POST", "/ledger/verification", start_verification, needs=Ability.READ_LEDGER),
    Page("GET", "/ledger/events/{seq}", show_event, needs=Ability.READ_LEDGER),
)
