"""Reports as the database holds them."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from safehold.cases import paging
from safehold.cases.paging import LAST
from safehold.gateway.reports.report import Category, Fingerprint, Kind, Report, Status, Target
from safehold.gateway.reports.tables import report_hashes, reports
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Algorithm


def with_counts() -> sa.Select[tuple[object, ...]]:
    """Return the query of reports with the number of their fingerprints, without what is sealed."""
    columns = [column for column in reports.c if column.name not in {"sealed", "token"}]
    number = sa.select(sa.func.count()).select_from(report_hashes).where(report_hashes.c.ticket == reports.c.ticket)
    return sa.select(
        *columns, reports.c.sealed.is_not(None).label("has_sealed"), number.scalar_subquery().label("fingerprints")
    )


def to_report(row: sa.RowMapping) -> Report:
    """Return the report of a row of `with_counts`."""
    return Report(
        ticket=row["ticket"],
        kind=Kind(row["kind"]),
        category=Category(row["category"]),
        target=Target(row["target"]),
        reference=row["reference"],
        locale=row["locale"],
        country=row["country"],
        actor=row["actor"],
        status=Status(row["status"]),
        received_at=dt.datetime.fromisoformat(row["received_at"]),
        status_at=dt.datetime.fromisoformat(row["status_at"]),
        due_at=None if row["due_at"] is None else dt.datetime.fromisoformat(row["due_at"]),
        is_trusted=bool(row["is_trusted"]),
        is_representative=bool(row["is_representative"]),
        has_sealed_note=bool(row["has_sealed"]),
        fingerprints=int(row["fingerprints"]),
        holding=row["holding"],
    )


def in_turn() -> tuple[sa.ColumnElement[str], ...]:
    """Return what reports are sorted by: those with a clock first, by when they are due; then the oldest first."""
    return sa.func.coalesce(reports.c.due_at, LAST), reports.c.received_at, reports.c.ticket


def place_of(report: Report) -> str:
    """Return where a report stands among others."""
    due = LAST if report.due_at is None else timestamp(report.due_at)
    return paging.place_of(due, timestamp(report.received_at), report.ticket)


def insert_fingerprints(connection: sa.Connection, ticket: str, fingerprints: Collection[Fingerprint]) -> None:
    """Keep the fingerprints of a report, each once."""
    rows = [
        {"ticket": ticket, "algorithm": one.algorithm.value, "value": one.value}
        for one in sorted(set(fingerprints), key=lambda one: (one.algorithm.value, one.value))
    ]
    if rows:
        connection.execute(sa.insert(report_hashes), rows)


def held_fingerprints(
    connection: sa.Connection, holding: Sequence[str]
) -> Mapping[str, tuple[str, tuple[Fingerprint, ...]]]:
    """Return, by ticket, the state and the fingerprints of reports whose holding is in one of these states."""
    query = (
        sa.select(reports.c.ticket, reports.c.holding, report_hashes.c.algorithm, report_hashes.c.value)
        .join(report_hashes, report_hashes.c.ticket == reports.c.ticket)
        .where(reports.c.holding.in_(holding))
        .order_by(reports.c.ticket)
    )
    found: dict[str, tuple[str, tuple[Fingerprint, ...]]] = {}
    for row in connection.execute(query):
        state, before = found.get(row.ticket, (row.holding, ()))
        found[row.ticket] = (state, (*before, Fingerprint(Algorithm(row.algorithm), row.value)))
    return found
