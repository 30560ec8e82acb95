"""Dosing: how much somebody was shown on a day, counted with every exposure, in its transaction."""

import datetime as dt

import sqlalchemy as sa

from safehold.cases.exposure.tables import doses, exposures
from safehold.cases.item import Form, ItemId
from safehold.ledger.entry import timestamp


def count_item(connection: sa.Connection, person: str, item: ItemId, form: Form, began: dt.datetime) -> None:
    """Count an item for the day on which it is shown, unless it was shown on that day already in this form.

    Args:
        connection: a writing transaction, before the exposure itself is kept.
        person: who.
        item: what.
        form: as what.
        began: when, aware.
    """
    mine = (exposures.c.person == person, exposures.c.began_at >= _day(began))
    again = sa.select(exposures.c.id).where(*mine, exposures.c.item == item, exposures.c.form == form.value)
    if connection.execute(again.limit(1)).first() is None:
        _add(connection, person, form, began, items=1)


def count_time(connection: sa.Connection, person: str, form: Form, began: dt.datetime, *, milliseconds: int) -> None:
    """Count how long something was shown, for the day on which that began."""
    _add(connection, person, form, began, milliseconds=milliseconds)


def _add(
    connection: sa.Connection, person: str, form: Form, began: dt.datetime, *, items: int = 0, milliseconds: int = 0
) -> None:
    key = {"person": person, "day": _day(began), "form": form.value}
    more = {"items": doses.c["items"] + items, "milliseconds": doses.c.milliseconds + milliseconds}
    changed = sa.update(doses).where(*(doses.c[name] == value for name, value in key.items())).values(**more)
    if connection.execute(changed).rowcount == 0:  # nobody else writes meanwhile: there is one writer at a time
        connection.execute(sa.insert(doses).values(**key, items=items, milliseconds=milliseconds))


def _day(moment: dt.datetime) -> str:
    return timestamp(moment)[:10]
