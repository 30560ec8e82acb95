"""Plots: drawings that say what they show, in both themes, to those who see them and those who don't."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safehold.console.plots import Chart, Series, Spread, draw_bars, draw_columns, draw_spreads
from safehold.console.plots.drawing import element
from safehold.console.plots.scale import scale_for

SVG = "{http://www.w3.org/2000/svg}"
DAYS = ("11-20", "11-21", "11-22")
CHART = Chart("volumes", "Items by day", DAYS, (Series("gateway", (3, 0, 9)), Series("hand", (0, 0, 1))), "items")


def _tree(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own drawing


def test_a_drawing_names_and_describes_itself_to_those_who_dont_see_it() -> None:
    root = _tree(draw_columns(CHART).drawing)
    ids = {one.get("id"): one.text for one in root}
    assert root.get("role") == "img"
    named = (root.get("aria-labelledby") or "").split()
    assert [ids[name] for name in named] == ["Items by day", draw_columns(CHART).says]


def test_the_table_behind_a_figure_says_the_same_numbers() -> None:
    figure = draw_columns(CHART)
    assert figure.columns == ("day", "gateway", "hand", "all")
    assert figure.rows[-1] == ("11-22", "9", "1", "10")
    assert figure.says.startswith("13 items in all; most at 11-22: 10.")


def test_every_column_is_as_high_as_its_number() -> None:
    bars = {
        (one.find(f"{SVG}title").text or ""): float(one.get("height") or 0)  # type: ignore[union-attr]
        for one in _tree(draw_columns(CHART).drawing).iter(f"{SVG}rect")
    }
    assert set(bars) == {"11-20: gateway 3", "11-22: gateway 9", "11-22: hand 1"}
    assert bars["11-22: gateway 9"] == pytest.approx(3 * bars["11-20: gateway 3"], abs=0.2)


def test_series_are_told_apart_without_colour() -> None:
    fills = {one.get("fill") for one in _tree(draw_columns(CHART).drawing).iter(f"{SVG}rect")}
    assert fills == {"currentColor", "url(#volumes-fill-1)"}


def test_a_drawing_needs_no_style_of_its_own_and_no_script() -> None:
    drawn = (draw_columns(CHART), draw_bars(CHART), draw_spreads("ages", "Ages", [Spread("a", 1, 1, 2, 3)], say=str))
    for figure in drawn:
        for one in _tree(figure.drawing).iter():
            assert not {"style", "onload", "href"} & set(one.keys())
            assert one.tag.removeprefix(SVG) not in {"style", "script", "foreignObject", "image"}


def test_hostile_names_stay_words() -> None:
    name = '"><script>alert(1)</script>'
    chart = Chart("x", name, (name,), (Series(name, (1,)),))
    for drawing in (draw_bars(chart).drawing, draw_columns(chart).drawing):
        assert "<script" not in drawing
        assert name in "".join(_tree(drawing).itertext())


def test_hostile_words_stay_in_their_attributes() -> None:
    drawing = element("g", id='x" onload="alert(1)', class_="<b>")
    assert _tree(drawing).attrib == {"id": 'x" onload="alert(1)', "class": "<b>"}


def test_nothing_to_show_is_said_and_not_drawn() -> None:
    empty = Chart("none", "Items", DAYS, (Series("all", (0, 0, 0)),))
    assert (draw_columns(empty).drawing, draw_columns(empty).says) == ("", "Nothing to show.")
    assert draw_spreads("ages", "Ages", [Spread("general", 0, 0, 0, 0)], say=str).drawing == ""


def test_what_nobody_waits_in_stands_in_the_table_alone() -> None:
    figure = draw_spreads("ages", "Ages", [Spread("a", 2, 1, 2, 3), Spread("b", 0, 0, 0, 0)], say=str)
    assert figure.rows == (("a", "2", "1", "2", "3"), ("b", "0", "-", "-", "-"))
    assert "b" not in [one.text for one in _tree(figure.drawing).iter(f"{SVG}text")]


@given(st.floats(0, 1e12, allow_nan=False), st.booleans())
def test_an_axis_has_room_for_its_largest_value_in_few_round_steps(most: float, is_whole: bool) -> None:
    scale = scale_for(most, 100, is_whole=is_whole)
    assert 0 <= scale.along(most) <= 100 + 1e-9
    assert scale.top >= most * (1 - 1e-9)
    assert 2 <= len(scale.marks) <= 6
    assert not is_whole or scale.step >= 1
