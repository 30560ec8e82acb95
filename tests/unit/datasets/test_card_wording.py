import pytest
from hypothesis import given
from hypothesis import strategies as st

from safehold.datasets.card.wording import duration, moment, number, plural, separation, share, size, words
from safehold.vocabulary import FindingKind, GapReason, HarmClass, MediaKind


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_share_never_claims_all_or_nothing_falsely(part: int, whole: int) -> None:
    part = min(part, whole)
    text = share(part, whole)
    assert (text == "100 %") is (part == whole)
    assert (text == "0 %") is (part == 0)


def test_a_share_of_nothing_is_none() -> None:
    assert share(0, 0) == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 2, "50.0 %"), (1, 10**7, "< 0.1 %"), (9999, 10000, "99.9 %"), (1, 1000, "0.1 %")],
)
def test_shares_have_one_decimal(part: int, whole: int, expected: str) -> None:
    assert share(part, whole) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_400, "999 kB"),
        (2_113_004_881, "2.1 GB"),
        (10**18, "1,000 PB"),
    ],
)
def test_sizes_have_a_decimal_unit(count: int, expected: str) -> None:
    assert size(count) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.2, "1 s"), (59, "59 s"), (61, "1 min 1 s"), (9072.4, "2 h 31 min")]
)
def test_durations_have_two_units(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T13:05:59+01:00", "1 March 2026, 12:05 UTC"),
        ("2026-03-01T12:00:00Z", "1 March 2026, 12:00 UTC"),
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_times_are_said_in_utc_or_left_as_they_are(text: str, expected: str) -> None:
    assert moment(text) == expected


def test_counts_have_commas_and_fitting_words() -> None:
    assert number(1234567) == "1,234,567"
    assert (plural(1, "item", "items"), plural(0, "item", "items")) == ("1 item", "0 items")


@pytest.mark.parametrize("kind", [FindingKind, GapReason, HarmClass, MediaKind])
def test_every_word_of_the_vocabulary_has_plain_words(kind: type[FindingKind]) -> None:
    for member in kind:
        assert words(member.value) != member.value or member.value in {"audio", "empty", "missing"}
        assert "_" not in words(member.value)


def test_other_words_stay_as_they_are() -> None:
    assert words("red_cube") == "red_cube"
    assert separation("removed adult_sexual") == "Removed adult sexual content"
    assert separation("") == ""
