"""The rows of the vault: read and written inside a transaction that the caller opened."""

import datetime as dt

import sqlalchemy as sa

from safehold.vault.errors import UnknownEvidenceError
from safehold.vault.evidence import Evidence, EvidenceId, EvidenceState, parse_evidence_id
from safehold.vault.tables import evidence


def write_row(connection: sa.Connection, row: Evidence) -> None:
    """Write a row, in place of an earlier one with the same id."""
    values = {
        "sealed_at": row.sealed_at.isoformat(),
        "size": row.size,
        "custodians": list(row.custodians),
        "threshold": row.threshold,
        "case_ref": row.case,
        "state": row.state.value,
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


def read_all(connection: sa.Connection) -> tuple[Evidence, ...]:
    """Return every row, oldest sealing first."""
    rows = connection.execute(sa.select(evidence).order_by(evidence.c.sealed_at, evidence.c.id)).mappings()
    return tuple(_read(row) for row in rows)


def mark_erased(connection: sa.Connection, identifier: EvidenceId) -> None:
    """Record that nobody can open this evidence any more."""
    connection.execute(sa.update(evidence).where(evidence.c.id == identifier).values(state=EvidenceState.ERASED.value))


def _read(row: sa.RowMapping) -> Evidence:
    return Evidence(
        id=parse_evidence_id(row["id"]),
        sealed_at=dt.datetime.fromisoformat(row["sealed_at"]),
        size=row["size"],
        custodians=tuple(row["custodians"]),
        threshold=row["threshold"],
        case=row["case_ref"],
        state=EvidenceState(row["state"]),
    )
