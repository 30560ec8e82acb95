"""Counts: how many cases there are of each queue, state and origin, and what each day brought.

They change in the transaction that changes a case, so that an overview never counts.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from safehold.cases.rows import Row
from safehold.cases.store.statements import add
from safehold.cases.tables import case_counts, case_days

_DAY_LENGTH = len("2026-11-22")


def count_case(connection: sa.Connection, row: Row, number: int = 1) -> None:
    """Count a case where it is now; -1 takes it from where it was."""
    key = {name: row[name] for name in ("queue", "state", "origin")}
    _add(connection, case_counts, key, {"number": number})


def recount(connection: sa.Connection, before: Row, after: Row) -> None:
    """Count a case that went from one queue or state to another."""
    if (before["queue"], before["state"]) != (after["queue"], after["state"]):
        count_case(connection, before, -1)
        count_case(connection, after)


def count_day(
    connection: sa.Connection, at: str, origin: str, *, opened: int = 0, items: int = 0, decided: int = 0
) -> None:
    """Add to what a day brought.

    Args:
        connection: writing.
        at: a time of that day, RFC 3339 in UTC.
        origin: what it came from.
        opened: cases.
        items: items put in.
        decided: items decided; negative where decisions were taken back.
    """
    values = {"opened": opened, "items": items, "decided": decided}
    _add(connection, case_days, {"day": at[:_DAY_LENGTH], "origin": origin}, values)


def _add(connection: sa.Connection, table: sa.Table, key: Mapping[str, str], values: Mapping[str, int]) -> None:
    add(connection, table, {**key, **values})
