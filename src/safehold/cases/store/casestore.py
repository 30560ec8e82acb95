"""The store of cases: open, read, list, find and change them; threads and processes may share it.

cases = CaseStore(home.database, ledger, home.clock)
case_id = cases.open(Subject(SubjectKind.ACCOUNT, mark), [NewItem(...)], actor="system")
with home.database.writing() as connection:
    version = cases.mark_items(connection, case_id, {item: ItemState.DECIDED}, seen=case.version, actor="amira")
    ...                                          # the decision itself: both or neither

Reading is :mod:`~safehold.cases.store.records`, states :mod:`~safehold.cases.store.states`, who works on what
:mod:`~safehold.cases.store.steering`; here items come in, and what is settled is put away.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from safehold.cases.awaiting import awaited_cases
from safehold.cases.case import CaseId, CaseState, Priority, Subject
from safehold.cases.item import NewItem
from safehold.cases.store.opening import Filing, put_in
from safehold.cases.store.refiling import lost
from safehold.cases.store.statements import insert_once
from safehold.cases.store.steering import CaseSteering
from safehold.cases.tables import case_references, cases
from safehold.ledger.entry import timestamp

SETTLED_AFTER = dt.timedelta(days=14)
"""How long a decided case stays open to second thoughts, and to new items of its subject, before it is closed. Ours."""

CLOSED_AT_ONCE = 20
"""Cases closed in one transaction: some tens of milliseconds, for which nothing else is written."""

MOST_CLOSED = 400
"""Cases closed by one call; a day of calls closes far more than a day brings."""


class CaseStore(CaseSteering):
    """The cases of a home; arguments and `seen` as for :class:`~safehold.cases.store.states.CaseStates`."""

    def open(  # noqa: PLR0913 - each of them is a fact of the case
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
        """Put items into the open case that they belong to, or open one; return which.

        That is the subject's own; else the oldest one that holds an equal cryptographic fingerprint (not for datasets);
        else a new one. All items go to one case. An item that is in some case already, by its origin and reference,
        stays there: repeating a call changes nothing and returns the same case, also once that is closed.

        Args:
            subject: whom or what the items came from.
            items: at least one; all of one origin.
            connection: the caller's writing transaction.
            actor: who puts them in, as the ledger names them.
            priority: what comes first; a case keeps the more urgent one.
            label: a class of harm or a concept, one word; a case keeps its first one.
            queue: where a new case waits for first decisions; "" for where its origin sends it.
            due_at: until when it must be decided; a case keeps the earlier one.

        Raises:
            NoItemsError: there are no items.
            UnfitWordError: the label is more than a word.
            UnknownQueueError: there is no such queue.
        """
        filing = Filing(subject, priority=priority, label=label, queue=queue, due_at=due_at)
        with self._writing(connection) as joined:
            opened = put_in(joined, filing, items, self._acting(actor))
            for event in opened.events:
                self._ledger.append(event, joined)
        return opened.case

    def refer(self, reference: str, case_id: CaseId, connection: sa.Connection | None = None) -> None:
        """Let :meth:`find` know a case by another name, one that somebody outside was given; repeating it is safe."""
        row = {"reference": reference, "case_id": case_id}
        with self._writing(connection) as joined:
            insert_once(joined, case_references, [row])

    def close_settled(self, *, actor: str, after: dt.timedelta = SETTLED_AFTER, most: int = MOST_CLOSED) -> int:
        """Close cases with nothing left to decide that nothing happened to since; return how many: under `most`, all.

        A worker does this now and then. Repeating it is safe; a reversal opens a closed case again. A case of which
        something is to be preserved stays open until the vault has it, an escalated one until somebody attended to it.

        Args:
            actor: who closes them.
            after: how long nothing must have happened.
            most: how many, a few in each transaction.
        """
        before = timestamp(self._clock.now() - after)
        settled = sa.select(cases.c.id).where(cases.c.state == CaseState.DECIDED.value, cases.c.changed_at < before)
        settled = settled.where(cases.c.id.not_in(awaited_cases()))
        with self._database.reading() as connection:
            found = connection.execute(settled.limit(most)).scalars().all()
        closed = 0
        for start in range(0, len(found), CLOSED_AT_ONCE):
            with self._database.writing() as connection:
                some = settled.where(cases.c.id.in_(found[start : start + CLOSED_AT_ONCE]))
                for case_id in connection.execute(some).scalars().all():
                    self.change_state(connection, CaseId(case_id), CaseState.CLOSED, seen=None, actor=actor)
                    closed += 1
        return closed

    def refile(self, *, actor: str, most: int = MOST_CLOSED) -> int:
        """Let cases wait where the rules say now, whose queue they name no more; return how many: under `most`, all.

        A worker does this now and then: after the rules have changed, nothing waits where nobody looks.
        """
        moved = 0
        while moved < most:
            with self._database.reading() as connection:
                if not lost(connection, self._queues, most=1):
                    return moved  # the usual case, which needs no write lock
            with self._database.writing() as connection:
                for case_id, queue in lost(connection, self._queues, most=CLOSED_AT_ONCE):
                    self.move(case_id, queue, actor=actor, connection=connection)
                    moved += 1
        return moved
