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


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the vault does not have yet, in numbers. Each job is counted once.

    Attributes:
        items: items that it is to have, whatever became of their jobs.
        waiting: jobs that wait for their first try or for what nobody is to blame for, such as custodians.
        failed: jobs that have failed and are tried again by themselves.
        dead: jobs that were given up, until tomorrow or until somebody has them tried again.
        noted: of the jobs that were given up, those that somebody took note of.
        oldest_seconds: how long the longest has waited, but for what somebody took note of; 0 where none does.
    """

    items: int = 0
    waiting: int = 0
    failed: int = 0
    dead: int = 0
    noted: int = 0
    oldest_seconds: float = 0.0


def awaited(connection: sa.Connection, now: dt.datetime) -> Awaited:
    """Return how much waits for the vault, and for how long."""
    rows, is_waiting, is_noted = case_preservations, jobs.c.state == "waiting", jobs.c.acknowledged_at.is_not(None)
    has_failed = sa.and_(is_waiting, jobs.c.attempts > 0, jobs.c.reason != "")
    is_dead = jobs.c.state == "dead"
    kinds = (
        sa.and_(is_waiting, sa.not_(has_failed)),
        has_failed,
        sa.and_(is_dead, sa.not_(is_noted)),
        sa.and_(is_dead, is_noted),
    )
    counted = sa.select(*(sa.func.count().filter(kind) for kind in kinds)).where(jobs.c.kind == PRESERVE)
    begun = (
        sa.select(sa.func.min(rows.c.at)).where(rows.c.state.in_(_AWAITED), rows.c.item_id.not_in(_noted())),
        sa.select(sa.func.min(jobs.c.created_at)).where(jobs.c.kind == PRESERVE, is_waiting, sa.not_(is_noted)),
    )
    items = connection.execute(sa.select(sa.func.count()).select_from(awaited_items().subquery())).scalar() or 0
    row = connection.execute(counted).one()
    since = min((at for query in begun if (at := connection.execute(query).scalar()) is not None), default=None)
    age = 0.0 if since is None else max((now - dt.datetime.fromisoformat(since)).total_seconds(), 0.0)
    return Awaited(items, row[0], row[1], row[2], row[3], age)


def _noted() -> sa.Select[Any]:
    """Return the query of items of whose job somebody took note."""
    is_noted = (jobs.c.kind == PRESERVE, jobs.c.acknowledged_at.is_not(None))
    return sa.select(jobs.c.payload["item"].as_string()).where(*is_noted)


def preserving(connection: sa.Connection, before: dt.datetime) -> Preserving:
    """Return how many jobs were given up, and how many items or jobs wait since before a time."""
    rows, asked = case_preservations, jobs.c.kind == PRESERVE
    dead = (
        sa.select(sa.func.count())
        .select_from(jobs)
        .where(asked, jobs.c.state == "dead", jobs.c.acknowledged_at.is_(None))
    )
    items = (
        sa.select(sa.func.count())
        .select_from(rows)
        .where(rows.c.state.in_(_AWAITED), rows.c.at < timestamp(before), rows.c.item_id.not_in(_noted()))
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
