"""Awaiting preservation: evidence that the vault does not have yet, so that nothing may remove it meanwhile.

connection.execute(awaited_items())        # ids of items
connection.execute(awaited_cases())        # the cases that they belong to

What is evidence is written down once for each item, and followed by jobs of the outbox. A job may die; this stays.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from safehold.cases.item import Place
from safehold.cases.tables import case_items, case_preservations
from safehold.home.outbox.tables import jobs
from safehold.ledger.entry import timestamp

PRESERVE = "evidence.preserve"
"""The kind of the jobs, each with the id of an item."""

LOST = "HeldItemMissingError"
"""Why a job was given up where nothing was left to preserve."""


class Preserved(Enum):
    """How far the vault has an item that is evidence."""

    WANTED = "wanted"
    """The vault is to have it."""
    SEALING = "sealing"
    """It is being sealed, under ids that are written down."""
    KEPT = "kept"
    """The vault has all of it."""
    LOST = "lost"
    """Its content was gone before it could be sealed."""
    WITHDRAWN = "withdrawn"
    """It was reversed before it was kept: whatever is sealed of it yet is destroyed."""


_AWAITED = (Preserved.WANTED.value, Preserved.SEALING.value)


@dataclass(frozen=True, slots=True)
class Preserving:
    """How preservation goes.

    Attributes:
        given_up: jobs that are tried no more until tomorrow or until somebody says so, and those of what is lost; but
            for those that somebody took note of.
        late: items that have waited since before some time, but for those of whose job somebody took note.
    """

    given_up: int
    late: int


def preserving(connection: sa.Connection, before: dt.datetime) -> Preserving:
    """Return how many jobs were given up, and how many items or jobs wait since before a time."""
    rows, asked = case_preservations, jobs.c.kind == PRESERVE
    dead = (
        sa.select(sa.func.count())
        .select_from(jobs)
        .where(asked, jobs.c.state == "dead", jobs.c.acknowledged_at.is_(None))
    )
    noted = sa.select(jobs.c.payload["item"].as_string()).where(asked, jobs.c.acknowledged_at.is_not(None))
    items = (
        sa.select(sa.func.count())
        .select_from(rows)
        .where(rows.c.state.in_(_AWAITED), rows.c.at < timestamp(before), rows.c.item_id.not_in(noted))
    )
    late = sa.select(sa.func.count()).select_from(jobs).where(asked, jobs.c.state == "waiting")
    late = late.where(jobs.c.created_at < timestamp(before), jobs.c.acknowledged_at.is_(None))
    given_up, *waiting = (connection.execute(one).scalar() or 0 for one in (dead, items, late))
    return Preserving(given_up, max(waiting))


def awaited_items() -> sa.Select[Any]:
    """Return the query of items that the vault is to get."""
    return sa.select(case_preservations.c.item_id).where(case_preservations.c.state.in_(_AWAITED))


def awaited_contents() -> sa.Select[Any]:
    """Return the query of what such items are called where they are held."""
    return sa.select(case_items.c.content).where(
        case_items.c.id.in_(awaited_items()), case_items.c.place == Place.HELD.value
    )


def awaited_cases() -> sa.Select[Any]:
    """Return the query of cases that such items belong to; a case may come twice."""
    return sa.select(case_items.c.case_id).where(case_items.c.id.in_(awaited_items()))
