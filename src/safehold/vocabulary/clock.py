"""Where the time comes from: a port, so that nothing in the heart reads a clock it was not given."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Tell the time."""

    def now(self) -> dt.datetime:
        """Return the current time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return the current time, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


@dataclass
class FixedClock:
    """A clock for tests and reproducible runs: it shows what it is set to."""

    at: dt.datetime

    def now(self) -> dt.datetime:
        """Return the set time."""
        return self.at
