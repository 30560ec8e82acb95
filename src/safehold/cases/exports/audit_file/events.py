"""Events of an export for auditors: found a page of the ledger at a time, so that their number costs no memory."""

import datetime as dt
from collections.abc import Iterator, Sequence

from safehold.cases.exports.archive import Archive
from safehold.cases.exports.audit_file.scope import Scope
from safehold.ledger.entry import Recorded

PAGE_EVENTS = 1_000
"""Read at a time: half a megabyte."""

FEW_CASES = 20
"""So many cases are looked for one by one; the ledger is read through for more. Ours."""

_CASE, _DECISION = "case_", "dec_"
_MARGIN = dt.timedelta(days=1)
"""Clocks may have been set back by as much between two events."""


def events_of(archive: Archive, scope: Scope, size: int) -> Iterator[Recorded]:
    """Give the events that tell of cases or of decisions on them, in the ledger's order.

    Args:
        archive: where everything is.
        scope: which cases.
        size: how much of the ledger is read.
    """
    if scope.since is None and len(scope.cases) <= FEW_CASES:
        for place in _places(archive, scope):
            if place < size:
                yield from archive.ledger.events(place, place + 1)
        return
    for start in range(_beginning(archive, scope, size), size, PAGE_EVENTS):
        page = tuple(archive.ledger.events(start, min(start + PAGE_EVENTS, size)))
        with archive.database.reading() as connection:
            wanted = scope.among(connection, {word for entry in page for word in _words(entry)})
        yield from (entry for entry in page if wanted.intersection(_words(entry)))


def _places(archive: Archive, scope: Scope) -> Sequence[int]:
    found = set[int]()
    for case in scope.cases:
        found.update(archive.places(case, [one.id for one in archive.decisions.of_case(case)]))
    return sorted(found)


def _words(entry: Recorded) -> Iterator[str]:
    for value in entry.event.details.values():
        if isinstance(value, str) and value.startswith((_CASE, _DECISION)):
            yield value


def _beginning(archive: Archive, scope: Scope, size: int) -> int:
    """Return a place before which nothing tells of the cases, by the events' times."""
    if scope.since is None:
        return 0
    before, low, high = scope.since - _MARGIN, 0, size
    while low < high:
        middle = (low + high) // 2
        (entry,) = archive.ledger.events(middle, middle + 1)
        if dt.datetime.fromisoformat(entry.at) < before:
            low = middle + 1
        else:
            high = middle
    return low
