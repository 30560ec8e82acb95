"""A query is undone in the ways that its variants name, and in no other."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from safehold.signals import UnhashablePictureError, Variant, names_of, pdq, queries
from safehold.signals.bars import without_bars
from safehold.vocabulary import PdqFlavour

Picture = NDArray[np.uint8]
Maker = Callable[[int, int, int], Picture]
FULL = {PdqFlavour.FULL}
BOTH = {PdqFlavour.UNKNOWN}
CONFIDENT = 31
ALL = frozenset(Variant)


def value(luma: Picture) -> int:
    (own,) = pdq(luma, FULL)
    return int.from_bytes(own.value)


def distances(luma: Picture, listed: Picture, variants: frozenset[Variant]) -> dict[str, int]:
    """How far each form of a query is from a listed picture."""
    wanted = value(listed)
    return {name: (int.from_bytes(made.value) ^ wanted).bit_count() for name, made in queries(luma, FULL, variants)}


def found(luma: Picture, listed: Picture, *variants: Variant) -> set[str]:
    """The forms of a query that are near to a listed picture."""
    near = distances(luma, listed, frozenset(variants))
    return {name for name, distance in near.items() if distance <= CONFIDENT}


DONE: dict[str, Callable[[Picture], Picture]] = {
    "": lambda luma: luma,
    "mirrored": np.fliplr,
    "turned 90": lambda luma: np.rot90(luma, -1),
    "turned 180": lambda luma: np.rot90(luma, -2),
    "turned 270": lambda luma: np.rot90(luma, -3),
    "mirrored turned 90": lambda luma: np.fliplr(np.rot90(luma, -1)),
    "mirrored turned 180": lambda luma: np.fliplr(np.rot90(luma, -2)),
    "mirrored turned 270": lambda luma: np.fliplr(np.rot90(luma, -3)),
}


@pytest.mark.parametrize("name", DONE)
def test_a_turned_picture_is_found_by_the_form_that_turns_it_back(blobs: Maker, name: str) -> None:
    listed = blobs(300, 400, 1)
    assert found(DONE[name](listed), listed, Variant.MIRRORED, Variant.TURNED) == {name}


def test_only_forms_that_the_wanted_ways_lead_to_are_made(blobs: Maker) -> None:
    made = {variant: {name for name, _ in queries(blobs(300, 400, 4), FULL, {variant})} for variant in Variant}
    assert made[Variant.MIRRORED] == {"", "mirrored"}
    assert made[Variant.TURNED] == {"", "turned 90", "turned 180", "turned 270"}
    assert made[Variant.UNLETTERBOXED] == {""}
    assert made[Variant.EXTENDED] == {"", "extended 2.5 %", "extended 4 %"}
    assert made[Variant.CROPPED] == {"", "cropped 2 %", "cropped 4 %", "cropped 6 %", "cropped 8 %"}


def test_without_variants_the_queries_are_the_prints(blobs: Maker) -> None:
    luma = blobs(600, 700, 2)
    assert [made for _, made in queries(luma, BOTH, ())] == list(pdq(luma, BOTH))


def test_every_name_that_is_given_is_known_beforehand(blobs: Maker) -> None:
    framed = np.pad(blobs(200, 300, 3), ((40, 40), (0, 0)))
    names = [name for name, _ in queries(framed, FULL, ALL)]
    assert len(names) == len(set(names)) == 22
    assert set(names) == names_of(ALL)
    assert names[0] == ""


@pytest.mark.parametrize("variants", [{Variant.MIRRORED}, {Variant.UNLETTERBOXED}, {Variant.CROPPED, Variant.TURNED}])
def test_fewer_variants_have_fewer_names(variants: set[Variant]) -> None:
    assert names_of(()) == {""}
    assert names_of(()) < names_of(variants) < names_of(ALL)


@pytest.mark.parametrize("grey", [0, 100, 255])
@pytest.mark.parametrize("bars", [((60, 60), (0, 0)), ((0, 0), (30, 90)), ((0, 50), (0, 0)), ((44, 44), (33, 33))])
def test_a_picture_is_found_inside_its_bars(blobs: Maker, bars: tuple[tuple[int, int], ...], grey: int) -> None:
    listed = blobs(300, 400, 4)
    framed = np.pad(listed, bars, constant_values=grey)
    inside = without_bars(framed)
    assert inside is not None
    assert "unletterboxed" in found(framed, listed, Variant.UNLETTERBOXED)
    assert found(framed, listed) == set()


def test_a_mirrored_picture_inside_bars_is_found_by_both_together(blobs: Maker) -> None:
    listed = blobs(300, 400, 4)
    framed = np.pad(np.fliplr(listed), ((60, 60), (0, 0)))
    assert found(framed, listed, Variant.UNLETTERBOXED, Variant.MIRRORED) == {"unletterboxed mirrored"}


def test_bars_that_leave_too_little_or_everything_are_none(blobs: Maker) -> None:
    listed = blobs(300, 400, 4)
    assert without_bars(listed) is None
    assert without_bars(np.zeros((300, 400), np.uint8)) is None
    assert without_bars(np.pad(blobs(63, 400, 4), ((40, 40), (0, 0)))) is None
    assert without_bars(np.pad(listed, ((451, 451), (0, 0)))) is None
    assert without_bars(np.pad(listed, ((449, 449), (0, 0)))) is not None


@pytest.mark.parametrize("share", [0.02, 0.03, 0.05, 0.08])
def test_a_picture_in_a_busy_frame_is_found_by_cropping(blobs: Maker, share: float) -> None:
    listed = blobs(300, 400, 5)
    margins = [(round(side * share),) * 2 for side in listed.shape]
    noise = np.random.default_rng(1).integers(0, 256, np.pad(listed, margins).shape, dtype=np.uint8)
    noise[margins[0][0] : -margins[0][0], margins[1][0] : -margins[1][0]] = listed
    assert found(noise, listed) == set()
    assert found(noise, listed, Variant.CROPPED)


@pytest.mark.parametrize("share", [0.02, 0.03])
def test_a_trimmed_picture_is_found_by_extending(blobs: Maker, share: float) -> None:
    listed = blobs(300, 400, 5)
    down, across = (round(side * share) for side in listed.shape)
    trimmed = listed[down:-down, across:-across]
    assert found(trimmed, listed, Variant.EXTENDED) - {""}


def test_a_picture_too_small_to_change_has_its_own_print_only() -> None:
    small = np.random.default_rng(1).integers(0, 256, (5, 6), dtype=np.uint8)
    assert [name for name, _ in queries(small, FULL, {Variant.CROPPED, Variant.EXTENDED})] == [""]


def test_a_picture_that_would_become_too_long_is_not_extended() -> None:
    assert {name for name, _ in queries(np.zeros((8, 65_000), np.uint8), FULL, {Variant.EXTENDED})} == {""}


def test_a_picture_without_a_print_has_no_variants_either() -> None:
    with pytest.raises(UnhashablePictureError):
        list(queries(np.zeros((4, 400), np.uint8), FULL, ALL))


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(5, 90), st.integers(5, 90)), elements=st.integers(0, 255)),
    st.sets(st.sampled_from(Variant)),
)
def test_any_picture_has_its_own_prints_first_and_known_names_after(luma: Picture, variants: set[Variant]) -> None:
    before = luma.copy()
    made = list(queries(luma, BOTH, variants))
    own = [print_ for name, print_ in made if name == ""]
    assert [one.value for one in own] == [one.value for one in pdq(luma, BOTH)]
    assert {name for name, _ in made} <= names_of(variants)
    assert np.array_equal(luma, before)
