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
    return Overview(
        states, queues, origins, _ages(connection, dict(sorted(queues.items())), now), _days(connection, now)
    )


def _ages(connection: sa.Connection, queues: Mapping[str, int], now: dt.datetime) -> dict[str, QueueAge]:
    """Return the ages of queues, asked at once: oldest first, the one that 5 of a hundred precede is the 95th."""
    parts = [
        sa.select(sa.literal(queue).label("queue"), sa.literal(part).label("part"), _opened_at(queue, preceding))
        for queue, number in queues.items()
        for part, preceding in enumerate((number // 2, number * 5 // 100, 0))
    ]
    if not parts:
        return {}
    told = {(row.queue, row.part): row.opened_at for row in connection.execute(sa.union_all(*parts))}

    def waited(queue: str, part: int) -> Seconds:
        text = told[queue, part]
        return Seconds(0.0 if text is None else max(0.0, (now - moment(text)).total_seconds()))

    return {queue: QueueAge(number, *(waited(queue, part) for part in range(3))) for queue, number in queues.items()}


def _opened_at(queue: str, preceding: int) -> sa.Label[str]:
    """Return when the case of a queue was opened that so many older ones precede."""
    oldest_first = sa.select(cases.c.opened_at).where(cases.c.queue == queue, cases.c.is_waiting == 1)
    one = oldest_first.order_by(cases.c.opened_at).offset(preceding).limit(1)
    return one.scalar_subquery().label("opened_at")


def _days(connection: sa.Connection, now: dt.datetime) -> tuple[Day, ...]:
    first = (now.astimezone(dt.UTC).date() - dt.timedelta(days=_DAYS - 1)).isoformat()
    query = sa.select(case_days).where(case_days.c.day >= first).order_by(case_days.c.day, case_days.c.origin)
    return tuple(
        Day(dt.date.fromisoformat(row.day), Origin(row.origin), row.opened, row.items, row.decided)
        for row in connection.execute(query)
    )
