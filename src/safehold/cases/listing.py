"""Listing: cases in the order in which they are to be worked on, a page at a time.

A page begins behind a cursor, not at a number: no page costs more than the first, and what comes or goes meanwhile
makes nothing appear twice.

    page = list_cases(connection, CaseFilter(queue="gateway"), limit=50)
    following = list_cases(connection, CaseFilter(queue="gateway"), after=page.following, limit=50)
"""

from dataclasses import dataclass
from typing import NewType

import sqlalchemy as sa

from safehold.cases.case import Case, CaseState, Priority, SubjectKind
from safehold.cases.item import Origin
from safehold.cases.rows import is_plain, rank, to_case
from safehold.cases.tables import cases

Cursor = NewType("Cursor", str)
"""The place behind which a page begins; opaque: from :attr:`CasePage.following`. It names a case and no content."""

MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases; every part that is said must hold.

    Attributes:
        state: how far they are; None for all that are not closed, and of a queue for all that wait in it.
        queue: in which queue they wait, or waited for first decisions; None for any.
        assignee: whom they were given to; "" for nobody, None for anybody.
        subject_kind: what they are about; None for anything.
        priority: how urgent they are; None for any.
        origin: what opened them; None for anything.
    """

    state: CaseState | None = None
    queue: str | None = None
    assignee: str | None = None
    subject_kind: SubjectKind | None = None
    priority: Priority | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases, the most urgent first.

    Attributes:
        cases: at most as many as were asked for.
        following: the cursor of the next page; None where this is the last.
    """

    cases: tuple[Case, ...]
    following: Cursor | None = None


def list_cases(
    connection: sa.Connection, wanted: CaseFilter, *, after: Cursor | None = None, limit: int = 50
) -> CasePage:
    """Return a page of cases: by priority, then by when they are due, then oldest first.

    Args:
        connection: to read with.
        wanted: which cases.
        after: the cursor of the page before; None for the first page. Another text begins where it would sort.
        limit: how many at most, 1 to 500.
    """
    size = max(1, min(limit, MOST_LISTED))
    query = sa.select(cases).where(*conditions(wanted)).order_by(cases.c.turn).limit(size + 1)
    if after is not None and is_plain(after):
        query = query.where(cases.c.turn > after)
    rows = connection.execute(query).mappings().all()
    following = Cursor(rows[size - 1]["turn"]) if len(rows) > size else None
    return CasePage(tuple(map(to_case, rows[:size])), following)


def conditions(wanted: CaseFilter) -> list[sa.ColumnElement[bool]]:
    """Return what the rows of the wanted cases fulfil."""
    if not all(is_plain(name) for name in (wanted.queue or "", wanted.assignee or "")):
        return [sa.false()]
    if wanted.state is not None:
        told = [cases.c.state == wanted.state.value]
    else:
        told = [cases.c.is_open == 1 if wanted.queue is None else cases.c.is_waiting == 1]
    if wanted.queue is not None:
        told.append(cases.c.queue == wanted.queue)
    if wanted.assignee is not None:
        told.append(cases.c.assignee == wanted.assignee)
    if wanted.subject_kind is not None:
        told.append(cases.c.subject_kind == wanted.subject_kind.value)
    if wanted.priority is not None:
        told.append(cases.c.priority == rank(wanted.priority))
    if wanted.origin is not None:
        told.append(cases.c.origin == wanted.origin.value)
    return told
