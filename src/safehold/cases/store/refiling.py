"""Refiling: which cases wait in a queue that the rules name no more, and where each of them goes instead.

The counts that overviews are made of say which queues there are: where all of them are known, no case is looked at.

    for case_id, queue in lost(connection, queues, most=20):
        ...
"""

from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.case import CaseId, Priority, SubjectKind
from safehold.cases.item import Origin
from safehold.cases.queues.definition import QueueDefinition, first_queue
from safehold.cases.store.changes import WAITING
from safehold.cases.tables import case_counts, cases

_STATES = sorted(state.value for state in WAITING)


def lost(connection: sa.Connection, queues: Sequence[QueueDefinition], *, most: int) -> list[tuple[CaseId, str]]:
    """Return cases that wait where no queue is, at most so many, each with the queue that takes it for first decisions.

    Raises:
        UnknownQueueError: no queue takes one of them.
    """
    known = [queue.name for queue in queues]
    counted = sa.select(case_counts.c.queue).where(
        case_counts.c.number > 0, case_counts.c.queue.not_in(known), case_counts.c.state.in_(_STATES)
    )
    gone = connection.execute(counted.distinct()).scalars().all()
    if not gone:
        return []
    rows = connection.execute(
        sa.select(cases).where(cases.c.queue.in_(gone), cases.c.is_waiting == 1).order_by(cases.c.turn).limit(most)
    ).mappings()
    return [(CaseId(row["id"]), _for(queues, row)) for row in rows]


def _for(queues: Sequence[QueueDefinition], row: sa.RowMapping) -> str:
    if any(queue.name == row["first_queue"] for queue in queues):
        return str(row["first_queue"])
    origin, kind = Origin(row["origin"]), SubjectKind(row["subject_kind"])
    priority = tuple(Priority)[row["priority"]]
    return first_queue(queues, origin, kind, priority=priority, label=row["label"]).name
