"""Kept forms: what somebody filled in and could not send yet, since it asks for their second factor first.

In the memory of the console's process alone, for some minutes; never in an address, a cookie or the browser.

    kept.keep("amira", case, fields)
    kept.find("amira", case)                      # what they had filled in; {} for nothing
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from threading import Lock

from safehold.vocabulary import Clock

Fields = Mapping[str, Sequence[str]]
KEPT = dt.timedelta(minutes=10)
"""As long as a way through signing in may take. Ours."""

MOST = 1000
"""Forms at once; of more the oldest goes. Ours."""


class KeptForms:
    """Forms that people come back to; threads may share it.

    Args:
        clock: where the time comes from.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._forms: dict[tuple[str, str], tuple[dt.datetime, Fields]] = {}
        self._lock = Lock()

    def keep(self, person: str, about: str, fields: Fields) -> None:
        """Keep a form, in place of one that they had about the same."""
        until = self._clock.now() + KEPT
        with self._lock:
            self._forms.pop((person, about), None)
            while len(self._forms) >= MOST:
                del self._forms[next(iter(self._forms))]
            self._forms[person, about] = until, {name: tuple(values) for name, values in fields.items()}

    def find(self, person: str, about: str) -> Fields:
        """Return what somebody had filled in; {} where nothing is kept, or its time is over."""
        with self._lock:
            until, fields = self._forms.get((person, about), (None, {}))
            if until is not None and until <= self._clock.now():
                del self._forms[person, about]
                return {}
        return fields

    def forget(self, person: str, about: str) -> None:
        """Forget a form that was sent."""
        with self._lock:
            self._forms.pop((person, about), None)
