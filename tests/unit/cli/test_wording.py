"""Numbers and times in sentences."""

import pytest

from safehold.cli.wording import counted, moment


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [
        (0, "record", "0 records"),
        (1, "record", "1 record"),
        (2000, "record", "2,000 records"),
        (1, "entry", "1 entry"),
        (3, "entry", "3 entries"),
        (1, "piece of evidence", "1 piece of evidence"),
        (2, "piece of evidence", "2 pieces of evidence"),
    ],
)
def test_one_is_singular_and_every_other_number_plural(number: int, noun: str, said: str) -> None:
    assert counted(number, noun) == said


def test_a_time_is_told_in_utc_without_fractions_of_seconds() -> None:
    assert moment("2026-11-21T14:03:07.123456+00:00") == "2026-11-21 14:03:07 UTC"
    assert moment("2026-11-21T16:03:07+02:00") == "2026-11-21 14:03:07 UTC"


def test_what_is_no_time_of_a_zone_is_left_as_it_is() -> None:
    assert moment("") == ""
    assert moment("2026-11-21T14:03:07") == "2026-11-21T14:03:07"
