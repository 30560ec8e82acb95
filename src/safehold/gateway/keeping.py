"""Keeping: what is sealed for review lives as long as its case is open, and never longer than the rules of cases say.

A held item is kept for the hours that the gateway's policy says. While its case is open that is prolonged, a while
before it ends; once the case is closed, it ends by itself. Circumstances go some time after their case was closed, and
where their review key is gone nobody could read them anyway. Repeating any of it is safe.

    prolong(home.database, now, hours=72, most_days=30)
    forget_circumstances(home.database, now, days=180)
"""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from safehold.cases import CaseState, Place
from safehold.cases.tables import case_contexts, case_items, cases
from safehold.gateway.tables import held
from safehold.home.database import Database
from safehold.ledger.entry import timestamp

BATCH_ROWS = 500
"""How many rows are changed in one transaction: some tens of milliseconds."""

_IN_CASE = sa.and_(case_items.c.content == held.c.id, case_items.c.place == Place.HELD.value)


def prolong(database: Database, now: dt.datetime, *, hours: int, most_days: int, batch_rows: int = BATCH_ROWS) -> int:
    """Let items of open cases live on that are about to end; return how many.

    Each is prolonged in the second half of its time, so that whoever is about to look at it still can.

    Args:
        database: of the home.
        now: the time.
        hours: how long from now.
        most_days: no item lives longer than this after it was met.
        batch_rows: how many in one transaction.
    """
    soon, oldest = now + dt.timedelta(hours=hours) / 2, now - dt.timedelta(days=most_days)
    query = (
        sa.select(held.c.id, held.c.expires_at, case_items.c.at)
        .join(case_items, _IN_CASE)
        .join(cases, cases.c.id == case_items.c.case_id)
        .where(held.c.expires_at <= timestamp(soon), case_items.c.at > timestamp(oldest), cases.c.is_open == 1)
        .order_by(held.c.id)
        .limit(batch_rows)
    )
    total, last = 0, ""
    while True:
        with database.writing() as connection:
            rows = connection.execute(query.where(held.c.id > last)).all()
            total += sum(_prolong(connection, row, now, hours=hours, most_days=most_days) for row in rows)
        if len(rows) < batch_rows:
            return total
        last = rows[-1].id


def outlived(now: dt.datetime, *, most_days: int) -> sa.Select[Any]:
    """Return the query of held items that are older than any may be, whatever was said of them before."""
    oldest = timestamp(now - dt.timedelta(days=most_days))
    return sa.select(held.c.id).join(case_items, _IN_CASE).where(case_items.c.at <= oldest)


def forget_circumstances(database: Database, now: dt.datetime, *, days: int) -> int:
    """Remove the circumstances of items whose case was closed long enough ago, and return how many."""
    before = timestamp(now - dt.timedelta(days=days))
    query = (
        sa.select(case_contexts.c.item_id)
        .join(case_items, case_items.c.id == case_contexts.c.item_id)
        .join(cases, cases.c.id == case_items.c.case_id)
        .where(cases.c.state == CaseState.CLOSED.value, cases.c.changed_at < before)
        .limit(BATCH_ROWS)
    )
    total = 0
    while True:
        with database.writing() as connection:
            going = connection.execute(query).scalars().all()
            if going:
                connection.execute(sa.delete(case_contexts).where(case_contexts.c.item_id.in_(going)))
        total += len(going)
        if len(going) < BATCH_ROWS:
            return total


def _prolong(connection: sa.Connection, row: Any, now: dt.datetime, *, hours: int, most_days: int) -> bool:  # noqa: ANN401 - a row of the query
    met = dt.datetime.fromisoformat(row.at)
    until = timestamp(min(met + dt.timedelta(days=most_days), now + dt.timedelta(hours=hours)))
    if until <= row.expires_at:
        return False
    connection.execute(sa.update(held).where(held.c.id == row.id).values(expires_at=until))
    return True
