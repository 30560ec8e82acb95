"""The rows of the vault: read and written inside a transaction that the caller opened."""

import datetime as dt

import sqlalchemy as sa

from safehold.vault.erasure import Erasure
from safehold.vault.errors import UnknownEvidenceError
from safehold.vault.evidence import Evidence, EvidenceId, EvidenceState, parse_evidence_id
from safehold.vault.tables import evidence, evidence_cases


def write_row(connection: sa.Connection, row: Evidence) -> None:
    """Write a row, in place of an earlier one with the same id."""
    values = {
        "sealed_at": row.sealed_at.isoformat(),
        "size": row.size,
        "custodians": list(row.custodians),
        "threshold": row.threshold,
        "case_ref": row.case,
        "state": row.state.value,
        "place": row.place or None,
        "erasure": None,
        "belongs_to": row.belongs_to or None,
    }
    changed = connection.execute(sa.update(evidence).where(evidence.c.id == row.id).values(values))
    if changed.rowcount == 0:
        connection.execute(sa.insert(evidence).values(id=row.id, **values))


def find(connection: sa.Connection, identifier: EvidenceId) -> Evidence | None:
    """Return the row with this id, or None where nothing was ever sealed under it."""
    row = connection.execute(sa.select(evidence).where(evidence.c.id == identifier)).mappings().one_or_none()
    return None if row is None else _read(row)


def require(connection: sa.Connection, identifier: EvidenceId) -> Evidence:
    """Return the row with this id.

    Raises:
        UnknownEvidenceError: nothing was ever sealed under it.
    """
    found = find(connection, identifier)
    if found is None:
        raise UnknownEvidenceError(
            "the vault holds no evidence with that id", advice="Copy an id from `safehold vault list`."
        )
    return found


def group_of(connection: sa.Connection, identifier: EvidenceId) -> tuple[Evidence, ...]:
    """Return evidence with what belongs to it, itself last, as it is destroyed.

    Raises:
        UnknownEvidenceError: nothing was ever sealed under this id.
    """
    query = sa.select(evidence).where(evidence.c.belongs_to == identifier).order_by(evidence.c.id)
    whole = require(connection, identifier)
    found = connection.execute(query).mappings()
    return (*(one for one in map(_read, found) if one.id != identifier), whole)


def is_noted(connection: sa.Connection, identifier: EvidenceId, case: str) -> bool:
    """Return whether it is known that this case or run had these bytes sealed."""
    same = (evidence_cases.c.evidence_id == identifier, evidence_cases.c.case_ref == case)
    return connection.execute(sa.select(evidence_cases.c.case_ref).where(*same)).first() is not None


def note_case(connection: sa.Connection, identifier: EvidenceId, case: str) -> None:
    """Remember that a case or run had these bytes sealed; twice changes nothing."""
    if not is_noted(connection, identifier, case):
        connection.execute(sa.insert(evidence_cases).values(evidence_id=identifier, case_ref=case))


def forget_case(connection: sa.Connection, identifier: EvidenceId, case: str) -> None:
    """Forget that a case or run had these bytes sealed."""
    same = (evidence_cases.c.evidence_id == identifier, evidence_cases.c.case_ref == case)
    connection.execute(sa.delete(evidence_cases).where(*same))


def cases_of(connection: sa.Connection, identifier: EvidenceId) -> frozenset[str]:
    """Return every case and run that had these bytes sealed."""
    query = sa.select(evidence_cases.c.case_ref).where(evidence_cases.c.evidence_id == identifier)
    return frozenset(connection.execute(query).scalars())


def read_all(connection: sa.Connection) -> tuple[Evidence, ...]:
    """Return every row, oldest sealing first."""
    rows = connection.execute(sa.select(evidence).order_by(evidence.c.sealed_at, evidence.c.id)).mappings()
    return tuple(_read(row) for row in rows)


def begin_erasure(connection: sa.Connection, identifier: EvidenceId, erasure: Erasure) -> None:
    """Record that an erasure has begun, and what it rests on, before anything is destroyed."""
    sealed = (evidence.c.id == identifier, evidence.c.state == EvidenceState.SEALED.value)
    connection.execute(
        sa.update(evidence).where(*sealed).values(state=EvidenceState.ERASING.value, erasure=erasure.to_json())
    )


def erasure_of(connection: sa.Connection, identifier: EvidenceId) -> Erasure | None:
    """Return what the last erasure of this evidence rests on; None where there was none, or an older version did it."""
    text = connection.execute(sa.select(evidence.c.erasure).where(evidence.c.id == identifier)).scalar()
    return None if text is None else Erasure.from_json(text)


def end_erasure(connection: sa.Connection, row: Evidence) -> bool:
    """Record that nobody can open this evidence any more; return whether that was not recorded yet."""
    erasing = (evidence.c.id == row.id, evidence.c.state == EvidenceState.ERASING.value)
    is_news = connection.execute(sa.update(evidence).where(*erasing).values(state=EvidenceState.ERASED.value)).rowcount
    connection.execute(sa.delete(evidence_cases).where(evidence_cases.c.evidence_id == row.id))
    return is_news > 0


def _read(row: sa.RowMapping) -> Evidence:
    return Evidence(
        id=parse_evidence_id(row["id"]),
        sealed_at=dt.datetime.fromisoformat(row["sealed_at"]),
        size=row["size"],
        custodians=tuple(row["custodians"]),
        threshold=row["threshold"],
        case=row["case_ref"],
        state=EvidenceState(row["state"]),
        place=row["place"] or row["id"],
        belongs_to=row["belongs_to"] or "",
    )
