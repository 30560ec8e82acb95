"""Tallies: counters in a table, added to by several processes at once, on either database.

add(connection, message_counts, {"day": "2026-11-22", "key": "refused_by_policy"}, shown=1)
"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def add(
    connection: sa.Connection,
    table: sa.Table,
    key: Mapping[str, str],
    **counts: int,
) -> None:
    """Add to the counters of a row, making the row where there is none.

    Args:
        connection: of a writing transaction.
        table: its primary key are the columns that `key` names.
        key: which row.
        counts: column to what is added.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(**key, **counts)
    summed = {name: table.c[name] + statement.excluded[name] for name in counts}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=summed))
