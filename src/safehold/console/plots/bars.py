"""Bars: numbers by name, one lying bar a name, the series one after another."""

from collections.abc import Iterator

from markupsafe import Markup

from safehold.console.plots.drawing import bar, canvas, fillings, legend, text
from safehold.console.plots.figure import Chart, Figure, summary, tabulated
from safehold.console.plots.scale import Scale, scale_for

_WIDTH, _ROW, _THICK = 480, 28, 16
_LEFT, _RIGHT, _TOP = 130, 70, 6
_SHOWN_LETTERS = 17


def draw_bars(chart: Chart, *, first: str = "what") -> Figure:
    """Return a figure of lying bars, each with its number beside it.

    Args:
        chart: places in the order in which they are to stand.
        first: what the places are, as the head of the table says.
    """
    says = summary(chart)
    heads, rows = tabulated(chart, first)
    drawing = Markup("") if chart.is_empty else _drawn(chart, says)
    return Figure(chart.name, chart.title, says, drawing, heads, rows, legend(chart))


def _drawn(chart: Chart, says: str) -> Markup:
    scale = scale_for(max(chart.totals), _WIDTH - _LEFT - _RIGHT, is_whole=False)
    parts = [fillings(chart.name, len(chart.series)), *_bars(scale, chart)]
    return canvas(chart.name, chart.title, says, size=(_WIDTH, 2 * _TOP + _ROW * len(chart.places)), parts=parts)


def _bars(scale: Scale, chart: Chart) -> Iterator[Markup]:
    for number, place in enumerate(chart.places):
        y, x = _TOP + _ROW * number + (_ROW - _THICK) / 2, float(_LEFT)
        middle = y + _THICK / 2 + 4
        yield text(_LEFT - 10.0, middle, shortened(place), anchor="end")
        for kind, series in enumerate(chart.series):
            width = scale.along(series.values[number])
            if width > 0:
                told = f"{place}: {series.name} {chart.say(series.values[number])}"
                yield bar(chart.name, kind, (x, y, width, float(_THICK)), told=told)
                x += width
        yield text(x + 8, middle, chart.say(chart.totals[number]))


def shortened(name: str) -> str:
    """Return a name that has room beside a bar; the table has all of it."""
    return name if len(name) <= _SHOWN_LETTERS else f"{name[: _SHOWN_LETTERS - 1]}…"
