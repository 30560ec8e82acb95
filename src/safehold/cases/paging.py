"""Paging: where a list goes on, by the last row that was shown and not by a number, so that nothing is shown twice.

order = (reports.c.due_at, reports.c.ticket)
query.where(behind(place, order)).order_by(*order)
place = place_of(last.due_at, last.ticket)                 # for the next page
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

from safehold.cases.rows import is_plain

LAST = "9"
"""Sorts behind every time: for rows that have none."""

_BETWEEN = "~"

Row = TypeVar("Row")


def place_of(*values: str) -> str:
    """Return where a row stands: what it is sorted by, each of it text without a tilde, the last of it unique."""
    return _BETWEEN.join(values)


def behind(
    place: str, order: Sequence[sa.ColumnElement[str]], *, is_descending: bool = False
) -> sa.ColumnElement[bool]:
    """Return the condition that a row stands behind a place; of "", or what is no place, every row does.

    Args:
        place: as :func:`place_of` gave it.
        order: what rows are sorted by; the last of it is unique.
        is_descending: whether all of it goes from the last to the first.
    """
    told = place.split(_BETWEEN)
    if len(told) != len(order) or not is_plain(place):
        return sa.true()
    row, seen = sa.tuple_(*order), sa.tuple_(*(sa.literal(one, sa.Text) for one in told))
    return row < seen if is_descending else row > seen


def flag(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[str]:
    """Return a condition as text to sort by: what fulfils it comes last."""
    return sa.case((condition, "1"), else_="0")


def every(page: Callable[[str], Sequence[Row]], place: Callable[[Row], str]) -> Iterator[Row]:
    """Yield all rows of a list, one page after the other.

    Args:
        page: returns what stands behind a place; nothing behind the last.
        place: where a row stands.
    """
    after = ""
    while found := page(after):
        yield from found
        after = place(found[-1])
