"""Overview: how many cases there are of what, how long they wait, and what each day brought.

Numbers come from counts that are kept with every change; ages from an index. Nothing here is about a person.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.case import CaseState
from safehold.cases.item import Origin
from safehold.cases.rows import moment
from safehold.cases.tables import case_counts, case_days, cases
from safehold.vocabulary import Seconds

_DAYS = 30
_WAITING = [CaseState.OPEN.value, CaseState.SECOND_REVIEW.value, CaseState.ESCALATED.value]


@dataclass(frozen=True, slots=True)
class QueueAge:
    """How long the cases of a queue have waited for somebody.

    Attributes:
        waiting: how many wait.
        p50: half of them have waited no longer.
        p95: 95 of a hundred have waited no longer.
        oldest: the longest wait.
    """

    waiting: int
    p50: Seconds
    p95: Seconds
    oldest: Seconds


@dataclass(frozen=True, slots=True)
class Day:
    """What one day (UTC) brought, from one origin.

    Attributes:
        day: which.
        origin: what it came from.
        opened: cases opened.
        items: items put into cases.
        decided: items decided, less those whose decision was taken back.
    """

    day: dt.date
    origin: Origin
    opened: int
    items: int
    decided: int


@dataclass(frozen=True, slots=True)
class Overview:
    """How things are.

    Attributes:
        states: cases by state; one that no case has is left out, here and below.
        queues: cases that wait for somebody, by queue.
        origins: cases that are not closed, by what opened them.
        ages: by queue, where somebody waits.
        days: the last thirty days, oldest first, without those of which there is nothing.
    """

    states: Mapping[CaseState, int]
    queues: Mapping[str, int]
    origins: Mapping[Origin, int]
    ages: Mapping[str, QueueAge]
    days: tuple[Day, ...]


def overview(connection: sa.Connection, now: dt.datetime) -> Overview:
    """Return how things are."""
    counts = connection.execute(sa.select(case_counts).where(case_counts.c.number != 0)).mappings().all()
    states: dict[CaseState, int] = {}
    queues: dict[str, int] = {}
    origins: dict[Origin, int] = {}
    for row in counts:
        state, origin, number = CaseState(row["state"]), Origin(row["origin"]), int(row["number"])
        states[state] = states.get(state, 0) + number
        if state is not CaseState.CLOSED:
            origins[origin] = origins.get(origin, 0) + number
        if state.value in _WAITING:
            queues[row["queue"]] = queues.get(row["queue"], 0) + number
    ages = {name: _age(connection, name, number, now) for name, number in sorted(queues.items())}
    return Overview(states, queues, origins, ages, _days(connection, now))


def _age(connection: sa.Connection, queue: str, number: int, now: dt.datetime) -> QueueAge:
    """Return the ages of a queue: oldest first, the one that 5 of a hundred precede is the 95th percentile."""
    oldest_first = (
        sa.select(cases.c.opened_at)
        .where(cases.c.queue == queue, cases.c.is_waiting == 1)
        .order_by(cases.c.opened_at)
        .limit(1)
    )

    def waited(preceding: int) -> Seconds:
        text = connection.execute(oldest_first.offset(preceding)).scalar()
        return Seconds(0.0 if text is None else max(0.0, (now - moment(text)).total_seconds()))

    return QueueAge(number, waited(number // 2), waited(number * 5 // 100), waited(0))


def _days(connection: sa.Connection, now: dt.datetime) -> tuple[Day, ...]:
    first = (now.astimezone(dt.UTC).date() - dt.timedelta(days=_DAYS - 1)).isoformat()
    query = sa.select(case_days).where(case_days.c.day >= first).order_by(case_days.c.day, case_days.c.origin)
    return tuple(
        Day(dt.date.fromisoformat(row.day), Origin(row.origin), row.opened, row.items, row.decided)
        for row in connection.execute(query)
    )
