import numpy as np
import pytest
from numpy.typing import NDArray
from tests.unit.matching.made_up import values

from safehold.matching.banks.featureless import is_featureless
from safehold.media import Limits, open_image
from safehold.media.signature_picture import test_signature_png
from safehold.signals import pdq
from safehold.vocabulary import PdqFlavour

DOWN, ACROSS = np.mgrid[0:600, 0:800]
FLAVOURS = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
NOISE = np.random.default_rng(1)


def prints(luma: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return a picture's values in every flavour."""
    found = pdq(np.ascontiguousarray(luma.astype(np.uint8)), FLAVOURS)
    return np.array([np.frombuffer(one.value, np.uint8) for one in found])


def inside(down: tuple[int, int], across: tuple[int, int]) -> NDArray[np.bool_]:
    return (down[0] < DOWN) & (down[1] > DOWN) & (across[0] < ACROSS) & (across[1] > ACROSS)


PLAIN = {
    "black": np.zeros((600, 800), int),
    "white": np.full((600, 800), 255),
    "grey": np.full((600, 800), 127),
    "gradient across": ACROSS * 255 // 799,
    "gradient down": DOWN * 255 // 599,
    "soft gradient": 100 + ACROSS * 50 // 799,
    **{f"upright stripes of {width}": ACROSS // width % 2 * 255 for width in (4, 16, 50, 200)},
    **{f"level stripes of {width}": DOWN // width % 2 * 255 for width in (4, 16, 50, 200)},
    "two halves": (ACROSS < 400) * 255,
}
SIMPLE = {
    "box": inside((150, 450), (200, 600)) * 255,
    "frame": ~inside((20, 580), (20, 780)) * 255,
    **{f"chessboard of {width}": (ACROSS // width + DOWN // width) % 2 * 255 for width in (16, 50, 100)},
}
TELLING = {
    "noise": NOISE.integers(0, 256, (600, 800)),
    "hardly any noise": 127 + NOISE.integers(0, 2, (600, 800)),
    "disc": ((ACROSS - 400) ** 2 + (DOWN - 300) ** 2 < 200**2) * 255,
    "blocks of grey": np.kron(NOISE.integers(0, 256, (8, 8)), np.ones((75, 100), int)),
    "lines of dots": np.where((DOWN // 20 % 2 == 0) & (NOISE.random((600, 800)) < 0.3), 0, 255),
    "slanted stripes": (ACROSS * 3 // 4 + DOWN) // 60 % 2 * 255,
}


@pytest.mark.parametrize("name", PLAIN)
def test_every_picture_that_varies_along_one_axis_only_has_the_value_zero(name: str) -> None:
    assert not prints(PLAIN[name]).any()


@pytest.mark.parametrize("name", [*PLAIN, *SIMPLE])
def test_the_values_of_plain_and_simple_pictures_are_featureless(name: str) -> None:
    found = prints((PLAIN | SIMPLE)[name])
    assert is_featureless(found).all()
    assert is_featureless(~found).all()


@pytest.mark.parametrize("name", TELLING)
def test_the_values_of_pictures_with_something_in_them_are_not(name: str) -> None:
    assert not is_featureless(prints(TELLING[name])).any()


def test_the_test_signature_and_made_up_values_are_not() -> None:
    frames = [frame.luma for frame in open_image(test_signature_png(), Limits())]
    assert not any(is_featureless(prints(luma)).any() for luma in frames)
    assert not is_featureless(values(10_000)).any()


@pytest.mark.parametrize(("set_bits", "expected"), [(0, True), (31, True), (32, False), (224, False), (225, True)])
def test_a_value_as_near_to_a_plain_one_as_two_of_one_picture_are_is_featureless(set_bits: int, expected: bool) -> None:
    spread = np.random.default_rng(3).permutation(256) < set_bits
    assert is_featureless(np.packbits(spread)[None]).tolist() == [expected]


@pytest.mark.parametrize(("distinct", "expected"), [(1, True), (8, True), (9, False), (16, False)])
def test_half_of_the_rows_have_to_differ(distinct: int, expected: bool) -> None:
    rows = values(1, width=32).reshape(16, 2)
    repeated = rows[np.arange(16) % distinct].reshape(1, 32)
    assert is_featureless(repeated).tolist() == [expected]


def test_no_values_are_no_trouble() -> None:
    assert is_featureless(np.zeros((0, 32), np.uint8)).tolist() == []
