"""Rows of destructions, and what stands in their way; inside a transaction that the caller opened."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.case import CaseState
from safehold.cases.evidence.destruction import Destruction, DestructionId, DestructionState, Ground, Obstacle, Waiting
from safehold.cases.evidence.errors import UnknownDestructionError
from safehold.cases.evidence.opening import OpeningState
from safehold.cases.evidence.tables import destructions, openings
from safehold.cases.tables import case_items, case_preservations, cases
from safehold.ledger.entry import timestamp
from safehold.vault import EvidenceId
from safehold.vault.holds import holds_of
from safehold.vault.register import group_of


def require_destruction(connection: sa.Connection, identifier: str) -> Destruction:
    """Return the destruction with this id.

    Raises:
        UnknownDestructionError: there is none.
    """
    found = read_destructions(connection, sa.select(destructions).where(destructions.c.id == identifier))
    if not found:
        raise UnknownDestructionError(
            "there is no such destroy request", advice="List them with: safehold hold destroy-requests"
        )
    return found[0]


def read_destructions(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> Sequence[Destruction]:
    """Return the destructions that a query of their table finds, in its order."""
    return tuple(_read(row) for row in connection.execute(query).mappings())


def write_destruction(connection: sa.Connection, made: Destruction) -> None:
    """Write a new destruction."""
    row = {
        "id": made.id,
        "evidence_id": made.evidence,
        "ground": made.ground.value,
        "reference": made.reference,
        "asked_by": made.asked_by,
        "asked_at": timestamp(made.asked_at),
        "state": made.state.value,
        "decided_by": made.decided_by or None,
        "decided_at": None if made.decided_at is None else timestamp(made.decided_at),
    }
    connection.execute(sa.insert(destructions), row)


def move(connection: sa.Connection, seen: Destruction, to: DestructionState, **values: str) -> bool:
    """Take a destruction that is as it was seen to another state; return whether it was."""
    same = (destructions.c.id == seen.id, destructions.c.state == seen.state.value)
    changed = sa.update(destructions).where(*same).values(state=to.value, **values)
    return connection.execute(changed).rowcount > 0


def under_way(connection: sa.Connection, evidence: EvidenceId, ground: Ground) -> bool:
    """Return whether a destruction of this evidence on this ground is asked for or approved."""
    states = (DestructionState.ASKED.value, DestructionState.APPROVED.value)
    query = sa.select(destructions.c.id).where(
        destructions.c.evidence_id == evidence,
        destructions.c.ground == ground.value,
        destructions.c.state.in_(states),
    )
    return connection.execute(query.limit(1)).first() is not None


def in_the_way(connection: sa.Connection, evidence: EvidenceId, ground: Ground, now: dt.datetime) -> Waiting:
    """Return what stands in the way of destroying evidence now.

    Holds always do; who asks for a destruction knows of openings and cases, and an agency's request does not wait for
    them: only what happens by itself does.
    """
    active = tuple(hold for hold in holds_of(connection, evidence) if hold.is_active(now))
    if ground is not Ground.EXPIRY:
        return Waiting(active)
    obstacles = []
    running = (OpeningState.REQUESTED.value, OpeningState.GRANTED.value)
    group = [one.id for one in group_of(connection, evidence)]
    opening = sa.select(openings.c.id).where(openings.c.evidence_id.in_(group), openings.c.state.in_(running))
    if connection.execute(opening.limit(1)).first() is not None:
        obstacles.append(Obstacle.OPENING)
    decided = (CaseState.DECIDED.value, CaseState.CLOSED.value)
    lies = sa.and_(case_items.c.content == evidence, case_items.c.place == "vault")
    told_of = sa.select(case_preservations.c.item_id).where(case_preservations.c.circumstances == evidence)
    case = (
        sa.select(cases.c.id)
        .join(case_items, case_items.c.case_id == cases.c.id)
        .where(cases.c.state.not_in(decided), sa.or_(lies, case_items.c.id.in_(told_of)))
    )
    if connection.execute(case.limit(1)).first() is not None:
        obstacles.append(Obstacle.CASE)
    return Waiting(active, tuple(obstacles))


def _read(row: sa.RowMapping) -> Destruction:
    return Destruction(
        id=DestructionId(row["id"]),
        evidence=EvidenceId(row["evidence_id"]),
        ground=Ground(row["ground"]),
        reference=row["reference"],
        asked_by=row["asked_by"],
        asked_at=dt.datetime.fromisoformat(row["asked_at"]),
        state=DestructionState(row["state"]),
        decided_by=row["decided_by"] or "",
        decided_at=_time(row["decided_at"]),
        done_at=_time(row["done_at"]),
    )


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
