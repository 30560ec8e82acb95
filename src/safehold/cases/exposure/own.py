"""Somebody's own figures: what they were shown, day by day, for nobody's eyes but theirs."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.exposure.exposure import OptOut
from safehold.cases.exposure.rest import Allowance
from safehold.cases.exposure.rules import Dose
from safehold.cases.exposure.tables import doses
from safehold.cases.item import Form
from safehold.vocabulary import Seconds

DAYS = 28
"""Four weeks: enough to see whether it becomes more."""


@dataclass(frozen=True, slots=True)
class Day:
    """What somebody was shown on a calendar day in UTC.

    Attributes:
        date: which.
        dose: how much.
        forms: different items by form.
    """

    date: dt.date
    dose: Dose
    forms: Mapping[Form, int]


@dataclass(frozen=True, slots=True)
class OwnFigures:
    """Somebody's own figures.

    Attributes:
        allowance: what may be shown to them now.
        days: of the last four weeks, latest first; days without content are left out.
    """

    allowance: Allowance
    days: tuple[Day, ...]

    @property
    def opt_outs(self) -> tuple[OptOut, ...]:
        """Return what they chose not to be given."""
        return self.allowance.opt_outs


def own_figures(connection: sa.Connection, person: str, allowance: Allowance, *, now: dt.datetime) -> OwnFigures:
    """Return the figures of one person."""
    table = doses.c
    since = (now - dt.timedelta(days=DAYS)).astimezone(dt.UTC).date().isoformat()
    query = sa.select(table.day, table.form, table["items"], table.milliseconds)
    query = query.where(table.person == person, table.day >= since)
    items: dict[str, dict[Form, int]] = defaultdict(dict)
    milliseconds: dict[str, int] = defaultdict(int)
    for day, form, count, shown in connection.execute(query):
        items[day][Form(form)] = count
        milliseconds[day] += shown
    days = (
        Day(dt.date.fromisoformat(day), Dose(sum(forms.values()), Seconds(milliseconds[day] / 1000)), forms)
        for day, forms in sorted(items.items(), reverse=True)
    )
    return OwnFigures(allowance, tuple(days))
