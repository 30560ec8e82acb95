"""Cases and items as the database holds them."""

import datetime as dt
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from safehold.cases.case import Case, CaseId, CaseState, Priority, Subject, SubjectKind
from safehold.cases.errors import UnknownCaseError
from safehold.cases.item import CaseItem, Content, Form, ItemId, ItemState, NewItem, Origin, Place
from safehold.cases.tables import cases
from safehold.ledger.entry import timestamp
from safehold.vocabulary import (
    Action,
    Algorithm,
    Bits,
    Finding,
    FindingKind,
    Fraction,
    Gap,
    GapReason,
    PdqFlavour,
    Signal,
    Tier,
)

Row: TypeAlias = sa.RowMapping | Mapping[str, Any]
"""A row by its columns' names, read or to be written."""

LONGEST_TEXT = 300
"""Characters; every id, reference and hash of ours is shorter."""

_ID_BYTES = 10
_NO_CLOCK = "9"
"""Sorts behind every year that a clock can show."""

_PRIORITIES = tuple(Priority)
_FORM_BITS = {form: 1 << place for place, form in enumerate(Form)}


def new_case_id() -> CaseId:
    """Return an id that no case has."""
    return CaseId(f"case_{secrets.token_hex(_ID_BYTES)}")


def new_item_id() -> ItemId:
    """Return an id that no item has."""
    return ItemId(f"item_{secrets.token_hex(_ID_BYTES)}")


def rank(priority: Priority) -> int:
    """Return the place of a priority in the order, 0 for what comes first."""
    return _PRIORITIES.index(priority)


def form_bits(forms: Collection[Form]) -> int:
    """Return the forms as the bits of a number."""
    bits = 0
    for form in forms:
        bits |= _FORM_BITS[form]
    return bits


def turn(*, priority: int, due_at: str | None, opened_at: str, case_id: str) -> str:
    """Return what lists are sorted by: priority, when it is due, when it was opened, and the id, all of one width."""
    return f"{priority}_{due_at or _NO_CLOCK * len(opened_at)}_{opened_at}_{case_id}"


def subject_key(subject: Subject) -> str | None:
    """Return what two open cases never share; None for nobody, who has no case of their own."""
    return None if subject.kind is SubjectKind.NOBODY else f"{subject.kind.value}:{subject.mark}"


def source_of(reference: str) -> str:
    """Return what an item's reference begins with: the check, run or ticket."""
    return reference.partition("#")[0]


def case_row(connection: sa.Connection, case_id: CaseId) -> sa.RowMapping:
    """Return the row of a case.

    Raises:
        UnknownCaseError: there is none.
    """
    known = sa.select(cases).where(cases.c.id == case_id)
    row = connection.execute(known).mappings().one_or_none() if is_plain(case_id) else None
    if row is None:
        raise UnknownCaseError("there is no such case", advice="List cases with: safehold case list")
    return row


def to_case(row: Row) -> Case:
    """Return the case of a row."""
    return Case(
        id=CaseId(row["id"]),
        subject=Subject(SubjectKind(row["subject_kind"]), row["subject"]),
        state=CaseState(row["state"]),
        priority=_PRIORITIES[row["priority"]],
        queue=row["queue"],
        label=row["label"],
        assignee=row["assignee"],
        opened_at=moment(row["opened_at"]),
        changed_at=moment(row["changed_at"]),
        due_at=None if row["due_at"] is None else moment(row["due_at"]),
        items=row["items"],
        undecided=row["undecided"] + row["second"],
        version=row["version"],
    )


def to_item(row: Row) -> CaseItem:
    """Return the item of a row, without its context."""
    told = NewItem(
        origin=Origin(row["origin"]),
        reference=row["reference"],
        form=Form(row["form"]),
        role=row["role"],
        action=Action(row["action"]),
        at=moment(row["at"]),
        policy=row["policy"],
        findings=tuple(map(_finding, row["findings"])),
        gaps=tuple(Gap(detector, GapReason(reason), place) for detector, reason, place in row["gaps"]),
        signals=tuple(map(_signal, row["signals"])),
        content=Content(Place(row["place"]), row["content"]),
    )
    return CaseItem(
        id=ItemId(row["id"]),
        case=CaseId(row["case_id"]),
        number=row["number"],
        state=ItemState(row["state"]),
        told=told,
        subject=Subject(SubjectKind(row["subject_kind"]), row["subject"]),
        added_at=moment(row["added_at"]),
    )


def item_row(item: NewItem, *, subject: Subject, case_id: CaseId, number: int, now: dt.datetime) -> dict[str, Any]:
    """Return the row of an item that is put into a case."""
    return {
        "id": new_item_id(),
        "case_id": case_id,
        "number": number,
        "state": ItemState.UNDECIDED.value,
        "subject_kind": subject.kind.value,
        "subject": subject.mark,
        "origin": item.origin.value,
        "reference": item.reference,
        "source": source_of(item.reference),
        "form": item.form.value,
        "role": item.role,
        "action": item.action.value,
        "at": timestamp(item.at),
        "added_at": timestamp(now),
        "policy": item.policy,
        "findings": [_finding_row(finding) for finding in item.findings],
        "gaps": [[gap.detector, gap.reason.value, gap.place] for gap in item.gaps],
        "signals": [_signal_row(signal) for signal in item.signals],
        "place": item.content.place.value,
        "content": item.content.reference,
    }


def is_plain(text: str) -> bool:
    """Return whether a text may be an id, reference, mark or name of ours: no database is asked for anything else."""
    return len(text) <= LONGEST_TEXT and text.isascii() and text.isprintable()


def moment(text: str) -> dt.datetime:
    """Return the time of a column."""
    return dt.datetime.fromisoformat(text)


def _finding_row(finding: Finding) -> list[Any]:
    tier = None if finding.tier is None else finding.tier.value
    named = [finding.kind.value, finding.detector, finding.subject, finding.reference]
    return [*named, tier, finding.distance, finding.value, finding.place]


def _finding(fields: Sequence[Any]) -> Finding:
    kind, detector, subject, reference, tier, distance, value, place = fields
    return Finding(
        kind=FindingKind(kind),
        detector=detector,
        subject=subject,
        reference=reference,
        tier=None if tier is None else Tier(tier),
        distance=None if distance is None else Bits(distance),
        value=None if value is None else Fraction(value),
        place=place,
    )


def _signal_row(signal: Signal) -> list[Any]:
    flavour = None if signal.flavour is None else signal.flavour.value
    return [signal.algorithm.value, signal.value.hex(), flavour, signal.quality, signal.place]


def _signal(fields: Sequence[Any]) -> Signal:
    algorithm, value, flavour, quality, place = fields
    return Signal(
        algorithm=Algorithm(algorithm),
        value=bytes.fromhex(value),
        flavour=None if flavour is None else PdqFlavour(flavour),
        quality=quality,
        place=place,
    )
