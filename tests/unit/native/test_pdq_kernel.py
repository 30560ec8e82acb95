"""What the PDQ kernel refuses: whatever is handed in, it must not touch memory that isn't its own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.native import Kernels, kernels
from safehold.signals import pdq
from safehold.vocabulary import PdqFlavour

SIZE = 80
ENDS = np.arange(1, 65, dtype=np.int32)
PLACES = np.arange(64, dtype=np.int32)
WEIGHTS = np.full(64, 1 << 16, np.uint32)
LUMA = np.arange(SIZE * SIZE, dtype=np.uint32).reshape(SIZE, SIZE).astype(np.uint8)


@pytest.fixture
def axis(native: Kernels) -> object:
    return native.pdq_axis(SIZE, ENDS, PLACES, WEIGHTS)


def changed(array: np.ndarray[Any, Any], index: int, value: int) -> np.ndarray[Any, Any]:
    copied = array.copy()
    copied[index] = value
    return copied


def test_the_smallest_axis_that_makes_sense_is_taken(native: Kernels, axis: object) -> None:
    ((value, quality),) = native.pdq(LUMA, (axis,), (axis,), False)
    assert len(value) == 32
    assert 0 <= quality <= 100


@pytest.mark.parametrize(
    ("size", "ends", "places", "weights"),
    [
        (0, ENDS, PLACES, WEIGHTS),
        (65_537, ENDS, PLACES, WEIGHTS),
        (63, ENDS, PLACES, WEIGHTS),  # the last place is beyond the axis
        (SIZE, ENDS[:63], PLACES[:63], WEIGHTS[:63]),
        (SIZE, ENDS, PLACES[:63], WEIGHTS),
        (SIZE, changed(ENDS, 63, 65), PLACES, WEIGHTS),
        (SIZE, changed(ENDS, 5, 5), PLACES, WEIGHTS),  # a sample without weights
        (SIZE, changed(ENDS, 0, -1), PLACES, WEIGHTS),
        (SIZE, ENDS, changed(PLACES, 7, -1), WEIGHTS),
        (SIZE, ENDS, changed(PLACES, 7, SIZE), WEIGHTS),
        (SIZE, ENDS, PLACES, changed(WEIGHTS, 3, 65_537)),
        (SIZE, ENDS, PLACES, changed(WEIGHTS, 3, 0)),
        (SIZE, changed(ENDS, 63, 65), np.append(PLACES, np.int32(63)), np.append(WEIGHTS, np.uint32(1))),
    ],
)
def test_what_is_not_the_reduction_of_an_axis_is_refused(
    native: Kernels, size: int, ends: Any, places: Any, weights: Any
) -> None:
    with pytest.raises(ValueError, match="not the reduction of an axis"):
        native.pdq_axis(size, ends, places, weights)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_whatever_axis_is_taken_can_be_used(data: st.DataObject) -> None:
    """Numbers at random, near enough to sense that some are taken; ASan would show reading astray."""
    native = kernels()
    if native is None:
        pytest.skip("the native extension was not built")
    few = st.integers(-1, 4)
    size = data.draw(st.integers(1, 12))
    lengths = np.array(data.draw(st.lists(st.integers(1, 2), min_size=64, max_size=64)))
    ends = np.cumsum(lengths).astype(np.int32)
    places = np.concatenate([np.arange(length) + data.draw(few) for length in lengths]).astype(np.int32)
    weights = np.concatenate([[65_536] if length == 1 else [1, 65_535] for length in lengths]).astype(np.uint32)
    try:
        axis = native.pdq_axis(size, ends, places, weights)
    except ValueError:
        assert places.min() < 0 or places.max() >= size
        return
    native.pdq(np.zeros((size, size), np.uint8), (axis,), (axis,), True)


@pytest.mark.parametrize(
    ("luma", "error"),
    [
        (LUMA[:79], ValueError),  # the axes are of another size
        (LUMA[:, :79], ValueError),
        (LUMA[:, ::2], ValueError),  # pixels of a row are not side by side
        (LUMA.astype(np.int8), TypeError),
        (LUMA.astype(np.uint16), TypeError),
        (LUMA[0], TypeError),
        (b"no plane", TypeError),
        (None, TypeError),
    ],
)
def test_a_plane_that_does_not_fit_its_axes_is_refused(
    native: Kernels, axis: object, luma: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        native.pdq(luma, (axis,), (axis,), False)


def test_axes_are_counted_and_checked(native: Kernels, axis: object) -> None:
    for rows, columns in (((), ()), ((axis,), (axis, axis)), ((axis, axis, axis),) * 2):
        with pytest.raises(ValueError, match=r"flavours|axes"):
            native.pdq(LUMA, rows, columns, False)
    for wrong in (None, [axis], (None,), (LUMA,)):
        with pytest.raises((TypeError, ValueError)):
            native.pdq(LUMA, wrong, (axis,), False)  # type: ignore[arg-type]


def test_results_are_written_only_where_they_fit(native: Kernels, axis: object) -> None:
    locked = np.zeros((64, 64), np.int32)
    locked.flags.writeable = False
    for wrong in (np.zeros((64, 63), np.int32), np.zeros((64, 64), np.int64), np.zeros(4096, np.int32), locked):
        with pytest.raises((TypeError, ValueError, BufferError)):
            native.pdq_reduce(LUMA, (axis,), (axis,), wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="outside"):
        native.pdq_transform(np.full((64, 64), 65_281, np.int32), np.zeros((16, 16)))
    with pytest.raises(ValueError, match="16 x 16"):
        native.pdq_transform(np.zeros((64, 64), np.int32), np.zeros((16, 15)))


def test_threads_hash_side_by_side_without_disturbing_each_other(native: Kernels) -> None:
    """The interpreter's lock is let go of while the kernel runs, so that several are in it at once."""
    planes = [np.random.default_rng(seed).integers(0, 256, (300, 700), dtype=np.uint8) for seed in range(4)]
    expected = [pdq(plane, {PdqFlavour.UNKNOWN}) for plane in planes]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda number: pdq(planes[number % 4], {PdqFlavour.UNKNOWN}), range(200)))
    assert native.variants()
    assert found == expected * 50
