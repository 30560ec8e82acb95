import numpy as np
import pytest

from safehold.signals import pdq_transform as transform


def test_matrix_rows_are_whole_and_add_up_to_zero() -> None:
    matrix = transform.cosine_matrix()
    assert (matrix == np.rint(matrix)).all()
    assert (matrix.sum(axis=1) == 0).all()


def test_matrix_rows_mirror_exactly() -> None:
    matrix = transform.cosine_matrix()
    sign = np.where(np.arange(1, 17) % 2, -1, 1)[:, None]
    assert np.array_equal(matrix[:, ::-1], matrix * sign)


def test_no_matrix_entry_depends_on_the_last_digits_of_a_cosine() -> None:
    angles = np.outer(np.arange(1, 17), 2 * np.arange(64) + 1) * (np.pi / 128)
    scaled = np.sqrt(2 / 64) * np.cos(angles) * 2**16
    assert np.abs(scaled - np.floor(scaled) - 0.5).min() > 1e-6
    assert np.abs(transform.cosine_matrix() - scaled)[:, :31].max() <= 0.5


def test_no_partial_sum_leaves_the_whole_numbers_of_float64() -> None:
    largest_row = int(np.abs(transform.cosine_matrix()).sum(axis=1).max())
    assert (128 << transform.LUMA_BITS) * largest_row**2 < 1 << 53


def test_the_worst_picture_has_exact_frequencies() -> None:
    matrix = transform.cosine_matrix()
    whole = matrix.astype(np.int64).astype(object)
    for row in (0, 7, 15):
        loudest = np.where(np.outer(matrix[row], matrix[row]) > 0, 255 << transform.LUMA_BITS, 0).astype(np.int32)
        exact = whole @ (loudest.astype(object) - (128 << transform.LUMA_BITS)) @ whole.T
        assert np.array_equal(transform.frequencies(loudest, matrix), exact.astype(np.float64))
        assert max(abs(int(value)) for value in exact.ravel()) < 1 << 53


def test_the_order_of_adding_up_changes_no_frequency() -> None:
    random = np.random.default_rng(7)
    matrix = transform.cosine_matrix()
    reduced = random.integers(0, 255 << transform.LUMA_BITS, (64, 64), dtype=np.int32)
    expected = transform.frequencies(reduced, matrix)
    for _ in range(20):
        rows, columns = random.permutation(64), random.permutation(64)
        centred = (reduced - (128 << transform.LUMA_BITS)).astype(np.float64)
        assert np.array_equal(matrix[:, rows] @ (centred[rows][:, columns] @ matrix[:, columns].T), expected)


def test_a_plain_picture_has_no_bits_and_no_quality() -> None:
    for grade in (0, 1, 128 << 8, 255 << 8):
        plain = np.full((64, 64), grade, np.int32)
        frequency = transform.frequencies(plain, transform.cosine_matrix())
        assert not frequency.any()
        assert transform.bits(frequency) == bytes(32)
        assert transform.quality(plain) == 0


def test_bits_say_which_frequencies_exceed_the_lower_median_last_first() -> None:
    frequency = np.arange(256, dtype=np.float64).reshape(16, 16)
    assert transform.bits(frequency) == b"\xff" * 16 + bytes(16)  # 128..255 exceed 127
    assert transform.bits(frequency[::-1, ::-1]) == bytes(16) + b"\xff" * 16


@pytest.mark.parametrize(
    ("low", "median", "high", "expected"),
    [(128, 0, 128, 128), (127, 129, 0, 0), (100, 100, 56, 56), (127, 1, 128, 128), (0, 129, 127, 127)],
)
def test_ties_with_the_median_are_not_above_it(low: int, median: int, high: int, expected: int) -> None:
    values = np.repeat([-1.0, 0.0, 1.0], [low, median, high]).reshape(16, 16)
    assert sum(byte.bit_count() for byte in transform.bits(values)) == expected


def test_quality_counts_whole_percents_of_large_steps_only() -> None:
    step = 51 << transform.LUMA_BITS  # a fifth of the range: 20 percent
    halves = np.zeros((64, 64), np.int32)
    halves[:, 32:] = step
    assert transform.quality(halves) == 64 * 20 // 90
    halves[:, 32:] = step - 1
    assert transform.quality(halves) == 64 * 19 // 90
    assert transform.quality(-halves + (255 << 8)) == 64 * 19 // 90


def test_quality_never_exceeds_one_hundred() -> None:
    checkers = (np.indices((64, 64)).sum(axis=0) % 2 * (255 << transform.LUMA_BITS)).astype(np.int32)
    assert transform.quality(checkers) == transform.MOST_QUALITY
