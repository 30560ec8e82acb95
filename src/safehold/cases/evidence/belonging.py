"""Belonging: which evidence a case has, and which cases have a piece of it; inside a transaction of the caller's.

A case has what its items are, what tells of them, and what was sealed for it. Equal bytes are one piece for all cases.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.awaiting import Preserved, awaited_items
from safehold.cases.case import CaseId
from safehold.cases.item import ItemId
from safehold.cases.tables import case_items, case_preservations, cases
from safehold.vault import Evidence, EvidenceId, EvidenceState
from safehold.vault.register import find
from safehold.vault.tables import evidence, evidence_cases

_KEPT = (Preserved.KEPT.value, Preserved.LOST.value)


def evidence_of(connection: sa.Connection, case: CaseId) -> tuple[Evidence, ...]:
    """Return the evidence of a case that is held and destroyed by itself, and that can be opened; oldest first.

    What belongs to other evidence, as an account does to its content, is held with that and not named.
    """
    query = _pieces(case).with_only_columns(evidence.c.id).order_by(evidence.c.sealed_at, evidence.c.id)
    names = connection.execute(query).scalars().all()
    return tuple(row for name in names if (row := find(connection, EvidenceId(name))) is not None)


def pieces_of(connection: sa.Connection, case: CaseId) -> int:
    """Return how many pieces :func:`evidence_of` returns."""
    return connection.execute(_pieces(case).with_only_columns(sa.func.count())).scalar() or 0


def pieces_of_items(connection: sa.Connection, items: Sequence[ItemId]) -> frozenset[EvidenceId]:
    """Return the evidence that items are, that tells of them, or that those belong to, erased or not."""
    is_named = sa.or_(
        evidence.c.id.in_(sa.select(case_items.c.content).where(case_items.c.id.in_(items), _lies_in_vault())),
        evidence.c.id.in_(_accounts().where(case_items.c.id.in_(items))),
    )
    found = connection.execute(sa.select(evidence.c.id, evidence.c.belongs_to).where(is_named))
    return frozenset(EvidenceId(name) for row in found for name in row if name)


def cases_with(connection: sa.Connection, piece: Evidence, *, limit: int = 20) -> tuple[CaseId, ...]:
    """Return cases that have a piece of evidence, or what it belongs to or what belongs to it; at most so many."""
    whole = piece.belongs_to or piece.id
    group = sa.select(evidence.c.id).where(sa.or_(evidence.c.id == whole, evidence.c.belongs_to == whole))
    has_it = sa.or_(
        cases.c.id.in_(sa.select(case_items.c.case_id).where(case_items.c.content.in_(group), _lies_in_vault())),
        cases.c.id.in_(
            _accounts().with_only_columns(case_items.c.case_id).where(case_preservations.c.circumstances.in_(group))
        ),
        cases.c.id.in_(sa.select(evidence_cases.c.case_ref).where(evidence_cases.c.evidence_id.in_(group))),
    )
    found = connection.execute(sa.select(cases.c.id).where(has_it).order_by(cases.c.opened_at, cases.c.id).limit(limit))
    return tuple(CaseId(name) for name in found.scalars())


def waiting_of(connection: sa.Connection, case: CaseId) -> int:
    """Return how many items of a case the vault is to have and does not have yet."""
    query = sa.select(sa.func.count()).select_from(case_items)
    return (
        connection.execute(query.where(case_items.c.case_id == case, case_items.c.id.in_(awaited_items()))).scalar()
        or 0
    )


def _pieces(case: CaseId) -> sa.Select[tuple[object, ...]]:
    """Return the query of a case's evidence that is held by itself."""
    is_named = sa.or_(
        evidence.c.id.in_(sa.select(case_items.c.content).where(case_items.c.case_id == case, _lies_in_vault())),
        evidence.c.id.in_(_accounts().where(case_items.c.case_id == case)),
        evidence.c.id.in_(sa.select(evidence_cases.c.evidence_id).where(evidence_cases.c.case_ref == case)),
    )
    whole = sa.select(sa.func.coalesce(evidence.c.belongs_to, evidence.c.id)).where(is_named)
    return sa.select(evidence).where(evidence.c.id.in_(whole), evidence.c.state == EvidenceState.SEALED.value)


def _lies_in_vault() -> sa.ColumnElement[bool]:
    return case_items.c.place == "vault"


def _accounts() -> sa.Select[tuple[str]]:
    """Return the query of evidence that tells of items, of what the vault has."""
    told = case_preservations.c
    joined = sa.join(case_preservations, case_items, case_items.c.id == told.item_id)
    return (
        sa.select(told.circumstances).select_from(joined).where(told.state.in_(_KEPT), told.circumstances.is_not(None))
    )
