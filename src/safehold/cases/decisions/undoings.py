"""Undoings: what became of everything that followed from a decision, so that nothing is undone, or not, unseen."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.decisions.decision import DecisionId, Undoing, Undone
from safehold.cases.decisions.tables import case_undoings
from safehold.ledger.entry import timestamp


def expect(
    connection: sa.Connection, decision: DecisionId, party: str, *, reference: str = "", at: dt.datetime
) -> None:
    """Note that a party has yet to undo something."""
    _put(connection, decision, party, Undone(reference, Undoing.PENDING), at)


def keep_outcomes(
    connection: sa.Connection, decision: DecisionId, party: str, outcomes: Sequence[Undone], *, at: dt.datetime
) -> bool:
    """Note what a party has undone, and what it could not; return whether that is news."""
    before = {(one.reference, one.outcome) for one in outcomes_of(connection, decision) if one.party == party}
    now = outcomes or [Undone("", Undoing.NOTHING)]
    mine = (case_undoings.c.decision == decision, case_undoings.c.party == party, case_undoings.c.reference == "")
    connection.execute(sa.delete(case_undoings).where(*mine))
    for one in now:
        _put(connection, decision, party, one, at)
    return not before >= {(one.reference, one.outcome) for one in now}


def outcomes_of(connection: sa.Connection, decision: DecisionId) -> tuple[Undone, ...]:
    """Return what became of what followed from a decision, by party."""
    query = sa.select(case_undoings).where(case_undoings.c.decision == decision)
    rows = connection.execute(query.order_by(case_undoings.c.party, case_undoings.c.reference)).mappings()
    return tuple(Undone(row["reference"], Undoing(row["outcome"]), row["why"], row["party"]) for row in rows)


def _put(connection: sa.Connection, decision: DecisionId, party: str, undone: Undone, at: dt.datetime) -> None:
    key = {"decision": decision, "party": party, "reference": undone.reference}
    same = (case_undoings.c[name] == value for name, value in key.items())
    connection.execute(sa.delete(case_undoings).where(*same))
    row = {**key, "outcome": undone.outcome.value, "why": undone.why, "at": timestamp(at)}
    connection.execute(sa.insert(case_undoings), row)
