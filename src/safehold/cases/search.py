"""Search: find cases by what somebody has in hand: an id, a check, a ticket, a hash, the mark of an account.

Only whole values are found, each through an index: nothing here can be used to guess, and what was typed goes nowhere.

    find(connection, "5a" * 32)
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.item import ItemId
from safehold.cases.rows import is_plain
from safehold.cases.tables import (
    case_fingerprints,
    case_items,
    case_preservations,
    case_references,
    case_signals,
    cases,
)

MOST_FOUND = 100


class FoundBy(Enum):
    """What of a case was what somebody looked for."""

    CASE = "case"
    ITEM = "item"
    REFERENCE = "reference"
    """A name of the case that somebody outside was given."""
    SOURCE = "source"
    """A check, a run or a ticket."""
    CONTENT = "content"
    """A held item, a record or a piece of evidence."""
    FINGERPRINT = "fingerprint"
    SUBJECT = "subject"
    """The mark of an account, session or link; a model or run."""


@dataclass(frozen=True, slots=True)
class Found:
    """One hit.

    Attributes:
        case: which case.
        by: by what of it.
        item: which item of it, where it was one; None otherwise.
    """

    case: CaseId
    by: FoundBy
    item: ItemId | None = None


def find(connection: sa.Connection, text: str) -> tuple[Found, ...]:
    """Return where a text is named, at most a hundred places, each case and kind of hit once.

    Args:
        connection: to read with.
        text: an id, reference, mark or hash (hexadecimal, either case); surrounding spaces don't count.
    """
    wanted = text.strip()
    if not wanted or not is_plain(wanted):
        return ()
    found: dict[tuple[CaseId, FoundBy], Found] = {}
    for by, query in _queries(wanted).items():
        for case_id, item_id in connection.execute(query.limit(MOST_FOUND)):
            item = None if item_id is None else ItemId(item_id)
            found.setdefault((CaseId(case_id), by), Found(CaseId(case_id), by, item))
    return tuple(found.values())[:MOST_FOUND]


def _queries(wanted: str) -> dict[FoundBy, sa.Select[Any] | sa.CompoundSelect[Any]]:
    """Return the questions, each of which one index answers, with case and item."""
    nothing = sa.literal(None, sa.Text)
    lower = wanted.lower()
    an_item = (
        sa.select(case_signals.c.item_id)
        .where(case_signals.c.case_id == case_fingerprints.c.case_id, case_signals.c.value == lower)
        .limit(1)
        .scalar_subquery()
    )
    return {
        FoundBy.CASE: sa.select(cases.c.id, nothing).where(cases.c.id == lower),
        FoundBy.ITEM: sa.select(case_items.c.case_id, case_items.c.id).where(case_items.c.id == lower),
        FoundBy.REFERENCE: sa.select(case_references.c.case_id, nothing).where(case_references.c.reference == wanted),
        FoundBy.SOURCE: sa.select(case_items.c.case_id, case_items.c.id).where(
            case_items.c.source.in_({wanted, wanted.partition("#")[0]})
        ),
        FoundBy.CONTENT: sa.union_all(
            sa.select(case_items.c.case_id, case_items.c.id).where(
                case_items.c.content == wanted, case_items.c.content != ""
            ),
            sa.select(case_items.c.case_id, case_items.c.id)
            .join(case_preservations, case_preservations.c.item_id == case_items.c.id)
            .where(case_preservations.c.circumstances == wanted),
        ),
        FoundBy.FINGERPRINT: sa.select(case_fingerprints.c.case_id, an_item).where(case_fingerprints.c.value == lower),
        FoundBy.SUBJECT: sa.union_all(
            sa.select(cases.c.id, nothing).where(cases.c.subject == wanted),
            sa.select(case_items.c.case_id, case_items.c.id).where(case_items.c.subject == wanted),
        ),
    }
