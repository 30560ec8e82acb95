"""The circuit breaker: an endpoint that keeps failing is left alone for a while, so that nobody waits for it.

Closed: every question goes through. Open: none does. Half-open: one does, and its outcome closes the breaker or opens
it again.
"""

import datetime as dt
from enum import Enum
from threading import Lock

from safehold.vocabulary import Clock


class BreakerState(Enum):
    """Whether questions go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """One endpoint's breaker; threads may share it.

    Args:
        clock: where the time comes from.
        failures: how many in a row open it; at least 1.
        seconds: how long it stays open before one question may try.
    """

    def __init__(self, clock: Clock, *, failures: int, seconds: float) -> None:
        self._clock = clock
        self._failures = failures
        self._pause = dt.timedelta(seconds=seconds)
        self._in_a_row = 0
        self._opened_at: dt.datetime | None = None
        self._is_tried = False
        self._lock = Lock()

    @property
    def state(self) -> BreakerState:
        """Return the state now."""
        with self._lock:
            return self._state()

    def admits(self) -> bool:
        """Return whether a question may go through; if it may, say how it went with `succeeded`, `failed` or `left`."""
        with self._lock:
            state = self._state()
            if state is BreakerState.HALF_OPEN and not self._is_tried:
                self._is_tried = True
                return True
            return state is BreakerState.CLOSED

    def succeeded(self) -> None:
        """Take note that the endpoint answered: the breaker is closed."""
        with self._lock:
            self._in_a_row, self._opened_at, self._is_tried = 0, None, False

    def failed(self) -> None:
        """Take note that the endpoint failed."""
        with self._lock:
            self._in_a_row += 1
            if self._opened_at is not None or self._in_a_row >= self._failures:
                self._opened_at, self._is_tried = self._clock.now(), False

    def left(self) -> None:
        """Take note that a question which was let through told nothing of the endpoint."""
        with self._lock:
            self._is_tried = False

    def _state(self) -> BreakerState:
        if self._opened_at is None:
            return BreakerState.CLOSED
        now = self._clock.now()
        # If the clock was set back, wait the pause once more, not until the clock has caught up.
        self._opened_at = min(self._opened_at, now)
        return BreakerState.OPEN if now - self._opened_at < self._pause else BreakerState.HALF_OPEN
