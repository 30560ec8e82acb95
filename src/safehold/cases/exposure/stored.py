"""Exposures as the database holds them."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.exposure.exposure import Exposure, ExposureId, Extent, OptOut, Purpose, Shown
from safehold.cases.exposure.rest import Seen
from safehold.cases.exposure.rules import ExposureRules
from safehold.cases.exposure.tables import exposures, opt_outs
from safehold.cases.item import Form, ItemId
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Seconds

_DAYS_BACK = 7
"""How far back rest is worked out: who had no long rest in a week is told to rest by any reading of the rules."""


def to_exposure(row: sa.RowMapping) -> Exposure:
    """Return the exposure of a row."""
    return Exposure(
        id=ExposureId(row["id"]),
        person=row["person"],
        item=ItemId(row["item"]),
        case=CaseId(row["case_id"]),
        purpose=Purpose(row["purpose"]),
        form=Form(row["form"]),
        shown=Shown(row["shown"]),
        extent=Extent(row["extent"]),
        began_at=dt.datetime.fromisoformat(row["began_at"]),
        ended_at=None if row["ended_at"] is None else dt.datetime.fromisoformat(row["ended_at"]),
        milliseconds=row["milliseconds"],
    )


def seen_by(connection: sa.Connection, person: str, rules: ExposureRules, now: dt.datetime) -> Sequence[Seen]:
    """Return what somebody was shown lately, oldest first; what is shown still counts until now, or as assumed."""
    since = timestamp(now - dt.timedelta(days=_DAYS_BACK))
    query = sa.select(exposures.c.item, exposures.c.began_at, exposures.c.ended_at, exposures.c.milliseconds)
    query = query.where(exposures.c.person == person, exposures.c.began_at >= since)
    found = []
    for row in connection.execute(query.order_by(exposures.c.began_at)):
        began = dt.datetime.fromisoformat(row.began_at)
        seconds = row.milliseconds / 1000
        if row.ended_at is None:
            seconds = min(max((now - began).total_seconds(), 0.0), rules.assumed_seconds)
        found.append(Seen(ItemId(row.item), began, Seconds(seconds)))
    return found


def opt_outs_of(connection: sa.Connection, person: str) -> tuple[OptOut, ...]:
    """Return what somebody chose not to be given."""
    query = sa.select(opt_outs.c.form, opt_outs.c.queue).where(opt_outs.c.person == person)
    rows = connection.execute(query.order_by(opt_outs.c.queue, opt_outs.c.form))
    return tuple(OptOut(Form(row.form) if row.form else None, row.queue) for row in rows)


def put_opt_out(connection: sa.Connection, person: str, choice: OptOut) -> None:
    """Keep a choice; repeating it changes nothing."""
    drop_opt_out(connection, person, choice)
    connection.execute(sa.insert(opt_outs).values(person=person, form=_word(choice), queue=choice.queue))


def drop_opt_out(connection: sa.Connection, person: str, choice: OptOut) -> None:
    """Take a choice back; repeating it changes nothing."""
    table = opt_outs.c
    chosen = (table.person == person, table.form == _word(choice), table.queue == choice.queue)
    connection.execute(sa.delete(opt_outs).where(*chosen))


def _word(choice: OptOut) -> str:
    return "" if choice.form is None else choice.form.value
