"""Both engines, and every variant of the native one, against each other: not one bit may differ."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from safehold.native import Kernels, kernels
from safehold.signals import pdq_native, pdq_reduction
from safehold.signals import pdq_transform as transform
from safehold.signals.pdq_prints import prints_by_numpy
from safehold.vocabulary import PdqFlavour

BOTH = (PdqFlavour.FULL, PdqFlavour.NEAREST_512)
FULL = BOTH[:1]
MOST_PIXELS = 300_000
sides = st.one_of(st.integers(5, 140), st.integers(5, 3_000), st.sampled_from([511, 512, 513, 1023, 1024, 1025]))


@pytest.fixture(scope="module")
def native() -> Iterator[Kernels]:
    found = kernels()
    if found is None:
        pytest.skip("the native extension was not built, or SAFEHOLD_ENGINE=numpy")
    before = found.variant()
    yield found
    found.select(before)


@st.composite
def planes(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Draw noise, its extremes, plain pictures and half-plain ones, in all layouts of memory that arrays have."""
    height = draw(sides)
    width = min(draw(sides), max(MOST_PIXELS // height, 5))
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    kind = draw(st.sampled_from(["noise", "extremes", "plain", "white", "half"]))
    plane = random.integers(0, 256, (height, width + 7), dtype=np.uint8)
    if kind == "extremes":
        plane = np.where(plane < 128, np.uint8(0), np.uint8(255))
    elif kind in {"plain", "white"}:
        plane[...] = 255 if kind == "white" else plane[0, 0]
    elif kind == "half":
        plane[height // 3 :, width // 2 :] = 255
    start = draw(st.integers(0, 7))
    plane = plane[:, start : start + width]
    layout = draw(st.sampled_from(["C", "F", "flipped", "mirrored"]))
    if layout == "F":
        return np.asfortranarray(plane)
    return {"C": plane, "flipped": plane[::-1], "mirrored": plane[:, ::-1]}[layout]


@given(planes(), st.sampled_from([BOTH, FULL, BOTH[1:]]), st.booleans())
@settings(deadline=None, max_examples=120)
def test_every_variant_makes_numpys_prints(
    native: Kernels, luma: NDArray[np.uint8], flavours: tuple[PdqFlavour, ...], turns: bool
) -> None:
    expected = tuple(prints_by_numpy(luma, flavours, turns=turns))
    for name in native.variants():
        native.select(name)
        assert pdq_native.prints(native, luma, flavours, turns=turns) == expected


@given(planes())
@settings(deadline=None, max_examples=25)
def test_every_variant_makes_numpys_numbers_on_the_way(native: Kernels, luma: NDArray[np.uint8]) -> None:
    expected = pdq_reduction.reduce(luma, BOTH)
    for name in native.variants():
        native.select(name)
        for own, picture in zip(pdq_native.reduce(native, luma, BOTH), expected, strict=True):
            assert np.array_equal(own, picture)
            frequencies = transform.frequencies(picture, transform.cosine_matrix())
            assert np.array_equal(pdq_native.frequencies(native, own), frequencies)


def test_the_worst_pictures_have_exact_frequencies_in_every_variant(native: Kernels) -> None:
    """Pictures of extremes along the signs of the matrix make the largest sums there are."""
    matrix = transform.cosine_matrix()
    for row, column in ((0, 0), (15, 15), (3, 12)):
        signs = np.outer(matrix[row], matrix[column]) > 0
        picture = np.where(signs, 255 << transform.LUMA_BITS, 0).astype(np.int32)
        for name in native.variants():
            native.select(name)
            assert np.array_equal(pdq_native.frequencies(native, picture), transform.frequencies(picture, matrix))


def test_ties_with_the_median_go_as_in_numpy(native: Kernels) -> None:
    """Mirrored pictures have frequencies that are exactly zero: half of them or more, and the median among them."""
    for seed in range(8):
        quarter = np.random.default_rng(seed).integers(0, 256, (32, 32)).astype(np.uint8)
        half = np.hstack([quarter, quarter[:, ::-1]])
        for luma in (np.vstack([half, half[::-1]]), np.vstack([half, half[::-1]])[:, :32].repeat(2, axis=1)):
            frequency = transform.frequencies(pdq_reduction.reduce(luma, FULL)[0], transform.cosine_matrix())
            assert (frequency == 0).sum() >= 128
            expected = tuple(prints_by_numpy(luma, FULL, turns=True))
            for name in native.variants():
                native.select(name)
                assert pdq_native.prints(native, luma, FULL, turns=True) == expected
