"""What keeps the shared values true."""

import pytest

from safehold.vocabulary import (
    Action,
    Algorithm,
    Gap,
    GapReason,
    Signal,
    UnexaminedAllowError,
    Verdict,
    signal_width_bytes,
)
from safehold.vocabulary.signal import MalformedSignalError


def test_an_allow_with_a_gap_can_not_be_constructed() -> None:
    gap = Gap("pdq", GapReason.TRUNCATED)
    with pytest.raises(UnexaminedAllowError):
        Verdict(Action.ALLOW, (), (gap,), policy="p@1")
    assert Verdict(Action.HOLD, (), (gap,), policy="p@1").gaps == (gap,)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_signal_has_the_width_of_its_algorithm(algorithm: Algorithm) -> None:
    width = signal_width_bytes(algorithm)
    assert Signal(algorithm, bytes(width)).value == bytes(width)
    for wrong in (0, width - 1, width + 1):
        with pytest.raises(MalformedSignalError):
            Signal(algorithm, bytes(wrong))


def test_actions_are_ordered_among_themselves_and_with_nothing_else() -> None:
    assert sorted([Action.DENY, Action.ALLOW, Action.HOLD, Action.ALLOW_UNEXAMINED]) == [
        Action.ALLOW,
        Action.ALLOW_UNEXAMINED,
        Action.HOLD,
        Action.DENY,
    ]
    with pytest.raises(TypeError):
        _ = Action.DENY < "hold"  # type: ignore[operator]
