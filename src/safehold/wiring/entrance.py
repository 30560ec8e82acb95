"""The entrance: cases as those who fill them see them. What a trusted list settles is soon decided without people.

    Entrance(database, ledger, clock).open(subject, items, connection, actor="gateway")

The job for that is put in with the items, or not at all; a worker does it. Nobody has to look at what is known.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases import CaseId, NewItem, Priority, Subject
from safehold.cases.decisions.carrying import AUTOMATIC
from safehold.cases.events import Events
from safehold.cases.queues.definition import QUEUES, QueueDefinition
from safehold.cases.rules import load_rules
from safehold.cases.store import CaseStore
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.settings import Settings
from safehold.vocabulary import Clock


class Entrance(CaseStore):
    """A store of cases that has known items decided by rules.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        queues: the queues that cases wait in, in order.
    """

    def __init__(
        self, database: Database, ledger: Events, clock: Clock, *, queues: Sequence[QueueDefinition] = QUEUES
    ) -> None:
        super().__init__(database, ledger, clock, queues=queues)
        self._home_database = database
        self._outbox = Outbox(database, clock)

    def open(  # noqa: PLR0913 - as the store's
        self,
        subject: Subject,
        items: Sequence[NewItem],
        connection: sa.Connection | None = None,
        *,
        actor: str,
        priority: Priority = Priority.NORMAL,
        label: str = "",
        queue: str = "",
        due_at: dt.datetime | None = None,
    ) -> CaseId:
        """Put items into their case, and a job for those that a trusted list settles, in one transaction."""
        if connection is None:
            with self._home_database.writing() as own:
                return self.open(
                    subject, items, own, actor=actor, priority=priority, label=label, queue=queue, due_at=due_at
                )
        case = super().open(
            subject, items, connection, actor=actor, priority=priority, label=label, queue=queue, due_at=due_at
        )
        if any(finding.is_confirmed for item in items for finding in item.findings):
            self._outbox.enqueue(connection, AUTOMATIC, {"case": case})
        return case


def queues_of(settings: Settings) -> tuple[QueueDefinition, ...]:
    """Return where cases wait: what the rules say that the settings name, else the shipped ones.

    Raises:
        CaseRulesError: the file that the settings name can't be used.
    """
    return QUEUES if settings.case_rules is None else load_rules(settings.case_rules).queues
