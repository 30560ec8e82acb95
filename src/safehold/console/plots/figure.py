"""Figures: what a plot shows, as a drawing and as the table behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from markupsafe import Markup

Wording = Callable[[float], str]
"""Says a number to a person."""


def whole(value: float) -> str:
    """Say a count: "12,345"."""
    return f"{value:,.0f}"


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers.

    Attributes:
        name: what they are.
        values: one for each place, none below 0.
    """

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn.

    Attributes:
        name: a word that tells it from other figures of the page; ids in the drawing begin with it.
        title: what is shown, in a few words.
        places: what the numbers belong to: days, queues.
        series: the numbers, one for each place in each of them.
        unit: what is counted; "" where the title says it.
        say: how a number is written.
    """

    name: str
    title: str
    places: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = ""
    say: Wording = whole

    @property
    def totals(self) -> tuple[float, ...]:
        """Return the sum over all series at each place."""
        return tuple(sum(one.values[number] for one in self.series) for number in range(len(self.places)))

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing above 0 to draw."""
        return not any(self.totals)


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot that is ready to be put on a page.

    Attributes:
        name: a word that tells it from other figures of the page.
        title: what is shown.
        says: its main points as a sentence; also what the drawing describes itself with.
        drawing: SVG; empty where there is nothing to draw.
        columns: heads of the table behind it.
        rows: its rows; the first cell is the row's head.
        legend: each series' name and a sample of its filling, where there are several.
    """

    name: str
    title: str
    says: str
    drawing: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[str, Markup], ...] = field(default=())


def tabulated(chart: Chart, first: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return heads and rows of the table behind a chart, with a sum where there are several series.

    Args:
        chart: what is drawn.
        first: what the places are: "day".
    """
    is_summed = len(chart.series) > 1
    heads = (first, *(one.name for one in chart.series), *(("all",) if is_summed else ()))
    rows = []
    for number, place in enumerate(chart.places):
        cells = [chart.say(one.values[number]) for one in chart.series]
        rows.append((place, *cells, *((chart.say(chart.totals[number]),) if is_summed else ())))
    return heads, tuple(rows)


def summary(chart: Chart) -> str:
    """Return the main points of a chart as one sentence: how much in all, and where most of it is."""
    if chart.is_empty:
        return "Nothing to show."
    totals = chart.totals
    most = max(range(len(totals)), key=totals.__getitem__)
    unit = f" {chart.unit}" if chart.unit else ""
    told = f"{chart.say(sum(totals))}{unit} in all; most at {chart.places[most]}: {chart.say(totals[most])}."
    if len(chart.series) == 1:
        return told
    parts = ", ".join(f"{one.name} {chart.say(sum(one.values))}" for one in chart.series)
    return f"{told} By kind: {parts}."
