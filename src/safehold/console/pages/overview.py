"""Overview: volumes, sources, ages of queues, decisions, gaps, fail-open minutes and exposure; never of one person.

Each figure is a drawing and a table. Numbers come from counts that are kept, and from the ledger as far as it is
counted; nothing here reads all of either.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from starlette.responses import Response

from safehold.cases import Ability, CaseState, Origin
from safehold.cases.exposure.totals import WeekTotals
from safehold.cases.overview import Day, Overview, QueueAge
from safehold.console.explorer import DayCounts, Tallied
from safehold.console.explorer.tally import DAYS
from safehold.console.page import Page
from safehold.console.plots import Chart, Figure, Series, Spread, draw_bars, draw_columns, draw_spreads
from safehold.console.visit import PageVisit
from safehold.vocabulary import Action, Seconds

WEEKS = 12
"""Weeks of exposure that are shown: a quarter of a year."""

AGREEMENT_DAYS = 90
"""How far back agreement looks: long enough for enough pairs."""

_HOUR = 3600
_DAY = 24 * _HOUR


def show_overview(visit: PageVisit) -> Response:
    """Show how things are."""
    casework, now = visit.console.casework, visit.console.clock.now()
    overview: Overview = casework.cases.overview(now)
    tallied: Tallied = visit.console.instruments.tally.read()
    weeks = casework.exposures.totals(WEEKS)
    figures = (*_of_cases(overview, now.date()), *_of_checks(tallied.days), _exposure(weeks))
    return visit.page(
        "overview/show.html",
        overview=overview,
        waiting=sum(overview.queues.values()),
        open_cases=sum(number for state, number in overview.states.items() if state is not CaseState.CLOSED),
        tallied=tallied,
        figures=sorted(figures, key=lambda figure: not figure.drawing),  # what has nothing to show stands last
        weeks=weeks,
        agreement=casework.decisions.agreement(since=now - dt.timedelta(days=AGREEMENT_DAYS)),
        agreement_days=AGREEMENT_DAYS,
    )


def _of_cases(overview: Overview, today: dt.date) -> Iterator[Figure]:
    days = [today - dt.timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    origins = [origin for origin in Origin if any(day.origin is origin for day in overview.days)]
    by_day = {(day.day, day.origin): day for day in overview.days}
    places = tuple(f"{day:%m-%d}" for day in days)
    volumes = tuple(
        Series(origin.value, tuple(float(_items(by_day.get((day, origin)))) for day in days)) for origin in origins
    )
    yield draw_columns(Chart("volumes", "Items by day", places, volumes, "items"))
    decided = tuple(float(sum(_decided(by_day.get((day, origin))) for origin in origins)) for day in days)
    yield draw_columns(Chart("decisions", "Items decided by day", places, (Series("decided", decided),), "items"))
    ranked = sorted(overview.origins.items(), key=lambda one: -one[1])
    sources = Series("cases", tuple(float(number) for _, number in ranked))
    names = tuple(origin.value for origin, _ in ranked)
    yield draw_bars(
        Chart("sources", "Cases that are not closed, by source", names, (sources,), "cases"), first="source"
    )
    yield _ages(overview.ages)


def _ages(ages: Mapping[str, QueueAge]) -> Figure:
    """Draw how long cases wait, in days once that says it better than hours."""
    oldest = max((age.oldest for age in ages.values()), default=Seconds(0.0))
    unit, said = (_DAY, "d") if oldest > 2 * _DAY else (_HOUR, "h")
    spreads = [
        Spread(name, age.waiting, age.p50 / unit, age.p95 / unit, age.oldest / unit) for name, age in ages.items()
    ]
    return draw_spreads("ages", "How long cases wait", spreads, say=lambda value: f"{value:.3g} {said}")


def _items(day: Day | None) -> int:
    return 0 if day is None else day.items


def _decided(day: Day | None) -> int:
    """Return how many were decided; a day on which more was taken back than decided shows nothing."""
    return 0 if day is None else max(0, day.decided)


def _of_checks(days: Sequence[DayCounts]) -> Iterator[Figure]:
    places = tuple(day.day[5:] for day in days)
    kept = (Action.HOLD, Action.DENY)
    actions = tuple(
        Series(action.value, tuple(float(day.actions.get(action, 0)) for day in days))
        for action in kept
        if any(day.actions.get(action) for day in days)
    )
    yield draw_columns(Chart("checks", "Checks held and denied by day", places, actions, "checks"))
    gaps = Series("with a gap", tuple(float(day.with_gaps) for day in days))
    yield draw_columns(Chart("gaps", "Checks in which something was not examined", places, (gaps,), "checks"))
    minutes = Series("minutes", tuple(float(day.open_minutes) for day in days))
    title = "Minutes in which something passed unexamined"
    yield draw_columns(Chart("open", title, places, (minutes,), "minutes"))


def _exposure(weeks: Sequence[WeekTotals]) -> Figure:
    """Draw the weeks that can be told; those that would tell of one person are left out, and the page says so."""
    told = [week for week in reversed(weeks) if week.dose is not None]
    items = Series("items", tuple(float(week.dose.items) if week.dose else 0.0 for week in told))
    places = tuple(f"{week.monday:%m-%d}" for week in told)
    return draw_columns(
        Chart("exposure", "Items revealed by week, everybody together", places, (items,), "items"), first="week of"
    )


PAGES = (Page("GET", "/overview", show_overview, needs=Ability.READ_QUALITY),)
