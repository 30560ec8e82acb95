"""Rows of openings, read inside a transaction that the caller opened."""

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from safehold.cases.evidence.errors import UnknownOpeningError
from safehold.cases.evidence.opening import Opening, OpeningId, OpeningState
from safehold.cases.evidence.tables import opening_grants, openings
from safehold.cases.tables import case_items, cases
from safehold.ledger.entry import timestamp
from safehold.vault import Evidence, EvidenceId, parse_evidence_id
from safehold.vault.granting import Grant
from safehold.vault.register import cases_of


def require_opening(connection: sa.Connection, identifier: str) -> Opening:
    """Return the opening with this id.

    Raises:
        UnknownOpeningError: there is none.
    """
    found = read_openings(connection, sa.select(openings).where(openings.c.id == identifier))
    if not found:
        raise UnknownOpeningError("there is no such opening", advice="List them with: safehold vault requests")
    return found[0]


def read_openings(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> Sequence[Opening]:
    """Return the openings that a query of their table finds, in its order."""
    rows = connection.execute(query).mappings().all()
    granted = _granted(connection, [row["id"] for row in rows])
    return tuple(_read(row, granted.get(row["id"], ())) for row in rows)


def write_opening(connection: sa.Connection, opening: Opening) -> None:
    """Write a new opening."""
    row = {
        "id": opening.id,
        "evidence_id": opening.evidence,
        "case_ref": opening.case,
        "purpose": opening.purpose,
        "requester": opening.requester,
        "requested_at": timestamp(opening.requested_at),
        "seconds": opening.seconds,
        "lapses_at": timestamp(opening.lapses_at),
        "needed": opening.needed,
        "is_single": int(opening.is_single_operator),
        "review_key": opening.review_key,
        "state": opening.state.value,
    }
    connection.execute(sa.insert(openings), row)


def persons(connection: sa.Connection, identifier: OpeningId) -> frozenset[str]:
    """Return who has handed in a grant of an opening."""
    query = sa.select(opening_grants.c.person).where(opening_grants.c.opening_id == identifier)
    return frozenset(connection.execute(query).scalars())


def grants_of(connection: sa.Connection, identifier: OpeningId) -> tuple[Grant, ...]:
    """Return the grants of an opening that are still there, ordered by custodian."""
    query = sa.select(opening_grants.c.custodian, opening_grants.c.sealed).where(
        opening_grants.c.opening_id == identifier, opening_grants.c.sealed.is_not(None)
    )
    rows = connection.execute(query.order_by(opening_grants.c.custodian)).all()
    return tuple(Grant(identifier, custodian, bytes(sealed)) for custodian, sealed in rows)


def is_of_case(connection: sa.Connection, row: Evidence, case: str) -> bool:
    """Return whether evidence belongs to a case: as one of its items, or sealed for it or the run that it is about."""
    item = sa.select(case_items.c.id).where(
        case_items.c.case_id == case, case_items.c.place == "vault", case_items.c.content == row.id
    )
    if connection.execute(item.limit(1)).first() is not None:
        return True
    subject = connection.execute(sa.select(cases.c.subject).where(cases.c.id == case)).scalar()
    return subject is not None and bool({case, subject} & {row.case, *cases_of(connection, row.id)})


def _granted(connection: sa.Connection, identifiers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    query = sa.select(opening_grants.c.opening_id, opening_grants.c.custodian)
    rows = connection.execute(
        query.where(opening_grants.c.opening_id.in_(list(identifiers))).order_by(opening_grants.c.custodian)
    )
    found: dict[str, tuple[str, ...]] = {}
    for opening, custodian in rows:
        found[opening] = (*found.get(opening, ()), custodian)
    return found


def _read(row: sa.RowMapping, granted_by: tuple[str, ...]) -> Opening:
    return Opening(
        id=OpeningId(row["id"]),
        evidence=EvidenceId(parse_evidence_id(row["evidence_id"])),
        case=row["case_ref"],
        purpose=row["purpose"],
        requester=row["requester"],
        requested_at=dt.datetime.fromisoformat(row["requested_at"]),
        seconds=row["seconds"],
        lapses_at=dt.datetime.fromisoformat(row["lapses_at"]),
        needed=row["needed"],
        is_single_operator=bool(row["is_single"]),
        review_key=row["review_key"],
        state=OpeningState(row["state"]),
        granted_by=granted_by,
        expires_at=_time(row["expires_at"]),
        ended_at=_time(row["ended_at"]),
        ended_by=row["ended_by"] or "",
    )


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
