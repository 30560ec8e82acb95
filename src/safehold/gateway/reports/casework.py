"""Casework: a report waits in the case of whoever or whatever it is about, and its clock with it.

An account's case holds what the gateway found of it and what people say of it, side by side; equal fingerprints join
cases. A report that a person decides on its own has nothing left to wait for in its case.

    ReportCases(cases, marks).enter(connection, submission, receipt, actor="anonymous", sealed=note)
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from safehold.cases import (
    CaseId,
    Content,
    Form,
    ItemId,
    ItemState,
    NewItem,
    Origin,
    Place,
    Priority,
    Subject,
    SubjectKind,
)
from safehold.cases.awaiting import awaited_items
from safehold.cases.decisions import Standing
from safehold.cases.decisions.tables import case_item_decisions
from safehold.cases.tables import case_contexts, case_items, case_references, cases
from safehold.gateway.marks import Marks
from safehold.gateway.reports.judgement import is_own_id
from safehold.gateway.reports.report import Category, Fingerprint, Kind, Receipt, Status, Submission, Target
from safehold.gateway.tables import decisions
from safehold.vocabulary import Action, Algorithm, PdqFlavour, Signal

ROLE = "report"
_URGENT = frozenset({Category.IMAGE_OF_CHILD, Category.TEXT_ABOUT_CHILD, Category.CONTACT_WITH_CHILD})


class Cases(Protocol):
    """The part of a store of cases that is needed."""

    def open(  # noqa: PLR0913 - the store's own, of which this is a part
        self,
        subject: Subject,
        items: Sequence[NewItem],
        connection: sa.Connection | None = None,
        *,
        actor: str,
        priority: Priority = Priority.NORMAL,
        label: str = "",
        due_at: dt.datetime | None = None,
    ) -> CaseId:
        """Put items into the open case that they belong to, or open one; return which."""
        ...

    def mark_items(
        self,
        connection: sa.Connection,
        case_id: CaseId,
        states: Mapping[ItemId, ItemState],
        *,
        seen: int | None,
        actor: str,
    ) -> int:
        """Say how far items are."""
        ...


@dataclass(frozen=True, slots=True)
class ReportCases:
    """Where reports wait for people.

    Attributes:
        cases: the store.
        marks: of the home, so that an account is the same whoever names it.
    """

    cases: Cases
    marks: Marks

    def enter(
        self, connection: sa.Connection, submission: Submission, receipt: Receipt, *, actor: str, sealed: bytes | None
    ) -> CaseId:
        """Put a report into its case, in the transaction that keeps it.

        Args:
            connection: writing.
            submission: a valid one.
            receipt: what the reporter is given.
            actor: who sent it, as an event names them.
            sealed: its note, sealed to the review key; None for none.
        """
        is_urgent = submission.kind is Kind.TAKE_DOWN or submission.category in _URGENT
        return self.cases.open(
            self._subject(connection, submission, receipt.ticket),
            [_item(submission, receipt, sealed)],
            connection,
            actor=actor,
            priority=Priority.URGENT if is_urgent else Priority.NORMAL,
            label=submission.category.value,
            due_at=receipt.due_at,
        )

    def settle(self, connection: sa.Connection, ticket: str, status: Status, *, actor: str) -> None:
        """Leave nothing to decide in the case of a report that is closed; in the transaction that closes it.

        What somebody decided in the case stays as it is, and so does what waits for a second person.
        """
        item = _row_of(connection, ticket)
        if item is not None and status.is_closed and item["state"] == ItemState.UNDECIDED.value:
            states = {ItemId(item["id"]): ItemState.DECIDED}
            self.cases.mark_items(connection, CaseId(item["case_id"]), states, seen=None, actor=actor)

    def unsettle(self, connection: sa.Connection, ticket: str, *, actor: str) -> bool:
        """Let a report wait in its case again that was closed on its own; return False where people decided it there.

        In the transaction that takes it up. A report in no case, or that waits there anyway, is left as it is.
        """
        item = _row_of(connection, ticket)
        if item is None or item["state"] != ItemState.DECIDED.value:
            return True
        standing = sa.select(case_item_decisions.c.item).where(
            case_item_decisions.c.item == item["id"], case_item_decisions.c.standing == Standing.STANDS.value
        )
        if connection.execute(standing).first() is not None:
            return False
        states = {ItemId(item["id"]): ItemState.UNDECIDED}
        self.cases.mark_items(connection, CaseId(item["case_id"]), states, seen=None, actor=actor)
        return True

    def _subject(self, connection: sa.Connection, submission: Submission, ticket: str) -> Subject:
        """Return whom or what a report is about."""
        reference = submission.reference
        if not reference.strip():
            return Subject(SubjectKind.NOBODY, ticket)
        match submission.target:
            case Target.ACCOUNT:
                return Subject(SubjectKind.ACCOUNT, self._mark("account", reference))
            case Target.MODEL:
                is_plain = is_own_id(Target.MODEL, reference)
                return Subject(SubjectKind.MODEL, reference if is_plain else self._mark("model", reference))
            case Target.ADDRESS:
                return Subject(SubjectKind.LINK, self._mark("link", reference))
            case Target.GENERATION | Target.PROMPT:
                return _subject_of_check(connection, reference) or Subject(SubjectKind.NOBODY, ticket)

    def _mark(self, owner: str, name: str) -> str:
        return self.marks.of(owner, name) or ""


def awaited_tickets() -> sa.Select[tuple[str]]:
    """Return the query of reports that are evidence and that the vault does not have yet: nothing of them goes."""
    of_reports = case_items.c.origin == Origin.REPORT.value
    return sa.select(case_items.c.reference).where(of_reports, case_items.c.id.in_(awaited_items()))


def forget_notes(connection: sa.Connection, tickets: sa.Select[tuple[str]]) -> None:
    """Remove what cases keep of what reporters wrote; in a writing transaction."""
    of_reports = sa.select(case_items.c.id).where(
        case_items.c.origin == Origin.REPORT.value, case_items.c.reference.in_(tickets)
    )
    connection.execute(sa.delete(case_contexts).where(case_contexts.c.item_id.in_(of_reports)))


def signals_of(fingerprints: Sequence[Fingerprint]) -> tuple[Signal, ...]:
    """Return fingerprints as signals; of a perceptual one nobody said how it was made."""
    return tuple(
        Signal(one.algorithm, bytes.fromhex(one.value), PdqFlavour.UNKNOWN if one.algorithm is Algorithm.PDQ else None)
        for one in sorted(set(fingerprints), key=lambda one: (one.algorithm.value, one.value))
    )


def _item(submission: Submission, receipt: Receipt, sealed: bytes | None) -> NewItem:
    return NewItem(
        origin=Origin.REPORT,
        reference=receipt.ticket,
        form=_form(submission),
        role=ROLE,
        action=Action.HOLD,
        at=receipt.received_at,
        signals=signals_of(submission.fingerprints),
        content=Content(Place.NOWHERE),
        context=sealed or b"",
    )


def _form(submission: Submission) -> Form:
    """Return what there is to look at: what somebody wrote, an address, or a fingerprint alone."""
    if submission.note:
        return Form.TEXT
    return Form.LINK if submission.target is Target.ADDRESS else Form.FINGERPRINT


def _row_of(connection: sa.Connection, ticket: str) -> sa.RowMapping | None:
    query = sa.select(case_items.c.id, case_items.c.case_id, case_items.c.state).where(
        case_items.c.origin == Origin.REPORT.value, case_items.c.reference == ticket
    )
    return connection.execute(query).mappings().one_or_none()


def _subject_of_check(connection: sa.Connection, reference: str) -> Subject | None:
    """Return whom a check was about, by its id or by what its caller was told to call the case."""
    marks = sa.select(decisions.c.account, decisions.c.session).where(decisions.c.id == reference)
    row = connection.execute(marks).one_or_none()
    if row is not None and row.account:
        return Subject(SubjectKind.ACCOUNT, row.account)
    if row is not None and row.session:
        return Subject(SubjectKind.SESSION, row.session)
    told = sa.select(cases.c.subject_kind, cases.c.subject).where(
        cases.c.id.in_(sa.select(case_references.c.case_id).where(case_references.c.reference == reference))
    )
    known = connection.execute(told).one_or_none()
    return None if known is None else Subject(SubjectKind(known.subject_kind), known.subject)
