"""The store of cases: open, read, list, find and change them; threads and processes may share it.

cases = CaseStore(home.database, ledger, home.clock)
case_id = cases.open(Subject(SubjectKind.ACCOUNT, mark), [NewItem(...)], actor="system")
with home.database.writing() as connection:
    version = cases.mark_items(connection, case_id, {item: ItemState.DECIDED}, seen=case.version, actor="amira")
    ...                                          # the decision itself: both or neither
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from safehold.cases.awaiting import awaited_cases
from safehold.cases.case import Case, CaseId, CaseState, Priority, Subject
from safehold.cases.errors import UnfitWordError
from safehold.cases.events import Events
from safehold.cases.item import CaseItem, ItemId, ItemState, NewItem
from safehold.cases.listing import CaseFilter, CasePage, Cursor, list_cases
from safehold.cases.overview import Overview, overview
from safehold.cases.queues.definition import QUEUES, QueueDefinition, definition
from safehold.cases.rows import is_plain, rank, to_case, to_item
from safehold.cases.search import Found, find
from safehold.cases.state import Tally, require_move, state_after
from safehold.cases.store.alike import alike
from safehold.cases.store.changes import Acting, Change, change, require_version, row_of, unchanged
from safehold.cases.store.marking import mark, unknown_item
from safehold.cases.store.opening import Filing, put_in
from safehold.cases.store.refiling import lost
from safehold.cases.store.statements import insert_once
from safehold.cases.tables import case_contexts, case_items, case_references, cases
from safehold.home.database import Database
from safehold.ledger import is_fit
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

SETTLED_AFTER = dt.timedelta(days=14)
"""How long a decided case stays open to second thoughts, and to new items of its subject, before it is closed. Ours."""

CLOSED_AT_ONCE = 20
"""Cases closed in one transaction: some tens of milliseconds, for which nothing else is written."""

MOST_CLOSED = 400
"""Cases closed by one call; a day of calls closes far more than a day brings."""


class CaseStore:
    """The cases of a home.

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
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._queues = tuple(queues)

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

    def show(self, case_id: CaseId, connection: sa.Connection | None = None) -> Case:
        """Return a case.

        Args:
            case_id: which.
            connection: to read with, in a transaction of the caller's.

        Raises:
            UnknownCaseError: there is none.
        """
        with self._reading(connection) as joined:
            return to_case(row_of(joined, case_id))

    def items(
        self, case_id: CaseId, *, after: int = 0, limit: int = 50, connection: sa.Connection | None = None
    ) -> tuple[CaseItem, ...]:
        """Return items of a case in their order.

        Args:
            case_id: which case; one that is not there has no items.
            after: only those with a higher number.
            limit: how many at most.
            connection: to read with, in a transaction of the caller's.
        """
        query = sa.select(case_items).where(case_items.c.case_id == case_id, case_items.c.number > after)
        if not is_plain(case_id):
            return ()
        with self._reading(connection) as joined:
            rows = joined.execute(query.order_by(case_items.c.number).limit(limit)).mappings().all()
        return tuple(map(to_item, rows))

    def item(self, item_id: ItemId, connection: sa.Connection | None = None) -> CaseItem:
        """Return an item.

        Raises:
            UnknownItemError: there is none.
        """
        with self._reading(connection) as joined:
            known = sa.select(case_items).where(case_items.c.id == item_id)
            row = joined.execute(known).mappings().one_or_none() if is_plain(item_id) else None
        if row is None:
            raise unknown_item()
        return to_item(row)

    def alike(
        self, item_id: ItemId, *, limit: int = 1000, connection: sa.Connection | None = None
    ) -> tuple[CaseItem, ...]:
        """Return other items with an equal cryptographic fingerprint in cases that are not closed.

        Those of its own case come first. An item of text, or one without such a fingerprint, is like no other.

        Args:
            item_id: like which.
            limit: how many at most.
            connection: to read with, in a transaction of the caller's.
        """
        with self._reading(connection) as joined:
            return tuple(map(to_item, joined.execute(alike(item_id, limit)).mappings().all()))

    def context(self, item_id: ItemId) -> bytes:
        """Return the circumstances of an item, sealed to the review key; b"" where nothing was kept.

        Raises:
            UnknownItemError: there is no such item.
        """
        self.item(item_id)
        query = sa.select(case_contexts.c.sealed).where(case_contexts.c.item_id == item_id)
        with self._database.reading() as connection:
            sealed = connection.execute(query).scalar()
        return b"" if sealed is None else bytes(sealed)

    def has_context(self, item_id: ItemId, connection: sa.Connection | None = None) -> bool:
        """Return whether anything is kept of an item's circumstances, without reading it."""
        query = sa.select(case_contexts.c.item_id).where(case_contexts.c.item_id == item_id)
        with self._reading(connection) as joined:
            return joined.execute(query).first() is not None

    def find(self, text: str) -> tuple[Found, ...]:
        """Return the cases that name a text: an id, check, ticket, hash, evidence, or the mark of a subject."""
        with self._database.reading() as connection:
            return find(connection, text)

    def list(self, wanted: CaseFilter | None = None, *, after: Cursor | None = None, limit: int = 50) -> CasePage:
        """Return a page of cases, what comes first at its start; all that are not closed where no filter is given."""
        with self._database.reading() as connection:
            return list_cases(connection, wanted or CaseFilter(), after=after, limit=limit)

    def overview(self, now: dt.datetime | None = None) -> Overview:
        """Return how many cases there are of what, how long they wait, and what the last days brought."""
        with self._database.reading() as connection:
            return overview(connection, now or self._clock.now())

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
            row = row_of(joined, case_id)
            tally = Tally(row["undecided"], row["second"])
            if row["state"] != CaseState.ESCALATED.value or (keeps_undecided and tally.undecided):
                return False
            back = Change(state_after(CaseState.OPEN, tally), tally)
            self._change(joined, case_id, lambda _row: back, seen=seen, actor=actor)
        return True

    def free(self, name: str, *, actor: str) -> int:
        """Let anybody take what was given to somebody who works on nothing any more; return how many cases that is."""
        given = sa.select(cases.c.id).where(cases.c.assignee == name, cases.c.is_open == 1)
        with self._database.writing() as connection:
            found = connection.execute(given).scalars().all() if name else []
            for case_id in found:
                self.assign(CaseId(case_id), "", actor=actor, connection=connection)
        return len(found)

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

    def assign(
        self,
        case_id: CaseId,
        name: str,
        *,
        actor: str,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Give a case to a person, "" to nobody; return its version after that. To whom has it already: no change.

        Raises:
            UnknownCaseError: there is none.
            CaseOvertakenError: somebody changed it since it was looked at.
            UnfitWordError: the name is more than a word.
        """
        _require_word(name or "nobody", "name")
        told = Event("case.assigned", actor, "", {"case": case_id, "to": name or "nobody"})
        with self._writing(connection) as joined:
            row = row_of(joined, case_id)
            require_version(row, seen)
            if row["assignee"] == name:
                return int(row["version"])
            self._ledger.append(told, joined)
            return self._change(joined, case_id, lambda row: unchanged(row, assignee=name), seen=seen, actor=actor)

    def escalate(
        self,
        case_id: CaseId,
        reason: str,
        *,
        actor: str,
        priority: Priority = Priority.URGENT,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Ask for a specialist, whatever the case is about and however far it is; return its version after that.

        It never does nothing: a case that is escalated already gets the further reason into the ledger and, where this
        one is more urgent, its priority; one that was closed opens again.

        Args:
            case_id: which.
            reason: why, in one word: "danger_to_life", "unsure".
            actor: who asks.
            priority: how urgent that makes it; it never becomes less so.
            seen: the version that was looked at; None where that does not matter.
            connection: the caller's writing transaction.

        Raises:
            UnknownCaseError: there is none.
            CaseOvertakenError: somebody changed it since it was looked at.
            UnfitWordError: the reason is more than a word.
        """
        _require_word(reason, "reason")

        def escalated(row: sa.RowMapping) -> Change:
            tally = Tally(row["undecided"], row["second"])
            return Change(CaseState.ESCALATED, tally, {"priority": min(row["priority"], rank(priority))})

        details = {"case": case_id, "reason": reason, "priority": priority.value}
        with self._writing(connection) as joined:
            version = self._change(joined, case_id, escalated, seen=seen, actor=actor)
            self._ledger.append(Event("case.escalated", actor, "", details), joined)
        return version

    def prioritise(
        self,
        case_id: CaseId,
        priority: Priority,
        *,
        actor: str,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Say how urgent a case is; return its version after that. Errors as for :meth:`assign`."""
        with self._writing(connection) as joined:
            version = self._change(
                joined, case_id, lambda row: unchanged(row, priority=rank(priority)), seen=seen, actor=actor
            )
            details = {"case": case_id, "priority": priority.value}
            self._ledger.append(Event("case.prioritised", actor, "", details), joined)
        return version

    def move(
        self,
        case_id: CaseId,
        queue: str,
        *,
        actor: str,
        seen: int | None = None,
        connection: sa.Connection | None = None,
    ) -> int:
        """Let a case wait for first decisions in another queue; return its version after that.

        Raises:
            UnknownCaseError, CaseOvertakenError: as for :meth:`assign`.
            UnknownQueueError: there is no such queue.
        """
        definition(self._queues, queue)
        with self._writing(connection) as joined:
            version = self._change(
                joined, case_id, lambda row: unchanged(row, first_queue=queue), seen=seen, actor=actor
            )
            self._ledger.append(Event("case.queued", actor, "", {"case": case_id, "queue": queue}), joined)
        return version

    def _change(
        self,
        connection: sa.Connection,
        case_id: CaseId,
        changed: Callable[[sa.RowMapping], Change],
        *,
        seen: int | None,
        actor: str,
    ) -> int:
        row = row_of(connection, case_id)
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

    @contextmanager
    def _reading(self, connection: sa.Connection | None) -> Iterator[sa.Connection]:
        if connection is not None:
            yield connection
            return
        with self._database.reading() as own:
            yield own


def _require_word(word: str, what: str) -> None:
    if not word or not is_fit(word):
        raise UnfitWordError(
            f"the {what} must be one word: the ledger keeps no sentences, names of files or addresses",
            advice="Use letters, digits, hyphens and underscores.",
        )
