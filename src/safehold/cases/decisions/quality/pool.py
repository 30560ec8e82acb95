"""The pool of golden items: what of decided items is kept, so that it can be placed among others again and again.

Content and circumstances stand in it sealed to the review key, as they came: they outlive the case that they are from.

    pool = GoldenPool(home.database, desk, home.clock)
    golden = pool.add(lead, Capture(item, answer, ...))
    pool.retire(lead, golden)
"""

import datetime as dt
import secrets
from dataclasses import dataclass, field
from typing import Any, NewType

import sqlalchemy as sa

from safehold.cases.axes import HarmType
from safehold.cases.case import CaseId, CaseState, Priority
from safehold.cases.decisions.decision import Decision
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.errors import NotAllowedError, UnfitDecisionError
from safehold.cases.decisions.quality.golden import GoldenAnswer
from safehold.cases.decisions.tables import case_goldens, golden_items
from safehold.cases.item import CaseItem, ItemId, ItemState
from safehold.cases.rows import Row, is_plain, item_row, moment, to_item
from safehold.cases.staff import Ability, Person
from safehold.cases.tables import case_items
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event

GoldenId = NewType("GoldenId", str)
"""``gld_`` and 20 lower-case hexadecimal digits, drawn at random."""

_ID_BYTES = 10


