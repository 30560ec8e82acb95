"""Opening: put items into the one case that they belong to, or open it.

Rules, in order: an item that is there already is left as it is; the subject's own open case; else an open case that
holds an equal cryptographic fingerprint, so that a thousand identical uploads are one decision; else a new one. A
dataset's run has a case of its own: what it holds joins no account's case, and no account's item joins it.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from safehold.cases.case import CaseId, CaseState, Priority, Subject, SubjectKind
from safehold.cases.errors import NoItemsError, UnfitWordError
from safehold.cases.item import NewItem
from safehold.cases.queues.definition import definition, first_queue, route
from safehold.cases.rows import Row, form_bits, item_row, new_case_id, rank, subject_key, turn
from safehold.cases.state import Tally, state_after
from safehold.cases.store.changes import Acting, Change, change
from safehold.cases.store.counts import count_case, count_day
from safehold.cases.store.statements import (
    INSERT_CASE,
    INSERT_CONTEXT,
    INSERT_ITEM,
    INSERT_SIGNAL,
    case_with,
    cases_with,
    insert_once,
    own_case,
)
from safehold.cases.tables import case_fingerprints, case_items
from safehold.ledger import is_fit
from safehold.ledger.entry import timestamp
from safehold.vocabulary import CRYPTOGRAPHIC, DIGESTS_OF_NOTHING, Event

_JSON = ("findings", "gaps", "signals")
_ASKED_AT_ONCE = 400
"""Values in one question: SQLite takes 32,766 by default, and a plan is made anew for each number of them."""


@dataclass(frozen=True, slots=True)
class Filing:
    """How a case is to be filed.

    Attributes:
        subject: whom or what it is about.
        priority: what comes first; a case keeps the more urgent one.
        label: a class of harm or a concept, one word; "" for none.
        queue: where it waits for first decisions; "" for where its origin sends it.
        due_at: until when it must be decided; a case keeps the earlier one.
    """

    subject: Subject
    priority: Priority = Priority.NORMAL
    label: str = ""
    queue: str = ""
    due_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Where items went.

    Attributes:
        case: into which case.
        events: what the ledger is to say of it; nothing where every item was there already.
    """

    case: CaseId
    events: tuple[Event, ...] = ()


def put_in(connection: sa.Connection, filing: Filing, items: Sequence[NewItem], acting: Acting) -> Opened:
    """Put items into the case that they belong to; in a writing transaction. Repeating it changes nothing.

    Raises:
        NoItemsError: there are none.
        UnfitWordError: the label is more than a word.
        UnknownQueueError: there is no such queue.
    """
    if not items:
        raise NoItemsError("a case is about something", advice="This is a defect of Safehold: please report it.")
    if filing.label and not is_fit(filing.label):
        raise UnfitWordError("a label is one word", advice="Name a class of harm or a concept, for instance: csam")
    fresh, known = _fresh(connection, items)
    if not fresh and known is not None:
        return Opened(known)
    found, joined_by = _case_for(connection, filing.subject, fresh)
    if found is None:
        return _open(connection, filing, fresh, acting)
    return _join(connection, filing, fresh, acting, found=found, by=joined_by)


def _fresh(connection: sa.Connection, items: Sequence[NewItem]) -> tuple[tuple[NewItem, ...], CaseId | None]:
    """Return the items that no case has yet, each once, and the case of the first that one has."""
    if len(items) == 1:
        case = case_with(connection, items[0].origin.value, items[0].reference)
        return (tuple(items), None) if case is None else ((), CaseId(case))
    wanted = {(item.origin.value, item.reference): item for item in reversed(items)}
    keys = list(dict.fromkeys((item.origin.value, item.reference) for item in items))
    known: dict[tuple[str, str], CaseId] = {}
    for origin in sorted({origin for origin, _ in keys}):  # said apart, so that the index on both answers
        references = [reference for of, reference in keys if of == origin]
        for some in _groups(references):
            query = sa.select(case_items.c.reference, case_items.c.case_id)
            chosen = query.where(case_items.c.origin == origin, case_items.c.reference.in_(some))
            known |= {(origin, row.reference): CaseId(row.case_id) for row in connection.execute(chosen)}
    fresh = tuple(wanted[key] for key in keys if key not in known)
    return fresh, next((known[key] for key in keys if key in known), None)


def _groups(values: Sequence[str]) -> list[Sequence[str]]:
    return [values[start : start + _ASKED_AT_ONCE] for start in range(0, len(values), _ASKED_AT_ONCE)]


def _case_for(connection: sa.Connection, subject: Subject, items: Sequence[NewItem]) -> tuple[Row | None, str]:
    """Return the open case that items belong to, with why."""
    key = subject_key(subject)
    if key is not None:
        own = own_case(connection, key)
        if own is not None:
            return own, "subject"
    if subject.kind is SubjectKind.SOURCE:
        return None, ""
    return _alike(connection, items), "fingerprint"


def _alike(connection: sa.Connection, items: Sequence[NewItem]) -> Row | None:
    """Return the oldest open case with an item of an equal cryptographic fingerprint."""
    values = sorted({value for item in items for _, value in _cryptographic(item)})
    found = [row for some in _groups(values) for row in cases_with(connection, some)]
    return min(found, key=lambda row: (row["opened_at"], row["id"]), default=None)


