"""Totals: how much content people were shown, summed so that nobody can be found in it.

Rules: only whole weeks that are over, so that no two answers differ by one person's morning; no figure over fewer
people than the rules say, or of which one person makes up most; and where a form is left out, so many others are that
the difference tells of nobody either.

Source: the three are the usual ones of official statistics (threshold, dominance, complementary suppression); see
Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.exposure.rules import Dose, ExposureRules
from safehold.cases.exposure.tables import doses
from safehold.cases.item import Form
from safehold.vocabulary import Seconds

_ByPerson = Mapping[str, Dose]


@dataclass(frozen=True, slots=True)
class WeekTotals:
    """What everybody together was shown in one week.

    Attributes:
        monday: the week's first day, in UTC.
        people: how many were shown anything; None: too few to say.
        dose: how much, an item once a day and person; None: it would tell of one person.
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
    table = doses.c
    first, end = ((monday + dt.timedelta(days=days)).isoformat() for days in (0, 7))
    query = (
        sa.select(table.form, table.person, sa.func.sum(table["items"]), sa.func.sum(table.milliseconds))
        .where(table.day >= first, table.day < end)
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
    for shown in forms.values():
        for person, dose in shown.items():
            known = people.get(person, Dose(0, Seconds(0.0)))
            people[person] = Dose(known.items + dose.items, Seconds(known.seconds + dose.seconds))
    return people


def _told(forms: Mapping[Form, _ByPerson], rules: ExposureRules) -> dict[Form, Dose]:
    """Return the forms that may be told: what is left out may not be found by taking them from the whole either."""
    fit = {form: _sum(shown) for form, shown in forms.items() if _is_tellable(shown, rules)}
    while fit and not _is_tellable(_everybody({form: forms[form] for form in forms if form not in fit}), rules):
        del fit[min(fit, key=lambda form: (fit[form].items, form.value))]
    return fit


def _is_tellable(shown: _ByPerson, rules: ExposureRules) -> bool:
    """Return whether figures over these people tell of none of them; nothing at all tells of nobody."""
    if not shown:
        return True
    if len(shown) < rules.smallest_group:
        return False
    whole = _sum(shown)
    most_items, most_seconds = rules.largest_share * whole.items, rules.largest_share * whole.seconds
    return all(dose.items <= most_items and dose.seconds <= most_seconds for dose in shown.values())


def _sum(shown: _ByPerson) -> Dose:
    return Dose(sum(one.items for one in shown.values()), Seconds(sum(one.seconds for one in shown.values())))