@dataclass(frozen=True, slots=True)
class Capture:
    """What is taken from a decided item.

    Attributes:
        item: as it is in its case.
        answer: what is known of it.
        queue: where it is to wait; "" for where its origin sends it.
        label: what its case warns of.
        priority: how urgent its case is; a danger to life is none of it.
        due: how long after it came its case was due; None for no clock.
        context: its circumstances, sealed to the review key; b"" for none.
        content: what it held, sealed likewise; b"" for nothing.
    """

    item: CaseItem
    answer: GoldenAnswer
    queue: str = ""
    label: str = ""
    priority: Priority = Priority.NORMAL
    due: dt.timedelta | None = None
    context: bytes = field(default=b"", repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class GoldenItem:
    """A golden item that is kept.

    Attributes:
        id: what it is called.
        capture: what was taken for it.
        added_by: who added it.
        added_at: when.
        retired_at: since when it is placed no more; None while it is.
        placed: how often it was placed.
        waiting: how many of these wait for somebody.
    """

    id: GoldenId
    capture: Capture
    added_by: str
    added_at: dt.datetime
    retired_at: dt.datetime | None
    placed: int = 0
    waiting: int = 0


class GoldenPool:
    """The golden items of a home.

    Args:
        database: of the home.
        desk: what decisions are made with.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, desk: Desk, clock: Clock) -> None:
        self._database = database
        self._desk = desk
        self._clock = clock

    def add(self, person: Person, capture: Capture) -> GoldenId:
        """Keep an item; return what it is called. One that is kept already stays as it is.

        Raises:
            NotAllowedError: their roles don't let them.
        """
        _require_lead(person)
        golden, now = GoldenId(f"gld_{secrets.token_hex(_ID_BYTES)}"), self._clock.now()
        row = _row(golden, capture) | {"added_by": person.name, "added_at": timestamp(now), "retired_at": None}
        same = sa.select(golden_items.c.id).where(
            golden_items.c.source == capture.item.id, golden_items.c.retired_at.is_(None)
        )
        with self._database.writing() as connection:
            known = connection.execute(same).scalar()
            if known is not None:
                return GoldenId(known)
            connection.execute(sa.insert(golden_items), row)
            details = {"golden": golden, "item": capture.item.id}
            self._desk.ledger.append(Event("golden.added", person.name, self._desk.rules.label, details), connection)
        return golden

    def show(self, golden: GoldenId, connection: sa.Connection) -> GoldenItem:
        """Return one that is not retired.

        Raises:
            UnfitDecisionError: there is none, or it is retired.
        """
        known = sa.select(golden_items).where(golden_items.c.id == golden, golden_items.c.retired_at.is_(None))
        row = connection.execute(known).mappings().one_or_none() if is_plain(golden) else None
        if row is None:
            raise UnfitDecisionError("there is no such golden item, or it is retired", advice="Choose one of the list.")
        return _golden(row)

    def list(self) -> tuple[GoldenItem, ...]:
        """Return all of them, those that are not retired first, then the latest first; without what is sealed."""
        columns = [one for one in golden_items.c if one.name not in {"context", "content"}]
        order = (sa.case((golden_items.c.retired_at.is_(None), 0), else_=1), golden_items.c.added_at.desc())
        is_waiting = sa.case((case_items.c.state != ItemState.DECIDED.value, 1), else_=0)
        placed = (
            sa.select(case_goldens.c.golden, sa.func.count(), sa.func.sum(is_waiting))
            .join(case_items, case_items.c.id == case_goldens.c.item)
            .where(case_goldens.c.golden.is_not(None))
            .group_by(case_goldens.c.golden)
        )
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(*columns).order_by(*order, golden_items.c.id)).mappings().all()
            told = {name: (number, int(waiting)) for name, number, waiting in connection.execute(placed)}
        return tuple(_golden(row, *told.get(row["id"], (0, 0))) for row in rows)

    def retire(self, person: Person, golden: GoldenId) -> int:
        """Place one no more, and take back what waits of it: nobody looks at it for nothing. Return how many that is.

        Raises:
            NotAllowedError: their roles don't let them.
            UnfitDecisionError: there is none, or it is retired already.
        """
        _require_lead(person)
        with self._database.writing() as connection:
            self.show(golden, connection)
            gone = {"retired_at": timestamp(self._clock.now()), "context": None, "content": None}
            connection.execute(sa.update(golden_items).where(golden_items.c.id == golden).values(gone))
            waiting = connection.execute(_waiting(golden)).all()
            for item, case in waiting:
                states = {ItemId(item): ItemState.DECIDED}
                self._desk.cases.mark_items(connection, CaseId(case), states, seen=None, actor=person.name)
                self._desk.cases.change_state(connection, CaseId(case), CaseState.CLOSED, seen=None, actor=person.name)
            details: dict[str, str | int | bool] = {"golden": golden, "waiting": len(waiting)}
            self._desk.ledger.append(Event("golden.retired", person.name, self._desk.rules.label, details), connection)
        return len(waiting)


def _waiting(golden: GoldenId) -> sa.Select[Any]:
    """Return the query of items that were placed of it and wait, with their cases."""
    return (
        sa.select(case_items.c.id, case_items.c.case_id)
        .join(case_goldens, case_goldens.c.item == case_items.c.id)
        .where(case_goldens.c.golden == golden, case_items.c.state != ItemState.DECIDED.value)
    )


def _row(golden: GoldenId, capture: Capture) -> dict[str, Any]:
    item, harm = capture.item, capture.answer.harm
    told = item_row(item.told, subject=item.subject, case_id=item.case, number=item.number, now=item.added_at)
    return {
        "id": golden,
        "source": item.id,
        "queue": capture.queue,
        "verdict": capture.answer.verdict.value,
        "harm": "" if harm is None else harm.value,
        "told": told | {"id": item.id},
        "label": capture.label,
        "priority": capture.priority.value,
        "due_seconds": None if capture.due is None else int(capture.due.total_seconds()),
        "context": capture.context or None,
        "content": capture.content or None,
    }


def _golden(row: Row, placed: int = 0, waiting: int = 0) -> GoldenItem:
    harm = HarmType(row["harm"]) if row["harm"] else None
    capture = Capture(
        item=to_item(row["told"]),
        answer=GoldenAnswer(Decision(row["verdict"]), harm),
        queue=row["queue"],
        label=row["label"],
        priority=Priority(row["priority"]),
        due=None if row["due_seconds"] is None else dt.timedelta(seconds=row["due_seconds"]),
        context=bytes(row.get("context") or b""),
        content=bytes(row.get("content") or b""),
    )
    retired = row["retired_at"]
    return GoldenItem(
        id=GoldenId(row["id"]),
        capture=capture,
        added_by=row["added_by"],
        added_at=moment(row["added_at"]),
        retired_at=None if retired is None else moment(retired),
        placed=placed,
        waiting=waiting,
    )


def _require_lead(person: Person) -> None:
    if not person.can(Ability.ASSIGN):
        raise NotAllowedError("your roles don't let you do this", advice="Ask a quality lead.")
