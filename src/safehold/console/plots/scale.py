"""Scales: round steps for axes, and where a value lies between them."""

import math
from dataclasses import dataclass

_STEPS = (1, 2, 5, 10)
_WANTED = 4
"""Steps of an axis, about: more than four crowd a small figure."""

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from 0.

    Attributes:
        top: where it ends: the last of its steps.
        step: between two of its marks.
        length: how long it is, in units of the drawing.
    """

    top: float
    step: float
    length: float

    @property
    def marks(self) -> tuple[float, ...]:
        """Return the values that are marked, 0 and the last one included."""
        return tuple(self.step * number for number in range(round(self.top / self.step) + 1))

    def along(self, value: float) -> float:
        """Return how far from 0 a value lies."""
        return self.length * min(value, self.top) / self.top


def scale_for(most: float, length: float, *, is_whole: bool = True) -> Scale:
    """Return an axis of round steps on which the largest value has its place.

    Args:
        most: the largest value; one that can hardly be told from 0 gives an axis up to 1.
        length: how long it is.
        is_whole: whether steps are whole numbers, as for counts.
    """
    most = most if most > _LEAST else 1.0
    power = 10.0 ** math.floor(math.log10(most / _WANTED))
    step = next(power * one for one in _STEPS if power * one * _WANTED >= most * (1 - 1e-12))
    step = max(step, 1.0) if is_whole else step
    return Scale(step * max(1, math.ceil(most / step - 1e-9)), step, length)
