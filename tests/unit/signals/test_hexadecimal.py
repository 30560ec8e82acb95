import numpy as np
import pytest

from safehold.signals import format_pdq, parse_pdq, parse_pdq_rows, rows_from_values, values_from_rows
from safehold.vocabulary.signal import MalformedSignalError

TEXT = "0123456789abcdef" * 4


def test_both_cases_are_read_and_lower_case_is_written() -> None:
    assert parse_pdq(TEXT.upper()) == parse_pdq(TEXT)
    assert format_pdq(parse_pdq(TEXT.upper())) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT[:-1],
        TEXT + "0",
        TEXT[:32],
        "g" + TEXT[1:],
        " " + TEXT[1:],
        TEXT + "\n",
        "0x" + TEXT[2:],
        "٣" + TEXT[1:],
    ],
)
def test_what_is_not_64_hexadecimal_digits_is_refused(text: str) -> None:
    with pytest.raises(MalformedSignalError) as refusal:
        parse_pdq(text)
    assert refusal.value.advice


def test_a_refusal_does_not_repeat_the_text() -> None:
    with pytest.raises(MalformedSignalError) as refusal:
        parse_pdq("a file name or an address.jpg")
    assert "address" not in str(refusal.value) + refusal.value.advice


@pytest.mark.parametrize("size", [0, 31, 33])
def test_values_of_another_length_are_refused(size: int) -> None:
    with pytest.raises(MalformedSignalError):
        format_pdq(bytes(size))
    with pytest.raises(MalformedSignalError):
        rows_from_values([bytes(32), bytes(size)])


def test_lengths_that_only_add_up_are_refused() -> None:
    with pytest.raises(MalformedSignalError):
        rows_from_values([bytes(31), bytes(33)])


def test_rows_and_values_round_trip() -> None:
    rows = parse_pdq_rows([TEXT, TEXT[::-1]])
    assert rows.shape == (2, 32)
    assert rows[0, :2].tolist() == [0x01, 0x23]
    assert values_from_rows(rows[:, :]) == (parse_pdq(TEXT), parse_pdq(TEXT[::-1]))
    assert values_from_rows(rows[::-1]) == (parse_pdq(TEXT[::-1]), parse_pdq(TEXT))


def test_no_values_are_no_rows() -> None:
    assert rows_from_values([]).shape == (0, 32)
    assert values_from_rows(np.empty((0, 32), np.uint8)) == ()


@pytest.mark.parametrize("shape", [(32,), (1, 31), (1, 1, 32)])
def test_rows_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(MalformedSignalError):
        values_from_rows(np.zeros(shape, np.uint8))
