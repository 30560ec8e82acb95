"""Columns: numbers by day, one column a day, the series on top of each other."""

from collections.abc import Iterator

from markupsafe import Markup

from safehold.console.plots.drawing import bar, canvas, fillings, legend, line, text
from safehold.console.plots.figure import Chart, Figure, summary, tabulated
from safehold.console.plots.scale import Scale, scale_for

_WIDTH, _HEIGHT = 480, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 8, 12, 26
_FLOOR = _HEIGHT - _BOTTOM
_NARROW, _WIDEST = 0.28, 48.0
"""The share of a place that stays free, and how wide a column is at most: one day alone is no wall."""


def draw_columns(chart: Chart, *, first: str = "day") -> Figure:
    """Return a figure of columns.

    Args:
        chart: places in the order of time.
        first: what the places are, as the head of the table says.
    """
    says = summary(chart)
    heads, rows = tabulated(chart, first)
    drawing = Markup("") if chart.is_empty else _drawn(chart, says)
    return Figure(chart.name, chart.title, says, drawing, heads, rows, legend(chart))


def _drawn(chart: Chart, says: str) -> Markup:
    scale = scale_for(max(chart.totals), _FLOOR - _TOP)
    parts = [fillings(chart.name, len(chart.series)), *_grid(scale, chart), *_columns(scale, chart), *_days(chart)]
    return canvas(chart.name, chart.title, says, size=(_WIDTH, _HEIGHT), parts=parts)


def _grid(scale: Scale, chart: Chart) -> Iterator[Markup]:
    for mark in scale.marks:
        y = _FLOOR - scale.along(mark)
        yield line(_LEFT, y, _WIDTH - _RIGHT, y)
        yield text(_LEFT - 8.0, y + 4, chart.say(mark), anchor="end")


def _columns(scale: Scale, chart: Chart) -> Iterator[Markup]:
    share = _share(chart)
    width = min(share * (1 - _NARROW), _WIDEST)
    for number, place in enumerate(chart.places):
        x, floor = _LEFT + share * number + (share - width) / 2, float(_FLOOR)
        for kind, series in enumerate(chart.series):
            height = scale.along(series.values[number])
            if height > 0:
                told = f"{place}: {series.name} {chart.say(series.values[number])}"
                yield bar(chart.name, kind, (x, floor - height, width, height), told=told)
                floor -= height


def _days(chart: Chart) -> Iterator[Markup]:
    """Name so many places that their names don't touch."""
    share = _share(chart)
    every = max(1, -(-76 // int(share or 1)))
    for number in range(0, len(chart.places), every):
        yield text(_LEFT + share * (number + 0.5), _HEIGHT - 6, chart.places[number], anchor="middle")


def _share(chart: Chart) -> float:
    return (_WIDTH - _LEFT - _RIGHT) / len(chart.places)
