import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from safehold.cases import ItemId
from safehold.cases.exposure import RestKind, Seen, allowance_of
from safehold.vocabulary import Seconds

from .conftest import NOW, RULES, item


def seen(item_id: ItemId, at_seconds: float, seconds: float = 5) -> Seen:
    return Seen(item_id, NOW + dt.timedelta(seconds=at_seconds), Seconds(seconds))


def after(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


some = st.lists(
    st.builds(seen, st.integers(0, 9).map(item), st.integers(0, 3 * 86400).map(float), st.integers(0, 200).map(float)),
    max_size=20,
)


@settings(max_examples=30)
@given(some, st.integers(0, 4 * 86400))
def test_a_rest_that_is_due_is_over_when_it_was_said_to_be(shown: list[Seen], now: int) -> None:
    known = [one for one in shown if one.ended <= after(now)]
    rest = allowance_of(known, RULES, after(now)).rest
    if rest is not None:
        assert rest.until > after(now)
        later = allowance_of(known, RULES, rest.until).rest
        assert later is None or (rest.kind is RestKind.BREAK and later.kind is RestKind.DAY)


@settings(max_examples=30)
@given(some, st.integers(0, 4 * 86400))
def test_what_is_left_is_never_below_nothing_and_never_more_than_a_day(shown: list[Seen], now: int) -> None:
    allowance = allowance_of(shown, RULES, after(now))
    assert 0 <= allowance.left.items <= RULES.day.items
    assert 0 <= allowance.left.seconds <= RULES.day.seconds


@settings(max_examples=30)
@given(some, st.builds(seen, st.integers(0, 9).map(item), st.just(3 * 86400.0), st.just(3.0)))
def test_seeing_more_never_leaves_more(shown: list[Seen], more: Seen) -> None:
    known = [one for one in shown if one.ended <= more.began]
    before, then = (allowance_of(list_, RULES, more.ended) for list_ in (known, [*known, more]))
    assert then.left.items <= before.left.items
    assert then.left.seconds <= before.left.seconds


def test_the_same_item_counts_once() -> None:
    shown = [seen(item(1), number * 10) for number in range(5)]
    allowance = allowance_of(shown, RULES, after(60))
    assert allowance.day.items == 1
    assert allowance.rest is None


def test_long_looking_counts_like_many_items() -> None:
    allowance = allowance_of([seen(item(1), 0, 120)], RULES, after(121))
    assert allowance.rest is not None
    assert allowance.rest.until == after(120 + 900)


def test_a_pause_that_was_taken_freely_is_a_break() -> None:
    shown = [seen(item(1), 0), seen(item(2), 10), seen(item(3), 1000)]
    assert allowance_of(shown, RULES, after(1010)).rest is None


def test_two_views_at_once_end_with_the_later_one() -> None:
    shown = [seen(item(1), 0, 100), seen(item(2), 10, 5), seen(item(3), 20, 5)]
    allowance = allowance_of(shown, RULES, after(200))
    assert allowance.rest is not None
    assert allowance.rest.until == after(100 + 900)


def test_a_day_does_not_end_at_midnight() -> None:
    shown = [seen(item(number), number * 4000) for number in range(6)]
    allowance = allowance_of(shown, RULES, after(16 * 3600))
    assert allowance.rest is not None
    assert allowance.rest.kind is RestKind.DAY


def test_somebody_who_was_shown_nothing_may_see_everything() -> None:
    allowance = allowance_of([], RULES, NOW)
    assert (allowance.rest, allowance.left) == (None, RULES.day)
