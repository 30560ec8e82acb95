"""Spreads: for each name a middle, an upper and a largest value on one line, as of ages that wait."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from safehold.console.plots.bars import shortened
from safehold.console.plots.drawing import canvas, element, line, text
from safehold.console.plots.figure import Figure, Wording
from safehold.console.plots.scale import Scale, scale_for

_WIDTH, _ROW = 480, 30
_LEFT, _RIGHT, _TOP, _BOTTOM = 130, 30, 6, 22
_LEGEND = "● half are younger · ◆ 95 of 100 are younger · | the oldest"


@dataclass(frozen=True, slots=True)
class Spread:
    """How far one name's values reach.

    Attributes:
        name: whose.
        count: how many values.
        middle: half of them are at most this.
        upper: 95 of 100 are at most this.
        most: the largest.
    """

    name: str
    count: int
    middle: float
    upper: float
    most: float


def draw_spreads(name: str, title: str, spreads: Sequence[Spread], *, say: Wording, first: str = "queue") -> Figure:
    """Return a figure of spreads.

    Args:
        name: a word that tells it from other figures of the page.
        title: what is shown.
        spreads: in the order in which they are to stand.
        say: how a value is written.
        first: what the names are, as the head of the table says.
    """
    counted = [one for one in spreads if one.count]
    says = _says(counted, say)
    rows = tuple(_row(one, say) for one in spreads)
    drawing = _drawn(name, title, says, spreads=counted, say=say) if counted else Markup("")
    return Figure(
        name, title, says, drawing, (first, "waiting", "half younger than", "95 % younger than", "oldest"), rows
    )


def _says(spreads: Sequence[Spread], say: Wording) -> str:
    if not spreads:
        return "Nothing waits."
    oldest = max(spreads, key=lambda one: one.most)
    return (
        f"{sum(one.count for one in spreads):,} wait; the oldest in {oldest.name}, for {say(oldest.most)}. {_LEGEND}."
    )


def _row(one: Spread, say: Wording) -> tuple[str, ...]:
    if not one.count:
        return one.name, "0", "-", "-", "-"
    return one.name, f"{one.count:,}", say(one.middle), say(one.upper), say(one.most)


def _drawn(name: str, title: str, says: str, *, spreads: Sequence[Spread], say: Wording) -> Markup:
    height = _TOP + _ROW * len(spreads) + _BOTTOM
    scale = scale_for(max(one.most for one in spreads), _WIDTH - _LEFT - _RIGHT, is_whole=False)
    parts = [*_axis(scale, height - _BOTTOM, say), *_lines(scale, spreads, say)]
    return canvas(name, title, says, size=(_WIDTH, height), parts=parts)


def _axis(scale: Scale, floor: int, say: Wording) -> Iterator[Markup]:
    for mark in scale.marks:
        x = _LEFT + scale.along(mark)
        yield line(x, _TOP, x, floor)
        yield text(x, floor + 16.0, say(mark), anchor="middle")


def _lines(scale: Scale, spreads: Sequence[Spread], say: Wording) -> Iterator[Markup]:
    for number, one in enumerate(spreads):
        y = _TOP + _ROW * (number + 0.5)
        middle, upper, most = (_LEFT + scale.along(value) for value in (one.middle, one.upper, one.most))
        yield text(_LEFT - 10.0, y + 4, shortened(one.name), anchor="end")
        yield element(
            "path", d=f"M{middle:.1f} {y}H{most:.1f}M{most:.1f} {y - 6}v12", stroke="currentColor", stroke_width=2
        )
        yield element(
            "circle", _told(one.name, "half younger than", say(one.middle)), cx=middle, cy=y, r=5, fill="currentColor"
        )
        shape = f"M{upper:.1f} {y - 6}l6 6l-6 6l-6-6z"
        yield element("path", _told(one.name, "95 % younger than", say(one.upper)), d=shape, fill="currentColor")


def _told(name: str, what: str, value: str) -> Markup:
    return element("title", f"{name}: {what} {value}")
