"""Keeping: what is sealed for review lives as long as its case is open, and never longer than the rules of cases say.

A held item is kept for the hours that the gateway's policy says. While its case is open that is prolonged, a while
before it ends; once the case is closed, it ends by itself. What was confirmed and is to go to the vault lives until it
is there, however long that takes. Circumstances go some time after their case was closed, and not before the vault has
them too, where they tell of evidence; and as soon as they were erased there. All of it is looked for without a write
lock; only what was found is written. Repeating it is safe.

    prolong(home.database, now, hours=72, most_days=30)
    keep_awaited(home.database, now)
    forget_circumstances(home.database, now, days=180)
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from safehold.cases import CaseState, Place
from safehold.cases.awaiting import awaited_contents, awaited_items
from safehold.cases.evidence.vaulted import erased_items
from safehold.cases.tables import case_contexts, case_items, cases
from safehold.gateway.tables import held
from safehold.home.database import Database
from safehold.ledger.entry import timestamp

BATCH_ROWS = 500
"""How many rows are changed in one transaction: some tens of milliseconds."""

AWAITED_HOURS = 72
"""How long what the vault is to get lives on each time that somebody comes by: over a weekend. Ours."""

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
    oldest, latest = now - dt.timedelta(days=most_days), now + dt.timedelta(hours=hours)
    query = (
        sa.select(held.c.id, held.c.expires_at, case_items.c.at)
        .join(case_items, _IN_CASE)
        .join(cases, cases.c.id == case_items.c.case_id)
        .where(case_items.c.at > timestamp(oldest), cases.c.is_open == 1)
    )
    total = 0
    for some in _ending(database, now + dt.timedelta(hours=hours) / 2, batch_rows):
        with database.reading() as connection:
            rows = connection.execute(query.where(held.c.id.in_(some))).all()
        ends = {
            (row.id, row.expires_at): dt.datetime.fromisoformat(row.at) + dt.timedelta(days=most_days) for row in rows
        }
        until = {seen: timestamp(min(end, latest)) for seen, end in ends.items()}
        total += _live_on(database, {seen: time for seen, time in until.items() if time > seen[1]})
    return total


def keep_awaited(database: Database, now: dt.datetime, *, batch_rows: int = BATCH_ROWS) -> int:
    """Let items live on that the vault is to get, whatever became of their case; return how many."""
    soon, until = now + dt.timedelta(hours=AWAITED_HOURS) / 2, timestamp(now + dt.timedelta(hours=AWAITED_HOURS))
    query = sa.select(held.c.id, held.c.expires_at).where(held.c.id.in_(awaited_contents()))
    with database.reading() as connection:
        found = connection.execute(query.where(held.c.expires_at <= timestamp(soon))).all()
    rows = [(row.id, row.expires_at) for row in found]
    batches = (rows[start : start + batch_rows] for start in range(0, len(rows), batch_rows))
    return sum(_live_on(database, dict.fromkeys(some, until)) for some in batches)


def outlived(now: dt.datetime, *, most_days: int) -> sa.Select[Any]:
    """Return the query of held items that are older than any may be, whatever was said of them before."""
    oldest = timestamp(now - dt.timedelta(days=most_days))
    return sa.select(held.c.id).join(case_items, _IN_CASE).where(case_items.c.at <= oldest)


def forget_circumstances(database: Database, now: dt.datetime, *, days: int) -> int:
    """Remove the circumstances of items whose case was closed long enough ago, and return how many.

    Those that were evidence and were erased there go at once: they are the same words, which nobody is to read again.
    Those of what the vault is to get stay until it has them: without them nobody could say what it is evidence of.
    """
    before = timestamp(now - dt.timedelta(days=days))
    is_over = sa.and_(cases.c.state == CaseState.CLOSED.value, cases.c.changed_at < before)
    known = (
        sa.select(case_contexts.c.item_id)
        .join(case_items, case_items.c.id == case_contexts.c.item_id)
        .join(cases, cases.c.id == case_items.c.case_id)
        .where(case_items.c.id.not_in(awaited_items()))
    )
    is_erased = case_items.c.id.in_(erased_items())
    # each is asked by itself: one question of both can go by no index
    return sum(_forget(database, known.where(is_due)) for is_due in (is_over, is_erased))


def _forget(database: Database, query: sa.Select[Any]) -> int:
    """Remove the circumstances that a query finds, some at a time; return how many."""
    total, last = 0, ""
    while True:
        following = query.where(case_contexts.c.item_id > last).order_by(case_contexts.c.item_id)
        with database.reading() as connection:
            going = connection.execute(following.limit(BATCH_ROWS)).scalars().all()
        if not going:
            return total
        still = query.where(case_contexts.c.item_id.in_(going))
        with database.writing() as connection:
            total += connection.execute(sa.delete(case_contexts).where(case_contexts.c.item_id.in_(still))).rowcount
        last = going[-1]


def _ending(database: Database, soon: dt.datetime, batch_rows: int) -> Iterator[Sequence[str]]:
    """Give what ends soon, some at a time."""
    query = sa.select(held.c.id).where(held.c.expires_at <= timestamp(soon)).order_by(held.c.id).limit(batch_rows)
    some: Sequence[str] = [""]
    while some:
        with database.reading() as connection:
            some = connection.execute(query.where(held.c.id > some[-1])).scalars().all()
        yield some


def _live_on(database: Database, until: Mapping[tuple[str, str], str]) -> int:
    """Let each, as it was seen with its end, live until its time; return how many nobody changed meanwhile."""
    if not until:
        return 0
    changed = 0
    with database.writing() as connection:
        for (identifier, end), time in until.items():
            seen = sa.update(held).where(held.c.id == identifier, held.c.expires_at == end)
            changed += connection.execute(seen.values(expires_at=time)).rowcount
    return changed
