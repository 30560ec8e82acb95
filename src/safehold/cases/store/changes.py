"""Changes: what becomes of a case, in one place: its row, its queue, its counts and the event of its state.

Every change compares the version that was seen, so that two people never both change what only one of them knew.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from safehold.cases.case import CaseState, Priority, Subject, SubjectKind
from safehold.cases.errors import CaseOvertakenError
from safehold.cases.queues.definition import QueueDefinition, route
from safehold.cases.rows import Row, subject_key, turn
from safehold.cases.state import Tally
from safehold.cases.store.counts import recount
from safehold.cases.store.statements import change_case
from safehold.cases.tables import cases
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Event

WAITING = frozenset({CaseState.OPEN, CaseState.SECOND_REVIEW, CaseState.ESCALATED})
"""States in which a person has something to decide."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, when, and with which queues.

    Attributes:
        actor: as the ledger names them.
        now: the time.
        queues: the installation's.
    """

    actor: str
    now: dt.datetime
    queues: Sequence[QueueDefinition]


@dataclass(frozen=True, slots=True)
class Change:
    """What a case becomes.

    Attributes:
        state: how far it is then.
        tally: what its items need then.
        more: other columns that change.
        is_overtaking: whether who looked at the case before must look again; not so where items were only added, since
            what was looked at is still what it was, and an account that keeps sending would keep everybody out.
    """

    state: CaseState
    tally: Tally
    more: Mapping[str, Any] = field(default_factory=dict)
    is_overtaking: bool = True


def require_version(row: sa.RowMapping, seen: int | None) -> None:
    """Refuse to change what somebody has changed since it was looked at.

    Raises:
        CaseOvertakenError: the case has another version.
    """
    if seen is not None and row["version"] != seen:
        raise CaseOvertakenError(
            "somebody changed this case since you looked at it", advice="Look again, then decide; nothing was changed."
        )


def unchanged(row: Row, **more: Any) -> Change:  # noqa: ANN401 - columns have types of their own
    """Return a change of nothing but these columns."""
    return Change(CaseState(row["state"]), Tally(row["undecided"], row["second"]), more)


def change(connection: sa.Connection, before: Row, changed: Change, acting: Acting) -> tuple[Event, ...]:
    """Change a case whose row was read in this writing transaction; return what the ledger is to say of its state.

    Raises:
        CaseOvertakenError: it is no more what was read.
    """
    after = _after(connection, before, changed, acting)
    if not change_case(connection, before, after):
        raise CaseOvertakenError("somebody changed this case meanwhile", advice="Look again; nothing was changed.")
    recount(connection, before, {**before, **after})
    if after["state"] == before["state"]:
        return ()
    details = {"case": before["id"], "before": before["state"], "after": after["state"], "version": after["version"]}
    return (Event("case.moved", acting.actor, "", details),)


def _after(connection: sa.Connection, before: Row, changed: Change, acting: Acting) -> dict[str, Any]:
    merged = {**before, **changed.more}
    priority = tuple(Priority)[merged["priority"]]
    key = turn(
        priority=merged["priority"], due_at=merged["due_at"], opened_at=before["opened_at"], case_id=before["id"]
    )
    queue = route(acting.queues, changed.state, first=merged["first_queue"], priority=priority)
    return {
        **changed.more,
        "assignee": "" if _is_others(before, changed, queue, first=merged["first_queue"]) else merged["assignee"],
        "state": changed.state.value,
        "undecided": changed.tally.undecided,
        "second": changed.tally.second,
        "is_open": int(changed.state is not CaseState.CLOSED),
        "is_waiting": int(changed.state in WAITING),
        "open_subject": _open_subject(connection, before, changed.state),
        "queue": queue,
        "turn": key,
        "changed_at": timestamp(acting.now),
        "version": before["version"] + int(changed.is_overtaking),
    }


def _is_others(before: Row, changed: Change, queue: str, *, first: str) -> bool:
    """Return whether a case waits for others than it was given to: in another state, or where other people work.

    A queue that somebody chose for first decisions changes nobody.
    """
    if changed.state not in WAITING:
        return False
    return changed.state.value != before["state"] or (queue != before["queue"] and queue != first)


def _open_subject(connection: sa.Connection, before: Row, state: CaseState) -> str | None:
    """Return what keeps other cases of its subject from being opened: nothing once closed.

    A closed case that opens again leaves that to the one that was opened meanwhile, if there is one.
    """
    if state is CaseState.CLOSED:
        return None
    if before["is_open"]:
        return None if before["open_subject"] is None else str(before["open_subject"])
    key = subject_key(Subject(SubjectKind(before["subject_kind"]), before["subject"]))
    taken = sa.select(cases.c.id).where(cases.c.open_subject == key)
    return key if key is None or connection.execute(taken).first() is None else None
