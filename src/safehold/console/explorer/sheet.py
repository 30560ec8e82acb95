"""Sheets: some lines of the ledger, newest first, found by their places and never by counting.

    with database.reading() as connection:
        sheet = read_sheet(connection, Wanted(kind="policy.activated"))
        sheet.lines, sheet.older

Every request reads some hundred rows by an index, however long the ledger is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.ledger import LedgerBrokenError, Recorded
from safehold.ledger.stored import fetched, to_entry
from safehold.ledger.tables import events

LINES = 50
"""Lines of a sheet: two screens."""

MOST_READ_BACK = 200_000
"""How many places are looked at for one sheet where two conditions must hold at once, which no index has: a fraction of
a second on either database. The sheet says so, and goes on from there."""

_MOST_KINDS = 400
"""Kinds that are listed at most; there are about a hundred."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines.

    Attributes:
        kind: of this kind; "" for all.
        actor: by this actor; "" for all.
        before: from the place before this one on, towards older ones; None from the newest.
        after: from the place after this one on, towards newer ones; None to go by `before`.
    """

    kind: str = ""
    actor: str = ""
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One place of the ledger.

    Attributes:
        seq: its place.
        entry: what stands there; None where it was altered.
        fault: what is wrong with it; "" for nothing.
    """

    seq: int
    entry: Recorded | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Some lines, newest first.

    Attributes:
        lines: those found.
        newer: the place after which newer ones follow; None where there are none.
        older: the place before which older ones follow; None where there are none.
        size: how many events the ledger has.
        searched_to: the oldest place that was looked at, where looking stopped before the end; else None.
    """

    lines: tuple[Line, ...]
    newer: int | None
    older: int | None
    size: int
    searched_to: int | None = None


def read_sheet(connection: sa.Connection, wanted: Wanted, *, count: int = LINES) -> Sheet:
    """Return one sheet.

    Args:
        connection: reading.
        wanted: which lines.
        count: how many at most.
    """
    size = ledger_size(connection)
    if wanted.after is not None:
        return _newer(connection, wanted, size, count)
    top = size if wanted.before is None else min(wanted.before, size)
    floor = max(0, top - MOST_READ_BACK) if wanted.kind and wanted.actor else 0
    found = _places(connection, wanted, [events.c.seq < top, events.c.seq >= floor], newest_first=True, count=count + 1)
    lines = read_lines(connection, found[:count])
    older = found[count - 1] if len(found) > count else None
    stopped = floor if floor and older is None else None
    newer = None if top >= size else (found[0] if found else top - 1)
    return Sheet(lines, newer, stopped if older is None else older, size, stopped)


def read_lines(connection: sa.Connection, places: Sequence[int]) -> tuple[Line, ...]:
    """Return the lines at these places, in their order; what was altered is named."""
    wanted = sa.select(events).where(events.c.seq.in_(places))
    try:
        rows = {row["seq"]: row for row in fetched(connection, wanted, events.c.seq)}
    except LedgerBrokenError:  # text that is not Unicode somewhere among them: one by one, to name it and show the rest
        return tuple(_line(connection, seq) for seq in places)
    return tuple(_told(seq, rows.get(seq)) for seq in places)


def ledger_size(connection: sa.Connection) -> int:
    """Return how many events there are."""
    last = connection.execute(sa.select(sa.func.max(events.c.seq))).scalar()
    return 0 if last is None else int(last) + 1


def kinds(connection: sa.Connection) -> tuple[str, ...]:
    """Return the kinds that occur, sorted, in one question: each kind costs one look into the index."""
    first = sa.select(sa.func.min(events.c.kind).label("kind")).cte("kinds", recursive=True)
    following = sa.select(sa.func.min(events.c.kind)).where(events.c.kind > first.c.kind).scalar_subquery()
    every = first.union_all(sa.select(following).where(first.c.kind.is_not(None)))
    wanted = sa.select(every.c.kind).where(every.c.kind.is_not(None)).limit(_MOST_KINDS)
    return tuple(str(kind) for kind in connection.execute(wanted).scalars())


def place_at(connection: sa.Connection, at: str) -> int:
    """Return the place of the first event that was recorded at a time or later; the size where there is none.

    Times grow with places, as far as the clock was never set back; so halving finds it with some twenty looks.

    Args:
        connection: reading.
        at: RFC 3339 in UTC, or its beginning: "2026-11-22".
    """
    low, high = 0, ledger_size(connection)
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            sa.select(events.c.seq, events.c.at).where(events.c.seq >= middle).order_by(events.c.seq).limit(1)
        ).first()
        if row is None or str(row.at) >= at:
            high = middle
        else:
            low = int(row.seq) + 1
    return low


def _newer(connection: sa.Connection, wanted: Wanted, size: int, count: int) -> Sheet:
    bottom = min(wanted.after if wanted.after is not None else -1, size)
    ceiling = min(size, bottom + MOST_READ_BACK) if wanted.kind and wanted.actor else size
    bounds = [events.c.seq > bottom, events.c.seq <= ceiling]
    found = _places(connection, wanted, bounds, newest_first=False, count=count + 1)
    lines = read_lines(connection, found[:count][::-1])
    has_more = len(found) > count
    newer = found[count - 1] if has_more else (ceiling if ceiling < size - 1 else None)
    return Sheet(lines, newer, lines[-1].seq if lines else bottom + 1, size)


def _places(
    connection: sa.Connection,
    wanted: Wanted,
    bounds: Sequence[sa.ColumnElement[bool]],
    *,
    newest_first: bool,
    count: int,
) -> list[int]:
    query = sa.select(events.c.seq).where(*bounds)
    if wanted.kind:
        query = query.where(events.c.kind == wanted.kind)
    if wanted.actor:
        query = query.where(events.c.actor == wanted.actor)
    order = events.c.seq.desc() if newest_first else events.c.seq
    return [int(seq) for seq in connection.execute(query.order_by(order).limit(count)).scalars()]


def _line(connection: sa.Connection, seq: int) -> Line:
    wanted = sa.select(events).where(events.c.seq == seq)
    try:
        return _told(seq, next(fetched(connection, wanted, events.c.seq), None))
    except LedgerBrokenError as error:
        return Line(seq, None, str(error))


def _told(seq: int, row: sa.RowMapping | None) -> Line:
    if row is None:
        return Line(seq, None, f"event {seq} is missing")
    try:
        return Line(seq, to_entry(row))
    except LedgerBrokenError as error:
        return Line(seq, None, str(error))
