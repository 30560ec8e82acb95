import numpy as np
import pytest
from numpy.typing import NDArray

from safehold.signals import is_exact
from safehold.signals import pdq_transform as transform
from safehold.signals.pdq_reduction import reduce
from safehold.vocabulary import PdqFlavour


def test_this_machine_is_exact() -> None:
    assert is_exact()


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_a_transform_in_a_narrower_format_is_found(kind: type[np.floating]) -> None:
    def narrow(reduced: NDArray[np.int32], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(over="ignore", invalid="ignore"):
            centred = (reduced - (128 << transform.LUMA_BITS)).astype(kind)
            return (matrix.astype(kind) @ centred @ matrix.T.astype(kind)).astype(np.float64)

    assert not is_exact(transform_with=narrow)


def test_one_digit_in_one_frequency_is_found() -> None:
    def off_by_one(reduced: NDArray[np.int32], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        frequency = transform.frequencies(reduced, matrix)
        frequency[7, 7] += 1
        return frequency

    assert not is_exact(transform_with=off_by_one)


def test_one_step_in_one_reduced_sample_of_a_large_picture_is_found() -> None:
    def off_by_one(luma: NDArray[np.uint8], flavours: tuple[PdqFlavour, ...]) -> list[NDArray[np.int32]]:
        pictures = reduce(luma, flavours)
        if luma.shape[0] > 2048:
            pictures[0][63, 63] += 1
        return pictures

    assert not is_exact(reduce_with=off_by_one)
