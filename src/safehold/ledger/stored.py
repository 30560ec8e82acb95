"""Rows of the ledger's tables as entries and checkpoints: whatever else stands in a column is tampering, and is named.

SQLite holds a value of any type in any column, and text that is not UTF-8.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from safehold.ledger.checkpoint import Checkpoint
from safehold.ledger.entry import Recorded, broken, read_details
from safehold.ledger.errors import LedgerBrokenError, ProofFailedError
from safehold.ledger.merkle import Frontier
from safehold.ledger.tables import events

_BATCH = 1000
_CHECKPOINT = {"size": int, "root": bytes, "issued_at": str, "signature": bytes, "key": str, "frontier": bytes}


def entries(connection: sa.Connection, start: int = 0, stop: int | None = None) -> Iterator[Recorded]:
    """Give the entries from place `start` up to, not including, `stop`.

    Raises:
        LedgerBrokenError: which one was altered.
    """
    query = sa.select(events).where(events.c.seq >= start)
    if stop is not None:
        query = query.where(events.c.seq < stop)
    for row in fetched(connection, query, events.c.seq):
        yield to_entry(row)


def fetched(
    connection: sa.Connection, query: sa.Select[tuple[object, ...]], place: sa.Column[int]
) -> Iterator[sa.RowMapping]:
    """Give the rows of a query in the order of a column that is the table's key.

    Raises:
        LedgerBrokenError: which row holds text that is not Unicode.
    """
    last = -1
    try:
        with connection.execute(query.order_by(place), execution_options={"yield_per": _BATCH}) as result:
            for row in result.mappings():
                last = row[place]
                yield row
    except DBAPIError as error:
        if not _is_undecodable(error):
            raise
        found = _undecodable(connection, query.where(place > last), place)
        what = "event" if place.table is events else "the checkpoint at size"
        raise broken(f"{what} {found} was altered: it holds text that is not Unicode") from error


def _undecodable(connection: sa.Connection, query: sa.Select[tuple[object, ...]], place: sa.Column[int]) -> int:
    """Return the key of the first row that can't be read."""
    at = -1
    for at in connection.execute(query.with_only_columns(place).order_by(place)).scalars():
        try:
            connection.execute(query.where(place == at)).all()
        except DBAPIError as error:
            if _is_undecodable(error):
                break
            raise
    return at


def _is_undecodable(error: DBAPIError) -> bool:
    return "decode to UTF-8" in str(error.orig)


def to_entry(row: sa.RowMapping) -> Recorded:
    """Return the entry of a row, once its leaf hash is found to be right.

    Raises:
        LedgerBrokenError: it was altered.
    """
    if not isinstance(row["leaf"], bytes):
        raise broken(f"event {row['seq']} was altered: its leaf hash is not bytes")
    details = read_details(row["seq"], row["details"])
    return Recorded.read({**row, "details": details, "leaf": row["leaf"].hex()})


def to_checkpoint(row: sa.RowMapping, origin: str) -> Checkpoint:
    """Return a stored checkpoint once its frontier is found to lead to its root; its signature is unverified.

    Raises:
        LedgerBrokenError: it was altered.
    """
    if {name: type(value) for name, value in row.items()} != _CHECKPOINT:
        raise altered(row["size"])
    try:
        frontier = Frontier.from_bytes(row["size"], row["frontier"])
    except ProofFailedError as error:
        raise altered(row["size"]) from error
    if frontier.root() != row["root"]:
        raise altered(row["size"])
    return Checkpoint(
        origin=origin,
        size=row["size"],
        root_hex=row["root"].hex(),
        issued_at=row["issued_at"],
        signature=row["signature"].hex(),
        public_key=row["key"],
    )


def altered(size: int) -> LedgerBrokenError:
    """Return the error that names a checkpoint that was altered."""
    return broken(f"the checkpoint at size {size} was altered")
