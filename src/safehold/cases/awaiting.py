"""Awaiting preservation: confirmed items that the vault does not have yet, so that nothing may remove them meanwhile.

connection.execute(awaited_items())        # ids of items
connection.execute(awaited_cases())        # the cases that they belong to
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from safehold.cases.item import Place
from safehold.cases.tables import case_items
from safehold.home.outbox.tables import jobs
from safehold.ledger.entry import timestamp

PRESERVE = "evidence.preserve"
"""The kind of the jobs, each with the id of an item."""

LOST = "HeldItemMissingError"
"""Why a job was given up where nothing was left to preserve: such a job keeps nothing."""


@dataclass(frozen=True, slots=True)
class Preserving:
    """How preservation goes.

    Attributes:
        given_up: jobs that are tried no more, those of which nothing is left too.
        late: jobs that have waited since before some time.
    """

    given_up: int
    late: int


def preserving(connection: sa.Connection, before: dt.datetime) -> Preserving:
    """Return how many jobs were given up, and how many wait that were put in before a time."""
    asked = sa.select(sa.func.count()).select_from(jobs).where(jobs.c.kind == PRESERVE)
    late = asked.where(jobs.c.state == "waiting", jobs.c.created_at < timestamp(before))
    given_up = asked.where(jobs.c.state == "dead")
    return Preserving(connection.execute(given_up).scalar() or 0, connection.execute(late).scalar() or 0)


def awaited_items() -> sa.Select[Any]:
    """Return the query of items that a job wants preserved, whether it waits or was given up for another reason."""
    is_lost = sa.and_(jobs.c.state == "dead", jobs.c.reason == LOST)
    named = sa.select(jobs.c.payload["item"].as_string()).where(jobs.c.kind == PRESERVE, sa.not_(is_lost))
    return sa.select(case_items.c.id).where(case_items.c.id.in_(named), case_items.c.place == Place.HELD.value)


def awaited_contents() -> sa.Select[Any]:
    """Return the query of what such items are called where they are held."""
    return awaited_items().with_only_columns(case_items.c.content)


def awaited_cases() -> sa.Select[Any]:
    """Return the query of cases that such items belong to; a case may come twice."""
    return awaited_items().with_only_columns(case_items.c.case_id)
