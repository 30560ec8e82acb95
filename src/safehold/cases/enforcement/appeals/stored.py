"""Appeals as the database holds them."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.enforcement.appeals.appeal import Appeal, AppealId, AppealState
from safehold.cases.enforcement.appeals.errors import AppealUnknownError
from safehold.cases.enforcement.enforcement import EnforcementId
from safehold.cases.enforcement.tables import appeals


def without_statement() -> sa.Select[tuple[object, ...]]:
    """Return the query of appeals without what was written."""
    columns = [column for column in appeals.c if column.name != "statement"]
    return sa.select(*columns, appeals.c.statement.is_not(None).label("has_statement"))


def appeal_of(connection: sa.Connection, appeal: AppealId) -> Appeal:
    """Return an appeal.

    Raises:
        AppealUnknownError: there is none.
    """
    row = connection.execute(without_statement().where(appeals.c.id == appeal)).mappings().first()
    if row is None:
        raise unknown()
    return to_appeal(row)


def appeals_against(connection: sa.Connection, enforcement: EnforcementId) -> Sequence[Appeal]:
    """Return every appeal against one measure, oldest first."""
    query = without_statement().where(appeals.c.enforcement == enforcement)
    rows = connection.execute(query.order_by(appeals.c.received_at, appeals.c.id)).mappings()
    return [to_appeal(row) for row in rows]


def to_appeal(row: sa.RowMapping) -> Appeal:
    """Return the appeal of a row."""
    return Appeal(
        id=AppealId(row["id"]),
        enforcement=EnforcementId(row["enforcement"]),
        state=AppealState(row["state"]),
        received_at=dt.datetime.fromisoformat(row["received_at"]),
        received_from=row["received_from"],
        due_at=dt.datetime.fromisoformat(row["due_at"]),
        locale=row["locale"],
        taken_by=row["taken_by"],
        taken_until=_time(row["taken_until"]),
        decided_at=_time(row["decided_at"]),
        decided_by=row["decided_by"],
        reason=row["reason"],
        has_statement=bool(row["has_statement"]),
        version=row["version"],
    )


def unknown() -> AppealUnknownError:
    """Return the error of an appeal, or of something to appeal against, that is not there for whoever asks."""
    return AppealUnknownError("there is nothing of this number", advice="Check the number; it may belong to another.")


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
