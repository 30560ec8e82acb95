"""Wanting: which items are evidence that the vault is to have. Decisions say it, whatever became of any job.

These are items that were confirmed as a kind of harm that the rules preserve, and reports in a case of such an item,
unless somebody found no violation in them. Golden items are none.

    with database.writing() as connection:
        want(connection, harms, now)                # writes down what nobody has written down yet
        is_wanted(connection, item, harms)          # still so, in this very transaction
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from safehold.cases.awaiting import Preserved
from safehold.cases.axes import HarmType
from safehold.cases.case import CaseId
from safehold.cases.decisions import Decision, Standing
from safehold.cases.decisions.tables import case_goldens, case_item_decisions
from safehold.cases.item import ItemId, Origin, Place
from safehold.cases.tables import case_contexts, case_items, case_preservations
from safehold.home.database import Database
from safehold.ledger.entry import timestamp

BATCH_ITEMS = 500
"""How many are written down in one transaction: some tens of milliseconds."""

Harms = Collection[HarmType]


def note_wanted(database: Database, harms: Harms, now: dt.datetime) -> int:
    """Write down every item that the vault is to have and that nobody wrote down yet; return how many.

    A duty of workers and of the console: it looks without a write lock, and writes what was found. Safe to repeat.
    """
    total = 0
    while True:
        with database.reading() as connection:
            found = _lacking(connection, harms, None)
        if not found:
            return total
        with database.writing() as connection:
            total += len(want(connection, harms, now, among=found))


def want(
    connection: sa.Connection, harms: Harms, now: dt.datetime, *, case: CaseId | None = None, among: Sequence[str] = ()
) -> tuple[ItemId, ...]:
    """Write down, in a writing transaction, items that the vault is to have; return those that are new.

    Args:
        connection: of the transaction.
        harms: kinds of harm that are preserved.
        now: since when they wait.
        case: of which case; None with `among`.
        among: of which items.
    """
    found = _lacking(connection, harms, case) if case is not None else _still(connection, harms, among)
    if not found:
        return ()
    values = {"state": Preserved.WANTED.value, "at": timestamp(now)}
    known = case_preservations.c.item_id.in_(found)
    again = connection.execute(sa.select(case_preservations.c.item_id).where(known)).scalars().all()
    connection.execute(sa.update(case_preservations).where(known).values(values))  # withdrawn, and confirmed again
    rows = [{"item_id": one, **values} for one in found if one not in again]
    if rows:
        connection.execute(sa.insert(case_preservations), rows)
    return tuple(map(ItemId, found))


def is_wanted(connection: sa.Connection, item: ItemId, harms: Harms) -> bool:
    """Return whether an item is evidence by what stands of decisions now."""
    query = sa.select(case_items.c.id).where(case_items.c.id == item, _is_evidence(harms))
    return connection.execute(query).first() is not None


def _still(connection: sa.Connection, harms: Harms, among: Sequence[str]) -> list[str]:
    query = sa.select(case_items.c.id).where(case_items.c.id.in_(among), _is_evidence(harms), _is_unwritten())
    return list(connection.execute(query).scalars())


def _lacking(connection: sa.Connection, harms: Harms, case: CaseId | None) -> list[str]:
    """Return items that are evidence, of which something is there, and of which nothing is written down yet."""
    found: dict[str, None] = {}
    for query in (_confirmed(harms), _reports(harms)):
        some = query.where(_is_unwritten())
        some = some if case is None else some.where(case_items.c.case_id == case)
        found |= dict.fromkeys(connection.execute(some.limit(BATCH_ITEMS)).scalars())
    return list(found)


def _confirmed(harms: Harms) -> sa.Select[Any]:
    """Return the query of confirmed items with content, circumstances, or what a report says; begun at decisions."""
    said = case_item_decisions
    is_there = sa.or_(
        case_items.c.place == Place.HELD.value,
        case_items.c.origin == Origin.REPORT.value,
        sa.select(case_contexts.c.item_id).where(case_contexts.c.item_id == case_items.c.id).exists(),
    )
    query = sa.select(case_items.c.id).join(said, said.c.item == case_items.c.id)
    return query.where(*_confirms(said, harms), _is_no_golden(case_items), is_there).distinct()


def _reports(harms: Harms) -> sa.Select[Any]:
    return sa.select(case_items.c.id).where(_is_report_beside(harms))


def _is_unwritten() -> sa.ColumnElement[bool]:
    """Return the condition that nothing is written down of an item, or that it was withdrawn."""
    row = case_preservations.c
    known = sa.select(row.item_id).where(row.item_id == case_items.c.id, row.state != Preserved.WITHDRAWN.value)
    return sa.not_(known.exists())


def _is_evidence(harms: Harms) -> sa.ColumnElement[bool]:
    return sa.or_(_is_confirmed(case_items, harms), _is_report_beside(harms))


def _is_report_beside(harms: Harms) -> sa.ColumnElement[bool]:
    """Return the condition of a report that nobody cleared, in a case in which something is confirmed."""
    other, said = case_items.alias(), case_item_decisions.alias()
    beside = sa.select(other.c.id).where(other.c.case_id == case_items.c.case_id, _is_confirmed(other, harms))
    cleared = sa.select(said.c.item).where(
        said.c.item == case_items.c.id,
        said.c.standing == Standing.STANDS.value,
        said.c.verdict == Decision.NOT_A_VIOLATION.value,
    )
    return sa.and_(case_items.c.origin == Origin.REPORT.value, sa.not_(cleared.exists()), beside.exists())


def _is_confirmed(items: sa.FromClause, harms: Harms) -> sa.ColumnElement[bool]:
    """Return the condition that a standing decision confirms an item as such a harm, and that it is no golden one."""
    said = case_item_decisions.alias()
    found = sa.select(said.c.item).where(said.c.item == items.c.id, *_confirms(said, harms))
    return sa.and_(found.exists(), _is_no_golden(items))


def _confirms(said: sa.FromClause, harms: Harms) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        said.c.standing == Standing.STANDS.value,
        said.c.verdict == Decision.CONFIRM.value,
        said.c.harm.in_([harm.value for harm in harms]),
    )


def _is_no_golden(items: sa.FromClause) -> sa.ColumnElement[bool]:
    return sa.not_(sa.select(case_goldens.c.item).where(case_goldens.c.item == items.c.id).exists())
