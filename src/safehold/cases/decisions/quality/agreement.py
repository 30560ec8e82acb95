"""Agreement: how often two decisions on the same item are the same, and how much of that is more than chance. Pure.

Cohen's kappa compares the agreement with what two people would reach who decide as often as these do for each answer,
but at random: 1 is perfect, 0 is chance. It says nothing where everybody gives one answer, and is None then.

Source: Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20 (1960);
Wilson, "Probable inference", Journal of the American Statistical Association 22 (1927), for the interval.

    agreement([("confirm:csam", "confirm:csam"), ("confirm:csam", "not_a_violation")])
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from safehold.vocabulary import Fraction

_Z = 1.959963984540054
"""Of the standard normal distribution, for an interval that holds the true value in 95 of 100 samples."""


class AgreementBy(Enum):
    """What decisions are compared with."""

    SECOND_REVIEW = "second_review"
    """A second person's, who did not see the first."""
    GOLDEN = "golden"
    """A known answer."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well decisions agree.

    Attributes:
        pairs: how many were compared.
        raw: the share that is the same.
        low: the lower end of the 95 % interval of that share.
        high: the upper end.
        kappa: Cohen's kappa; None where everybody gave one and the same answer.
    """

    pairs: int
    raw: Fraction
    low: Fraction
    high: Fraction
    kappa: float | None


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement | None:
    """Return how well pairs of answers agree; None for no pair."""
    if not pairs:
        return None
    count, same = len(pairs), sum(first == second for first, second in pairs)
    raw = same / count
    low, high = _interval(same, count)
    return Agreement(count, Fraction(raw), Fraction(low), Fraction(high), _kappa(pairs, raw))


def _kappa(pairs: Sequence[tuple[str, str]], raw: float) -> float | None:
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    by_chance = sum(firsts[answer] * seconds[answer] for answer in firsts) / len(pairs) ** 2
    return None if math.isclose(by_chance, 1.0) else (raw - by_chance) / (1.0 - by_chance)


def _interval(same: int, count: int) -> tuple[float, float]:
    share, square = same / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    spread = _Z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, middle - spread), min(1.0, middle + spread)
