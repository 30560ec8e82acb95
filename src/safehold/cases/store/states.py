"""Changes of one case: its state and its items', each with its version and its events, in one transaction.

Who steers a case (:mod:`safehold.cases.store.steering`) does so by these; what enters it does not.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from safehold.cases.case import CaseId, CaseState
from safehold.cases.events import Events
from safehold.cases.item import ItemId, ItemState
from safehold.cases.queues.definition import QUEUES, QueueDefinition
from safehold.cases.rows import case_row
from safehold.cases.state import Tally, require_move, state_after
from safehold.cases.store.changes import Acting, Change, change, require_version
from safehold.cases.store.marking import mark
from safehold.cases.store.records import CaseRecords
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event


class CaseStates(CaseRecords):
    """How far the cases of a home are.

    Where a method takes a `connection`, that is a *writing* transaction of the caller's, and what the method does
    commits with it; where that may be None, the method has a transaction of its own. `seen` is the version that
    whoever acts has looked at: a case that has another one by now is left alone.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        queues: the queues that cases wait in, in order.
    """

    def __init__(
        self, database: Database, ledger: Events, clock: Clock, *, queues: Sequence[QueueDefinition] = QUEUES
    ) -> None:
        super().__init__(database, clock)
        self._ledger = ledger
        self._queues = tuple(queues)

    def change_state(
        self, connection: sa.Connection, case_id: CaseId, to: CaseState, *, seen: int | None, actor: str
    ) -> int:
        """Take a case to another state; return its version after that.

        States that follow from items' states follow by themselves (:meth:`mark_items`): this is for what people and
        rules decide of the case as a whole, like closing it.

        Raises:
            UnknownCaseError: there is none.
            CaseOvertakenError: somebody changed it since it was looked at.
            UnfitTransitionError: it can't go there, or is there already.
        """

        def moved(row: sa.RowMapping) -> Change:
            tally = Tally(row["undecided"], row["second"])
            require_move(CaseState(row["state"]), to, tally)
            return Change(to, tally)

        return self._change(connection, case_id, moved, seen=seen, actor=actor)

    def mark_items(
        self,
        connection: sa.Connection,
        case_id: CaseId,
        states: Mapping[ItemId, ItemState],
        *,
        seen: int | None,
        actor: str,
    ) -> int:
        """Say how far items are; the case's state and what is left to decide follow. Return the case's version then.

        Args:
            connection: the caller's writing transaction, in which the decision itself is recorded.
            case_id: the case that all of them belong to.
            states: what each becomes.
            seen: the version of the case that was looked at.
            actor: who decided.

        Raises:
            UnknownCaseError, UnknownItemError: there is no such case, or an item is not one of its.
            CaseOvertakenError: somebody changed the case since it was looked at.
            UnfitTransitionError: an item can't go there, or is there already; nothing was changed.
        """

        def marked(row: sa.RowMapping) -> Change:
            before = Tally(row["undecided"], row["second"])
            tally = mark(connection, case_id, states, before, at=timestamp(self._clock.now()))
            return Change(state_after(CaseState(row["state"]), tally), tally)

        version = self._change(connection, case_id, marked, seen=seen, actor=actor)
        numbers = Counter(to.value for to in states.values())
        told: dict[str, str | int | bool] = {"case": case_id, "version": version, **numbers}
        self._ledger.append(Event("case.items_marked", actor, "", told), connection)
        return version

    def attended(
        self,
        case_id: CaseId,
        *,
        actor: str,
        seen: int | None = None,
        keeps_undecided: bool = False,
        connection: sa.Connection | None = None,
    ) -> bool:
        """Take an escalated case back to where its items say that it is; return whether it was escalated.

        Args:
            case_id: which.
            actor: who attended to what it was escalated for.
            seen: the version that was looked at; None where that does not matter.
            keeps_undecided: whether one with an item that nobody decided is left as it is, for a specialist.
            connection: the caller's writing transaction.

        Raises:
            UnknownCaseError: there is none.
            CaseOvertakenError: somebody changed it since it was looked at.
        """
        with self._writing(connection) as joined:
            row = case_row(joined, case_id)
            tally = Tally(row["undecided"], row["second"])
            if row["state"] != CaseState.ESCALATED.value or (keeps_undecided and tally.undecided):
                return False
            back = Change(state_after(CaseState.OPEN, tally), tally)
            self._change(joined, case_id, lambda _row: back, seen=seen, actor=actor)
        return True

    def _change(
        self,
        connection: sa.Connection,
        case_id: CaseId,
        changed: Callable[[sa.RowMapping], Change],
        *,
        seen: int | None,
        actor: str,
    ) -> int:
        row = case_row(connection, case_id)
        require_version(row, seen)
        for event in change(connection, row, changed(row), self._acting(actor)):
            self._ledger.append(event, connection)
        return int(row["version"]) + 1

    def _acting(self, actor: str) -> Acting:
        return Acting(actor, self._clock.now(), self._queues)

    @contextmanager
    def _writing(self, connection: sa.Connection | None) -> Iterator[sa.Connection]:
        if connection is not None:
            yield connection
            return
        with self._database.writing() as own:
            yield own
