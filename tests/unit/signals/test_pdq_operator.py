from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from safehold.signals.pdq_operator import LONGEST_SIDE, NEAREST_SIDE, SAMPLES, WEIGHT_BITS, Band, reduction
from safehold.vocabulary import PdqFlavour

FULL = (PdqFlavour.FULL,)
NEAREST = (PdqFlavour.NEAREST_512,)
SIZES = [1, 2, 5, 37, 63, 64, 65, 128, 129, 131, 200, 511, 512, 513, 777, 1000, 1024, 2047, 2049, 5000]


def dense(bands: tuple[Band, ...], size: int) -> NDArray[np.int64]:
    rows = np.zeros((sum(len(band.weights) for band in bands), size), np.int64)
    first = 0
    for band in bands:
        rows[first : first + len(band.weights), band.start : band.stop] = band.weights
        first += len(band.weights)
    return rows


def smoothed_by_the_book(size: int) -> list[list[Fraction]]:
    """Two box passes over exact fractions, as the reference describes them, and 64 centres of the result."""
    window = -(-size // 128)
    ahead = (window + 2) // 2
    rows = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    for _ in range(2):
        spans = [(max(i + ahead - window, 0), min(i + ahead, size)) for i in range(size)]
        rows = [[sum(column) / (b - a) for column in zip(*rows[a:b], strict=True)] for a, b in spans]
    return [rows[int((sample + 0.5) * size / SAMPLES)] for sample in range(SAMPLES)]


@pytest.mark.parametrize("size", [5, 64, 100, 129, 200, 300])
def test_weights_are_within_one_unit_of_two_exact_box_passes(size: int) -> None:
    exact = smoothed_by_the_book(size)
    ours = dense(reduction(size, FULL, rows=2, double=False), size)
    for row, expected in zip(ours.tolist(), exact, strict=True):
        assert all(abs(mine - theirs * 2**WEIGHT_BITS) <= 1 for mine, theirs in zip(row, expected, strict=True))


@pytest.mark.parametrize("flavours", [FULL, NEAREST])
@pytest.mark.parametrize("size", SIZES)
def test_weights_are_whole_not_negative_and_add_up_exactly(size: int, flavours: tuple[PdqFlavour, ...]) -> None:
    for band in reduction(size, flavours, rows=4, double=False):
        assert (band.weights >= 0).all()
        assert (band.weights == np.rint(band.weights)).all()
        assert set(band.weights.astype(np.int64).sum(axis=1).tolist()) == {1 << WEIGHT_BITS}
        assert 0 <= band.start < band.stop <= size


def test_no_partial_sum_of_the_first_pass_leaves_the_whole_numbers_of_float32() -> None:
    assert 255 << WEIGHT_BITS < 1 << 24


@pytest.mark.parametrize("size", SIZES)
def test_bands_of_any_height_say_the_same(size: int) -> None:
    expected = dense(reduction(size, FULL, rows=1, double=False), size)
    for rows in (2, 4, 8, 64):
        assert np.array_equal(dense(reduction(size, FULL, rows=rows, double=True), size), expected)


@pytest.mark.parametrize("size", [5, 300, 512, 513, 1024, 3000])
def test_the_second_flavour_is_picking_512_samples_and_then_the_first(size: int) -> None:
    picked = np.zeros((NEAREST_SIDE, size), np.int64)
    for sample in range(NEAREST_SIDE):
        picked[sample, sample * size // NEAREST_SIDE] = 1
    full = dense(reduction(NEAREST_SIDE, FULL, rows=2, double=False), NEAREST_SIDE)
    assert np.array_equal(dense(reduction(size, NEAREST, rows=2, double=False), size), full @ picked)


def test_stacked_flavours_are_those_apart() -> None:
    both = reduction(1024, FULL + NEAREST, rows=2, double=False)
    for flavour, own in ((0, FULL), (1, NEAREST)):
        alone = dense(reduction(1024, own, rows=2, double=False), 1024)
        rows = dense(both, 1024).reshape(-1, 2, 2, 1024)[:, flavour].reshape(64, 1024)
        assert np.array_equal(rows, alone)


def test_the_longest_axis_is_reduced_without_overflow() -> None:
    bands = reduction(LONGEST_SIDE, FULL, rows=1, double=False)
    assert all(int(band.weights.astype(np.int64).sum()) == 1 << WEIGHT_BITS for band in bands)
    assert all((band.weights >= 0).all() for band in bands)
    assert max(band.stop - band.start for band in bands) < LONGEST_SIDE // 32


def test_kept_weights_can_not_be_changed() -> None:
    (band, *_) = reduction(100, FULL, rows=2, double=False)
    with pytest.raises(ValueError, match="read-only"):
        band.weights[0, 0] = 1
