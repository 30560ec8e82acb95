"""Retention: forget cases that were closed long enough ago, and that nothing stands on any more.

What stands on a case keeps it: evidence that is not erased, an item that the vault is to get, a measure that is
proposed or in force, an appeal that nobody decided, an open danger to life, fingerprints in the own lists, a known
answer. The ledger keeps its events, which are ids and words; counts of days stay for statistics. Repeating it is safe.

    forget_cases(home.database, ledger, home.clock.now(), actor="system")
"""

import datetime as dt

import sqlalchemy as sa

from safehold.cases.awaiting import awaited_cases
from safehold.cases.case import CaseState
from safehold.cases.decisions.tables import case_goldens, case_listings
from safehold.cases.enforcement.tables import appeals, dangers, enforcements
from safehold.cases.events import Events
from safehold.cases.store.counts import count_case
from safehold.cases.tables import case_items, case_references, cases
from safehold.home.database import Database
from safehold.home.tables import metadata
from safehold.ledger.entry import timestamp
from safehold.vault.tables import evidence, evidence_cases
from safehold.vocabulary import Event

KEPT_DAYS = 730
"""How long a closed case stays with its facts and decisions. Ours: two years let two yearly reports be compared."""

BATCH_CASES = 20
"""Cases forgotten in one transaction: some tens of milliseconds, for which nothing else is written."""

_ENDED_LISTINGS = ("refused", "released", "withdrawn")
_ENDED_MEASURES = ("expired", "lifted", "declined")


def forget_cases(
    database: Database,
    ledger: Events,
    now: dt.datetime,
    *,
    actor: str,
    days: int = KEPT_DAYS,
    batch_cases: int = BATCH_CASES,
) -> int:
    """Remove closed cases with their items and decisions, and return how many.

    Args:
        database: of the home.
        ledger: where it is said how many.
        now: the time.
        actor: who removes.
        days: how long a case stays after it was closed.
        batch_cases: how many in one transaction.
    """
    query = forgettable(now, days).limit(batch_cases)
    total = 0
    while True:
        with database.reading() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return total  # nothing to do is the usual case, and needs no write lock
        with database.writing() as connection:
            rows = connection.execute(query).mappings().all()
            for row in rows:
                count_case(connection, row, -1)
            _remove(connection, [row["id"] for row in rows])
            if rows:
                ledger.append(Event("case.forgotten", actor, "", {"cases": len(rows)}), connection)
        total += len(rows)


def forgettable(now: dt.datetime, days: int) -> sa.Select[tuple[object, ...]]:
    """Return the query of cases that were closed so long ago and that nothing stands on."""
    before = timestamp(now - dt.timedelta(days=days))
    closed = sa.select(cases).where(cases.c.state == CaseState.CLOSED.value, cases.c.changed_at < before)
    return closed.where(*(cases.c.id.not_in(standing) for standing in _standing()))


def _standing() -> tuple[sa.Select[tuple[str]], ...]:
    """Return queries of cases that something stands on; each is answered once, however many cases are asked for."""
    kept = evidence.c.state != "erased"
    named = sa.join(evidence, case_references, case_references.c.reference == evidence.c.case_ref)
    appealed = sa.select(appeals.c.enforcement).where(appeals.c.state == "received")
    is_measure_open = sa.or_(enforcements.c.state.not_in(_ENDED_MEASURES), enforcements.c.id.in_(appealed))
    golden = case_items.c.id.in_(sa.select(case_goldens.c.item))
    return (
        sa.select(evidence.c.case_ref).where(kept),
        sa.select(evidence_cases.c.case_ref),  # while the bytes are sealed, whoever had them sealed first
        sa.select(case_references.c.case_id).select_from(named).where(kept),
        sa.select(enforcements.c.case_id).where(is_measure_open),
        sa.select(dangers.c.case_id).where(dangers.c.state == "open"),
        sa.select(case_listings.c.case_id).where(case_listings.c.state.not_in(_ENDED_LISTINGS)),
        sa.select(case_items.c.case_id).where(golden),
        awaited_cases(),
    )


def _remove(connection: sa.Connection, chosen: list[str]) -> None:
    """Remove cases and every row that points to them, in whichever room, those that point first."""
    for table in reversed(metadata.sorted_tables):
        condition = _belongs(table, chosen)
        if condition is not None:
            connection.execute(sa.delete(table).where(condition))


def _belongs(table: sa.Table, chosen: list[str]) -> sa.ColumnElement[bool] | None:
    """Return which rows of a table belong to these cases, by its keys; None for a table that has nothing of cases."""
    if table is cases:
        return cases.c.id.in_(chosen)
    told = []
    for key in table.foreign_keys:
        above = key.column.table
        condition = None if above is table else _belongs(above, chosen)
        if condition is not None:
            told.append(key.parent.in_(sa.select(key.column).where(condition)))
    return sa.or_(*told) if told else None
