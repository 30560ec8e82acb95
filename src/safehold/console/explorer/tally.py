"""Tallies: what happened on which day, counted from the ledger as it grows, never all of it at once.

The ledger is append-only, so that what was counted stays: a tally remembers how far it is and reads what came since. A
long ledger is caught up with in the background, a part at a time; meanwhile the tally says how far it is.

    tally = LedgerTally(database, clock)
    tally.read().days
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock, Thread

import sqlalchemy as sa

from safehold.console.explorer.sheet import ledger_size, place_at
from safehold.home.database import Database
from safehold.ledger.tables import events
from safehold.vocabulary import Action, Clock, SafeholdError

DAYS = 30
"""How far back a tally reaches."""

AT_ONCE = 20_000
"""Events that a request may count itself: some ten milliseconds; what is more is counted in the background."""

_DECIDED, _FAILED_OPEN = "check.decided", "check.failed_open"
_DATE, _MINUTE = 10, 16
"""Characters of an RFC 3339 time that name its day, and its minute."""


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What happened on one day.

    Attributes:
        day: "2026-11-22", in UTC.
        kinds: how many events of each kind.
        actions: how many checks ended with each action.
        with_gaps: how many checks had something that was not examined.
        open_minutes: in how many minutes a check passed unexamined since its surface fails open.
    """

    day: str
    kinds: Mapping[str, int]
    actions: Mapping[Action, int]
    with_gaps: int
    open_minutes: int


@dataclass(frozen=True, slots=True)
class Tallied:
    """What was counted so far.

    Attributes:
        days: oldest first, days without events included.
        counted: up to which place.
        size: how many events there are.
    """

    days: tuple[DayCounts, ...]
    counted: int
    size: int

    @property
    def is_whole(self) -> bool:
        """Return whether nothing is left to count."""
        return self.counted >= self.size


@dataclass(slots=True)
class _Counts:
    kinds: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    actions: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    gaps: Counter[str] = field(default_factory=Counter)
    minutes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


class LedgerTally:
    """Counts of the last days; threads may share it.

    Args:
        database: of the home.
        clock: where the time comes from.
        at_once: how many events a request may count itself.
    """

    def __init__(self, database: Database, clock: Clock, *, at_once: int = AT_ONCE) -> None:
        self._database = database
        self._clock = clock
        self._at_once = at_once
        self._lock = Lock()
        self._counts = _Counts()
        self._counted: int | None = None
        self._size = 0
        self._worker: Thread | None = None
        self._latest: Tallied | None = None

    def read(self) -> Tallied:
        """Return what is counted, after counting what a request may; the rest goes on in the background."""
        if self._worker is not None and self._latest is not None:
            return self._latest
        with self._lock:
            if self._advance() and self._worker is None:
                self._worker = Thread(target=self._catch_up, name="safehold-tally", daemon=True)
                self._worker.start()
            return self._told()

    def wait(self) -> None:
        """Wait until what is counted in the background is done."""
        worker = self._worker
        if worker is not None:
            worker.join()

    def _catch_up(self) -> None:
        is_behind = True
        try:
            while is_behind:
                with self._lock:
                    is_behind = self._advance()
        except SafeholdError:  # the database is not there just now: the next reader starts again
            return
        finally:
            self._worker = None

    def _advance(self) -> bool:
        """Count some events more; return whether there are others left. The caller holds the lock."""
        with self._database.reading() as connection:
            self._size = ledger_size(connection)
            if self._counted is None:
                self._counted = place_at(connection, self._days()[0])
            stop = min(self._size, self._counted + self._at_once)
            if stop > self._counted:
                _count(connection, self._counts, self._counted, stop)
            self._counted = max(stop, self._counted)
        self._latest = self._told()
        return self._counted < self._size

    def _days(self) -> list[str]:
        today = self._clock.now().astimezone(dt.UTC).date()
        return [str(today - dt.timedelta(days=back)) for back in range(DAYS - 1, -1, -1)]

    def _told(self) -> Tallied:
        counts = self._counts
        days = tuple(
            DayCounts(
                day,
                kinds=dict(counts.kinds[day]),
                actions={Action(action): count for action, count in counts.actions[day].items()},
                with_gaps=counts.gaps[day],
                open_minutes=len(counts.minutes[day]),
            )
            for day in self._days()
        )
        return Tallied(days, self._counted or 0, self._size)


def _count(connection: sa.Connection, counts: _Counts, start: int, stop: int) -> None:
    """Add the events from place `start` up to, not including, `stop`; the database does the counting."""
    here = (events.c.seq >= start, events.c.seq < stop)
    day = sa.func.substr(events.c.at, 1, _DATE)
    by_kind = sa.select(day, events.c.kind, sa.func.count()).where(*here).group_by(day, events.c.kind)
    for on, kind, count in connection.execute(by_kind):
        counts.kinds[on][kind] += count
    gapless = sa.case((events.c.details.like('%"gaps":0,%'), 0), else_=1)
    action = sa.case(*((events.c.details.like(f'{{"action":"{one.value}",%'), one.value) for one in Action), else_="")
    checks = sa.select(day, action, sa.func.count(), sa.func.sum(gapless)).where(*here, events.c.kind == _DECIDED)
    for on, done, count, gaps in connection.execute(checks.group_by(day, action)):
        if done:
            counts.actions[on][done] += count
        counts.gaps[on] += gaps
    minute = sa.func.substr(events.c.at, 1, _MINUTE)
    opened = sa.select(minute).where(*here, events.c.kind == _FAILED_OPEN).distinct()
    for at in connection.execute(opened).scalars():
        counts.minutes[at[:_DATE]].add(at)
