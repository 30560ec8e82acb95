"""Drawing: elements of SVG as text, with everything that is written into them escaped.

Only presentation attributes and classes are used, never a style attribute, so that a strict policy lets them through.
"""

from collections.abc import Iterable, Sequence
from html import escape

from markupsafe import Markup

from safehold.console.plots.figure import Chart

FILLINGS = 6
"""How many fillings there are; a seventh series looks like the first."""

_TILES = (
    "",  # solid
    '<path d="M-1 1l2-2M0 6l6-6M5 7l2-2" stroke="currentColor" stroke-width="1.6"/>',
    '<circle cx="3" cy="3" r="1.4" fill="currentColor"/>',
    '<path d="M0 3h6" stroke="currentColor" stroke-width="1.8"/>',
    '<path d="M0 0l6 6M6 0l-6 6" stroke="currentColor" stroke-width="0.9"/>',
    '<path d="M3 0v6" stroke="currentColor" stroke-width="1.2"/>',
)


def element(name: str, inner: Markup | str = "", **attributes: object) -> Markup:
    """Return an element; underscores of attributes' names become dashes, a trailing one is dropped.

    Args:
        name: of the element.
        inner: what stands in it; plain text is escaped.
        attributes: None leaves one out.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_said(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    within = inner if isinstance(inner, Markup) else escape(inner)
    return Markup(f"<{name}{told}>{within}</{name}>")  # noqa: S704 - every part of it is escaped just above


def joined(parts: Iterable[Markup]) -> Markup:
    """Return elements one after another."""
    return Markup("").join(parts)


def text(x: float, y: float, words: str, *, anchor: str = "start", kind: str = "plot-label") -> Markup:
    """Return words at a place."""
    return element("text", words, x=x, y=y, text_anchor=anchor, class_=kind, fill="currentColor", font_size=12)


def line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    """Return a thin line of the grid."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke="currentColor", stroke_opacity=0.18, class_="plot-grid")


def bar(name: str, number: int, shape: tuple[float, float, float, float], *, told: str) -> Markup:
    """Return a filled rectangle that says what it is when it is pointed at.

    Args:
        name: of the figure.
        number: which filling, from 0.
        shape: x, y, width, height.
        told: what it says.
    """
    x, y, width, height = shape
    filling = number % FILLINGS
    fill = "currentColor" if filling == 0 else f"url(#{name}-fill-{filling})"
    edge = {} if filling == 0 else {"stroke": "currentColor", "stroke_width": 0.8}
    return element(
        "rect",
        element("title", told),
        color=ink(number),
        x=x,
        y=y,
        width=width,
        height=height,
        fill=fill,
        class_=f"plot-bar series-{filling}",
        **edge,
    )


def ink(number: int) -> str:
    """Return the colour of a series: the style sheet's, else that of the text around it."""
    return f"var(--plot-{number % FILLINGS + 1}, currentColor)"


def fillings(name: str, count: int) -> Markup:
    """Return the definitions of the fillings that a figure uses."""
    tiles = [
        element(
            "pattern",
            Markup(_TILES[number]),  # noqa: S704 - our own, above
            id=f"{name}-fill-{number}",
            color=ink(number),
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
        )
        for number in range(1, min(count, FILLINGS))
    ]
    return element("defs", joined(tiles)) if tiles else Markup("")


def swatch(name: str, number: int) -> Markup:
    """Return a small sample of a filling, for a legend."""
    inner = (
        fillings(f"{name}-key{number}", number + 1),
        bar(f"{name}-key{number}", number, (0.5, 0.5, 13, 13), told=""),
    )
    return element(
        "svg", joined(inner), viewBox="0 0 14 14", width=14, height=14, aria_hidden="true", class_="plot-swatch"
    )


def legend(chart: Chart) -> tuple[tuple[str, Markup], ...]:
    """Return each series' name and filling; none where there is one series alone."""
    if len(chart.series) < 2:
        return ()
    return tuple((one.name, swatch(chart.name, number)) for number, one in enumerate(chart.series))


def canvas(name: str, title: str, says: str, *, size: tuple[int, int], parts: Sequence[Markup]) -> Markup:
    """Return a whole drawing, which says what it is to those who don't see it."""
    width, height = size
    labels = (element("title", title, id=f"{name}-title"), element("desc", says, id=f"{name}-desc"))
    return element(
        "svg",
        joined((*labels, *parts)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        class_="plot",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def _said(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
