"""Plots as plain geometry; the template draws them. Widths are in per cent, so that text never scales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from safehold.datasets.card.wording import words

SMALLEST_PERCENT = 1.0
"""What is there at all is drawn at least this wide; the page says so."""

_WIDEST_PERCENT = 66.0
"""The longest bar leaves room for its number beside it."""

_ROW_PIXELS = 50
_PAIR_PIXELS = 88


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a stacked bar.

    Attributes:
        name: the action; also names its colour.
        value: records.
        start: left edge, in per cent.
        width: in per cent; 0 where there is nothing.
    """

    name: str
    value: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A horizontal bar with its label above.

    Attributes:
        label: what it counts.
        value: records.
        width: in per cent of the plot.
        top: upper edge of its row, in pixels.
        before: for a pair, the bar to compare with.
    """

    label: str
    value: int
    width: float
    top: int
    before: "Bar | None" = None


@dataclass(frozen=True, slots=True)
class BarPlot:
    """Bars under each other.

    Attributes:
        bars: from top to bottom.
        height: in pixels.
    """

    bars: tuple[Bar, ...]
    height: int


def stack(values: Mapping[str, int]) -> tuple[Segment, ...]:
    """Return the parts of a bar that is 100 % wide, in the given order; small parts are drawn wide enough to see."""
    total = sum(values.values())
    if total == 0:
        return tuple(Segment(name, 0, 0.0, 0.0) for name in values)
    raised = {name: max(SMALLEST_PERCENT, 100 * value / total) if value else 0.0 for name, value in values.items()}
    scale = 100 / sum(raised.values())
    segments, start = [], 0.0
    for name, width in raised.items():
        segments.append(Segment(name, values[name], round(start, 3), round(width * scale, 3)))
        start += width * scale
    return tuple(segments)


def gap_plot(gaps: Sequence[Mapping[str, Any]]) -> BarPlot:
    """Return records per reason, the largest first; a record with two gaps of one reason counts for the larger."""
    largest: dict[str, int] = {}
    for gap in gaps:
        largest[gap["reason"]] = max(largest.get(gap["reason"], 0), gap["records"])
    ordered = sorted(largest.items(), key=lambda item: (-item[1], item[0]))
    top = max(largest.values(), default=0)
    bars = tuple(
        Bar(words(reason), value, _width(value, top), row * _ROW_PIXELS) for row, (reason, value) in enumerate(ordered)
    )
    return BarPlot(bars, len(bars) * _ROW_PIXELS)


def concept_plot(concepts: Sequence[Mapping[str, Any]]) -> BarPlot:
    """Return each concept's records before and after, on one scale."""
    top = max((max(row["before"], row["after"]) for row in concepts), default=0)
    bars = []
    for number, row in enumerate(concepts):
        place = number * _PAIR_PIXELS
        label = words(row["concept"])
        before = Bar(label, row["before"], _width(row["before"], top), place)
        bars.append(Bar(label, row["after"], _width(row["after"], top), place, before))
    return BarPlot(tuple(bars), len(bars) * _PAIR_PIXELS)


def _width(value: int, top: int) -> float:
    if value == 0:
        return 0.0
    return round(max(SMALLEST_PERCENT, _WIDEST_PERCENT * value / top), 3)