def _cryptographic(item: NewItem) -> set[tuple[str, str]]:
    """Return the digests of an item as a whole; what every empty file has joins nothing."""
    return {
        (signal.algorithm.value, signal.value.hex())
        for signal in item.signals
        if signal.algorithm in CRYPTOGRAPHIC
        and not signal.place
        and signal.value != DIGESTS_OF_NOTHING.get(signal.algorithm)
    }


def _open(connection: sa.Connection, filing: Filing, items: Sequence[NewItem], acting: Acting) -> Opened:
    origin, subject = items[0].origin, filing.subject
    queue = (
        definition(acting.queues, filing.queue)
        if filing.queue
        else first_queue(acting.queues, origin, subject.kind, priority=filing.priority, label=filing.label)
    )
    case_id, at = new_case_id(), timestamp(acting.now)
    due_at = None if filing.due_at is None else timestamp(filing.due_at)
    priority = rank(filing.priority)
    row: dict[str, Any] = {
        "id": case_id,
        "subject_kind": subject.kind.value,
        "subject": subject.mark,
        "open_subject": subject_key(subject),
        "state": CaseState.OPEN.value,
        "is_open": 1,
        "is_waiting": 1,
        "priority": priority,
        "turn": turn(priority=priority, due_at=due_at, opened_at=at, case_id=case_id),
        "queue": route(acting.queues, CaseState.OPEN, first=queue.name, priority=filing.priority),
        "first_queue": queue.name,
        "origin": origin.value,
        "forms": form_bits([item.form for item in items]),
        "label": filing.label,
        "assignee": "",
        "opened_at": at,
        "changed_at": at,
        "due_at": due_at,
        "items": len(items),
        "undecided": len(items),
        "second": 0,
        "version": 1,
    }
    INSERT_CASE.run(connection, row)
    _insert(connection, items, subject=subject, case_id=case_id, first=1, at=acting.now)
    count_case(connection, row)
    details: dict[str, str | int | bool] = {
        "case": case_id,
        "about": subject.kind.value,
        "origin": origin.value,
        "queue": row["queue"],
        "priority": filing.priority.value,
        "items": len(items),
    }
    return Opened(case_id, (Event("case.opened", acting.actor, "", details),))


def _join(
    connection: sa.Connection,
    filing: Filing,
    items: Sequence[NewItem],
    acting: Acting,
    *,
    found: Row,
    by: str,
) -> Opened:
    case_id = CaseId(found["id"])
    _insert(connection, items, subject=filing.subject, case_id=case_id, first=found["items"] + 1, at=acting.now)
    tally = Tally(found["undecided"] + len(items), found["second"])
    changed = Change(
        state=state_after(CaseState(found["state"]), tally),
        tally=tally,
        more={
            "items": found["items"] + len(items),
            "forms": found["forms"] | form_bits([item.form for item in items]),
            "label": found["label"] or filing.label,
            "priority": min(found["priority"], rank(filing.priority)),
            "due_at": _earlier(found["due_at"], filing.due_at),
        },
        is_overtaking=False,
    )
    moved = change(connection, found, changed, acting)
    told = Event("case.joined", acting.actor, "", {"case": case_id, "by": by, "items": len(items)})
    return Opened(case_id, (told, *moved))


def _earlier(text: str | None, moment: dt.datetime | None) -> str | None:
    told = [one for one in (text, None if moment is None else timestamp(moment)) if one is not None]
    return min(told, default=None)


def _insert(
    connection: sa.Connection,
    items: Sequence[NewItem],
    *,
    subject: Subject,
    case_id: CaseId,
    first: int,
    at: dt.datetime,
) -> None:
    """Insert items with everything that finds them, numbered on from `first`."""
    rows = [
        item_row(item, subject=subject, case_id=case_id, number=number, now=at)
        for number, item in enumerate(items, start=first)
    ]
    INSERT_ITEM.run_all(connection, [_as_text(row) for row in rows])
    contexts = [
        {"item_id": row["id"], "sealed": item.context} for row, item in zip(rows, items, strict=True) if item.context
    ]
    if contexts:
        INSERT_CONTEXT.run_all(connection, contexts)
    signals = [
        {"item_id": row["id"], "algorithm": algorithm, "value": value, "case_id": case_id}
        for row, item in zip(rows, items, strict=True)
        for algorithm, value in sorted({(one.algorithm.value, one.value.hex()) for one in item.signals})
    ]
    if signals:
        INSERT_SIGNAL.run_all(connection, signals)
        each = {(row["value"], row["algorithm"]) for row in signals}
        named = [{"value": value, "algorithm": algorithm, "case_id": case_id} for value, algorithm in sorted(each)]
        insert_once(connection, case_fingerprints, named)
    count_day(connection, timestamp(at), items[0].origin.value, opened=int(first == 1), items=len(items))


def _as_text(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row of an item as the driver takes it."""
    return {**row, **{name: json.dumps(row[name]) for name in _JSON}}
