"""Purge: forget what has had its time. Repeating it is safe; workers do it now and then.

purge(home.database, ledger, policy.retention, home.clock.now(), actor="system")
"""

import datetime as dt
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from safehold.gateway.policy import Retention
from safehold.gateway.recording import Events
from safehold.gateway.tables import decisions, held, proposals, subjects
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Event


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows had their time.

    Attributes:
        decisions: decisions that were removed.
        accounts: decisions whose marks of account and session were removed.
        subjects: accounts and sessions of which nothing is remembered any more.
        proposals: proposals that were removed.
        held: sealed items that were removed.
    """

    decisions: int
    accounts: int
    subjects: int
    proposals: int
    held: int


def purge(database: Database, events: Events, retention: Retention, now: dt.datetime, *, actor: str) -> Purged:
    """Remove what is older than it may be, in one transaction; an event says how much, if it is anything.

    Held items end when they said they would, whatever the policy says now.

    Args:
        database: of the home.
        events: its ledger.
        retention: the active policy's.
        now: the time.
        actor: who removes.
    """
    present, accounts_before, decisions_before = (
        timestamp(now - dt.timedelta(days=days)) for days in (0, retention.accounts_days, retention.decisions_days)
    )
    has_marks = sa.or_(decisions.c.account.is_not(None), decisions.c.session.is_not(None))
    with database.writing() as connection:
        purged = Purged(
            decisions=connection.execute(sa.delete(decisions).where(decisions.c.at < decisions_before)).rowcount,
            accounts=connection.execute(
                sa.update(decisions)
                .where(decisions.c.at < accounts_before, has_marks)
                .values(account=None, session=None)
            ).rowcount,
            subjects=connection.execute(sa.delete(subjects).where(subjects.c.expires_at <= present)).rowcount,
            proposals=connection.execute(sa.delete(proposals).where(proposals.c.at < accounts_before)).rowcount,
            held=connection.execute(sa.delete(held).where(held.c.expires_at <= present)).rowcount,
        )
        if any(asdict(purged).values()):
            events.append(Event("gateway.purged", actor, "", asdict(purged)), connection)
    return purged
