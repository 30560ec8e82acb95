"""Budgets: how often an endpoint may be asked, so that a flood costs no fortune and drowns no model."""

import datetime as dt
from collections import deque
from threading import Lock

from safehold.vocabulary import Clock

_MINUTE = dt.timedelta(minutes=1)


class Budget:
    """At most so many calls in any sixty seconds; threads may share it.

    Args:
        clock: where the time comes from.
        calls_per_minute: at least 1.
    """

    def __init__(self, clock: Clock, calls_per_minute: int) -> None:
        self._clock = clock
        self._calls: deque[dt.datetime] = deque(maxlen=calls_per_minute)
        self._lock = Lock()

    def take(self) -> bool:
        """Return whether a call may be made now, and count it if so."""
        now = self._clock.now()
        with self._lock:
            is_full = len(self._calls) == self._calls.maxlen
            if is_full and dt.timedelta(0) <= now - self._calls[0] < _MINUTE:
                return False
            self._calls.append(now)
            return True
