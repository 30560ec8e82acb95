"""Totals: how much content people were shown, summed so that nobody can be found in it.

Rules: only whole weeks that are over, so that no two answers differ by one person's morning; no figure over fewer
people than the rules say, or of which one person makes up most; and where one form is left out, another one is too, or
the difference would tell.

Source: the three are the usual ones of official statistics (threshold, dominance, complementary suppression); see
Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.exposure.rules import Dose, ExposureRules
from safehold.cases.exposure.tables import exposures
from safehold.cases.item import Form
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Seconds

_ByPerson = Mapping[str, Dose]


@dataclass(frozen=True, slots=True)
class WeekTotals:
    """What everybody together was shown in one week.

    Attributes:
        monday: the week's first day, in UTC.
        people: how many were shown anything; None: too few to say.
        dose: how much; None: it would tell of one person.
        forms: the same by form; what would tell of one person is left out.
    """

    monday: dt.date
    people: int | None
    dose: Dose | None
    forms: Mapping[Form, Dose]


def week_totals(
    connection: sa.Connection, rules: ExposureRules, *, now: dt.datetime, weeks: int
) -> tuple[WeekTotals, ...]:
    """Return the figures of the last weeks that are over, latest first."""
    this = now.astimezone(dt.UTC).date()
    this -= dt.timedelta(days=this.weekday())
    mondays = [this - dt.timedelta(weeks=number) for number in range(1, weeks + 1)]
    return tuple(_week(connection, monday, rules) for monday in mondays)


def _week(connection: sa.Connection, monday: dt.date, rules: ExposureRules) -> WeekTotals:
    table = exposures.c
    first, end = (_midnight(monday + dt.timedelta(days=days)) for days in (0, 7))
    query = (
        sa.select(table.form, table.person, sa.func.count(table.item.distinct()), sa.func.sum(table.milliseconds))
        .where(table.began_at >= first, table.began_at < end)
        .group_by(table.form, table.person)
    )
    forms: dict[Form, dict[str, Dose]] = defaultdict(dict)
    for form, person, items, milliseconds in connection.execute(query):
        forms[Form(form)][person] = Dose(items, Seconds(milliseconds / 1000))
    everybody = _everybody(forms)
    is_tellable = _is_tellable(everybody, rules)
    return WeekTotals(
        monday,
        len(everybody) if not everybody or len(everybody) >= rules.smallest_group else None,
        _sum(everybody) if is_tellable else None,
        _told(forms, rules) if is_tellable else {},
    )


def _everybody(forms: Mapping[Form, _ByPerson]) -> dict[str, Dose]:
    people: dict[str, Dose] = {}
    for doses in forms.values():
        for person, dose in doses.items():
            known = people.get(person, Dose(0, Seconds(0.0)))
            people[person] = Dose(known.items + dose.items, Seconds(known.seconds + dose.seconds))
    return people


def _told(forms: Mapping[Form, _ByPerson], rules: ExposureRules) -> dict[Form, Dose]:
    """Return the forms that may be told; if one alone can't be, the smallest of the others is left out with it."""
    fit = {form: _sum(doses) for form, doses in forms.items() if _is_tellable(doses, rules)}
    if len(forms) - len(fit) == 1 and fit:
        del fit[min(fit, key=lambda form: (fit[form].items, form.value))]
    return fit


def _is_tellable(doses: _ByPerson, rules: ExposureRules) -> bool:
    """Return whether figures over these people tell of none of them; nothing at all tells of nobody."""
    if not doses:
        return True
    if len(doses) < rules.smallest_group:
        return False
    whole = _sum(doses)
    return all(
        dose.items <= rules.largest_share * whole.items
        and dose.seconds <= rules.largest_share * max(whole.seconds, 1e-9)
        for dose in doses.values()
    )


def _sum(doses: _ByPerson) -> Dose:
    return Dose(sum(one.items for one in doses.values()), Seconds(sum(one.seconds for one in doses.values())))


def _midnight(day: dt.date) -> str:
    return timestamp(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC))
