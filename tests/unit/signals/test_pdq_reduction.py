from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from safehold.signals.pdq_operator import WEIGHT_BITS, reduction
from safehold.signals.pdq_reduction import reduce
from safehold.signals.pdq_transform import LUMA_BITS
from safehold.vocabulary import PdqFlavour

Picture = NDArray[np.uint8]
Maker = Callable[[int, int, int], Picture]
FULL, NEAREST = PdqFlavour.FULL, PdqFlavour.NEAREST_512
SHAPES = [(1, 1), (5, 300), (64, 64), (63, 65), (129, 131), (200, 333), (512, 512), (513, 97), (1024, 700), (2100, 90)]


def in_whole_numbers(luma: Picture, flavour: PdqFlavour) -> NDArray[np.int64]:
    """Reduce in int64 alone, with dense operators and no BLAS."""
    axes = []
    for size in luma.shape:
        (band,) = reduction(size, (flavour,), rows=64, double=False)
        axes.append((band, band.weights.astype(np.int64)))
    (rows, down), (columns, across) = axes
    patch = luma[rows.start : rows.stop, columns.start : columns.stop].astype(np.int64)
    summed = np.einsum("ij,jk->ik", np.einsum("ij,jk->ik", down, patch), across.T)
    dropped = 2 * WEIGHT_BITS - LUMA_BITS
    return (summed + (1 << (dropped - 1))) >> dropped


@pytest.mark.parametrize("flavours", [(FULL,), (NEAREST,), (FULL, NEAREST)])
@pytest.mark.parametrize("shape", SHAPES)
def test_reduced_pictures_are_those_of_whole_number_arithmetic(
    blobs: Maker, shape: tuple[int, int], flavours: tuple[PdqFlavour, ...]
) -> None:
    luma = blobs(*shape, 4)
    for own, flavour in zip(reduce(luma, flavours), flavours, strict=True):
        assert np.array_equal(own, in_whole_numbers(luma, flavour))


def test_the_brightest_and_busiest_pictures_are_exact_too() -> None:
    random = np.random.default_rng(3)
    for luma in (
        np.full((700, 900), 255, np.uint8),
        (random.integers(0, 2, (700, 900)) * 255).astype(np.uint8),
        (np.indices((640, 640)).sum(axis=0) % 2 * 255).astype(np.uint8),
    ):
        assert np.array_equal(reduce(luma, (FULL,))[0], in_whole_numbers(luma, FULL))


def test_a_plain_picture_reduces_to_its_own_grade() -> None:
    for grade in (0, 1, 128, 255):
        for shape in SHAPES:
            (own,) = reduce(np.full(shape, grade, np.uint8), (FULL,))
            assert np.unique(own).tolist() == [grade << LUMA_BITS]


def test_the_order_of_adding_up_changes_no_sample(blobs: Maker) -> None:
    """Permute the samples that each product runs over, in the very types that the products have."""
    random = np.random.default_rng(5)
    luma = blobs(300, 520, 9)
    (down,) = reduction(300, (FULL,), rows=64, double=False)
    (across,) = reduction(520, (FULL,), rows=64, double=True)
    patch = luma[down.start : down.stop, across.start : across.stop].astype(np.float32)
    expected = None
    for _ in range(20):
        rows, columns = random.permutation(patch.shape[0]), random.permutation(patch.shape[1])
        sums = (down.weights[:, rows] @ patch[rows]).astype(np.float64)
        samples = sums[:, columns] @ across.weights[:, columns].T
        expected = samples if expected is None else expected
        assert np.array_equal(samples, expected)
