"""Transfer: every row of one database into another, whichever kind they are.

A backup of a home on a server holds its tables as the SQLite file that any home may have, so that it can be restored on
either kind; restoring one with the other setting is how an installation moves.
"""

from pathlib import Path

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.home.errors import HomeNotEmptyError
from safehold.home.schema import bring_up_to_date

_REVISION_TABLE = "alembic_version"
_BATCH = 1000


def copy_to_file(source: Database, path: Path) -> None:
    """Copy a database as of one moment to a new SQLite file, whose writer-locks and logs are gone afterwards."""
    target = Database(path)
    try:
        bring_up_to_date(target)
        with source.reading() as reader, target.writing() as writer:
            _copy(reader, writer)
    finally:
        target.close()


def move_from_file(path: Path, target: Database) -> None:
    """Copy a SQLite file to a database on a server that holds no rows yet, all or nothing, and remove the file.

    Raises:
        HomeNotEmptyError: the database holds rows already; nothing was changed.
    """
    source = Database(path)
    try:
        bring_up_to_date(source)
        bring_up_to_date(target)
        with source.reading() as reader, target.writing() as writer:
            _copy(reader, writer, refusing=target.name)
    finally:
        source.close()
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()


def _copy(reader: sa.Connection, writer: sa.Connection, *, refusing: str | None = None) -> None:
    """Copy all our rows; refuse a target of this name that holds some. Other programs' tables are none of ours."""
    sources, targets = _tables(reader), _tables(writer)
    ours = [table for table in targets.sorted_tables if table.name in sources.tables and table.name != _REVISION_TABLE]
    if refusing and any(writer.execute(sa.select(table).limit(1)).first() for table in ours):
        raise HomeNotEmptyError(
            f"{refusing} is not empty", advice="Restore into a new database; a backup never overwrites one."
        )
    for table in ours:
        _copy_table(reader, writer, sources.tables[table.name], table)


def _copy_table(reader: sa.Connection, writer: sa.Connection, source: sa.Table, target: sa.Table) -> None:
    rows = reader.execute(sa.select(source), execution_options={"yield_per": _BATCH}).mappings()
    for batch in rows.partitions():
        writer.execute(sa.insert(target), [dict(row) for row in batch])
    counter = target.autoincrement_column
    if counter is not None and writer.dialect.name == "postgresql":
        _continue_numbers(writer, target.name, counter)


def _continue_numbers(writer: sa.Connection, table: str, counter: sa.Column[int]) -> None:
    """Let a server's own numbers go on after the copied ones."""
    sequence = writer.execute(sa.select(sa.func.pg_get_serial_sequence(table, counter.name))).scalar()
    last = writer.execute(sa.select(sa.func.max(counter))).scalar()
    if sequence is not None and last is not None:
        writer.execute(sa.select(sa.func.setval(sequence, last)))


def _tables(connection: sa.Connection) -> sa.MetaData:
    found = sa.MetaData()
    found.reflect(connection)
    return found
