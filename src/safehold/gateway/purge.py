"""Purge: forget what has had its time. Repeating it is safe; workers do it now and then.

It goes a few thousand rows at a time, so that decisions that are being recorded never wait for long.

    purge(home.database, ledger, policy.retention, home.clock.now(), actor="system", rules=case_rules.retention)
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from safehold.cases import Place
from safehold.cases.awaiting import awaited_contents
from safehold.cases.evidence.wanting import note_wanted, want
from safehold.cases.rules import RetentionRules
from safehold.cases.tables import case_items
from safehold.gateway.contents import drop_unheld
from safehold.gateway.keeping import forget_circumstances, keep_awaited, outlived, prolong
from safehold.gateway.policy import Retention
from safehold.gateway.recording import Events
from safehold.gateway.tables import decisions, held, proposals, subjects
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Event

BATCH_ROWS = 2000
"""How many rows are removed in one transaction: some tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows had their time.

    Attributes:
        decisions: decisions that were removed.
        accounts: decisions whose marks of account and session were removed.
        subjects: accounts and sessions of which nothing is remembered any more.
        proposals: proposals that were removed.
        held: sealed items that were removed.
        circumstances: sealed circumstances of items that were removed.
        prolonged: sealed items that live on, since their case is open.
    """

    decisions: int
    accounts: int
    subjects: int
    proposals: int
    held: int
    circumstances: int = 0
    prolonged: int = 0


def purge(
    database: Database,
    events: Events,
    retention: Retention,
    now: dt.datetime,
    *,
    actor: str,
    rules: RetentionRules | None = None,
) -> Purged:
    """Remove what is older than it may be; an event says how much, if it is anything.

    Held items end when they said they would, whatever the policy says now; those of open cases live on before that, and
    those that the vault is to get are never removed: what is confirmed is looked for first, whatever became of its job,
    and once more in the very transaction that removes.

    Args:
        database: of the home.
        events: its ledger.
        retention: the active policy's.
        now: the time.
        actor: who removes.
        rules: of cases; None where nobody works on cases.
    """
    if rules is not None:
        note_wanted(database, rules.preserve, now)
    prolonged = keep_awaited(database, now)
    if rules is not None and retention.held_hours:
        prolonged += prolong(database, now, hours=retention.held_hours, most_days=rules.held_most_days)
    present, accounts_before, decisions_before = (
        timestamp(now - dt.timedelta(days=days)) for days in (0, retention.accounts_days, retention.decisions_days)
    )
    has_marks = sa.or_(decisions.c.account.is_not(None), decisions.c.session.is_not(None))
    unmarked = sa.update(decisions).values(account=None, session=None)
    purged = Purged(
        prolonged=prolonged,
        circumstances=0 if rules is None else forget_circumstances(database, now, days=rules.context_days),
        held=_held_removed(database, now, rules),
        subjects=_removed(database, subjects.c.mark, subjects.c.expires_at <= present),
        decisions=_removed(database, decisions.c.id, decisions.c.at < decisions_before),
        proposals=_removed(database, proposals.c.id, proposals.c.at < accounts_before),
        accounts=_in_batches(
            database,
            sa.select(decisions.c.id).where(decisions.c.at < accounts_before, has_marks),
            lambda chosen: unmarked.where(decisions.c.id.in_(chosen)),
        ),
    )
    if any(asdict(purged).values()):
        events.append(Event("gateway.purged", actor, "", asdict(purged)))
    return purged


def _held_removed(database: Database, now: dt.datetime, rules: RetentionRules | None) -> int:
    """Remove held items that are over, and return how many; whatever is evidence by now stays."""
    is_over = held.c.expires_at <= timestamp(now)
    if rules is not None:
        is_over = sa.or_(is_over, held.c.id.in_(outlived(now, most_days=rules.held_most_days)))
    query = sa.select(held.c.id).where(is_over, held.c.id.not_in(awaited_contents()))
    total = 0
    while True:
        with database.reading() as connection:
            found = connection.execute(query.limit(BATCH_ROWS)).scalars().all()
        if not found:
            return total
        with database.writing() as connection:
            if rules is not None:
                want(connection, rules.preserve, now, among=_items_held_as(found, connection))
            going = connection.execute(query.where(held.c.id.in_(found))).scalars().all()
            lies = sa.select(held.c.content).where(held.c.id.in_(going), held.c.content.is_not(None))
            names = connection.execute(lies.distinct()).scalars().all()
            connection.execute(sa.delete(held).where(held.c.id.in_(going)))
            drop_unheld(connection, names)
        total += len(going)


def _items_held_as(found: Sequence[str], connection: sa.Connection) -> Sequence[str]:
    """Return the items of cases whose content is one of these held items."""
    lie = sa.and_(case_items.c.place == Place.HELD.value, case_items.c.content.in_(found))
    return connection.execute(sa.select(case_items.c.id).where(lie)).scalars().all()


def _removed(database: Database, key: sa.Column[str], condition: sa.ColumnElement[bool]) -> int:
    return _in_batches(
        database, sa.select(key).where(condition), lambda chosen: sa.delete(key.table).where(key.in_(chosen))
    )


def _in_batches(
    database: Database,
    query: sa.Select[Any],
    change: Callable[[sa.Select[Any]], sa.Update | sa.Delete],
) -> int:
    """Change the rows that a query names, a batch at a time, and return how many they were."""
    total = 0
    while True:
        with database.writing() as connection:
            changed = connection.execute(change(query.limit(BATCH_ROWS))).rowcount
        total += changed
        if changed < BATCH_ROWS:
            return total
