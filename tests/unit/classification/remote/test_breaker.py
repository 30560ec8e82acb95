"""The circuit breaker and the budget."""

import datetime as dt

from safehold.classification.remote.breaker import Breaker, BreakerState
from safehold.classification.remote.budget import Budget
from safehold.vocabulary import FixedClock

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def later(clock: FixedClock, seconds: float) -> None:
    clock.at += dt.timedelta(seconds=seconds)


def test_failures_in_a_row_open_it_and_a_success_between_starts_anew() -> None:
    breaker = Breaker(FixedClock(NOON), failures=2, seconds=30)
    for outcome in (breaker.failed, breaker.succeeded, breaker.failed):
        assert breaker.admits()
        outcome()
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    assert not breaker.admits()


def test_after_the_pause_one_question_tries_and_decides() -> None:
    clock = FixedClock(NOON)
    breaker = Breaker(clock, failures=1, seconds=30)
    breaker.failed()
    later(clock, 30)
    assert breaker.state is BreakerState.HALF_OPEN
    assert [breaker.admits(), breaker.admits()] == [True, False]
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    later(clock, 30)
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    assert breaker.admits()


def test_a_try_that_tells_nothing_lets_the_next_one_try() -> None:
    clock = FixedClock(NOON)
    breaker = Breaker(clock, failures=1, seconds=30)
    breaker.failed()
    later(clock, 31)
    assert breaker.admits()
    breaker.left()
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.admits()


def test_a_clock_that_is_set_back_keeps_it_open_for_one_pause_only() -> None:
    clock = FixedClock(NOON)
    breaker = Breaker(clock, failures=1, seconds=30)
    breaker.failed()
    later(clock, -86_400)
    assert breaker.state is BreakerState.OPEN
    later(clock, 30)
    assert breaker.state is BreakerState.HALF_OPEN


def test_a_budget_holds_for_any_sixty_seconds() -> None:
    clock = FixedClock(NOON)
    budget = Budget(clock, 2)
    assert [budget.take(), budget.take(), budget.take()] == [True, True, False]
    later(clock, 59.9)
    assert not budget.take()
    later(clock, 0.1)
    assert [budget.take(), budget.take(), budget.take()] == [True, True, False]


def test_a_budget_outlives_a_clock_that_is_set_back() -> None:
    clock = FixedClock(NOON)
    budget = Budget(clock, 1)
    budget.take()
    later(clock, -3600)
    assert budget.take()
